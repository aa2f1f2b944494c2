#!/usr/bin/env python3
"""The bias that a standing process has in all its samples, and what removes it.

The placement of a process's pages, and the processor that it runs on, bias all its samples alike: more rounds only narrow
the interval around a wrong value. Each race here runs the baseline twice, in two processes that are kept to the end
(--isolation standing). Over many races their ratio varies by more than the noise within a race explains; the rest is the
bias of a process. It is measured with and without each remedy, in random order.

    experiments/doctor/lasting_bias.py [--parlab build/parlab] [--starts 20] [--loop sieve,stream]

About 1 s per start, loop and remedy. Measure with nothing else running."""

import argparse
import json
import math
import os
import random
import statistics
import subprocess
import sys
from collections import defaultdict
from typing import NamedTuple

ROUNDS = 8  # of each race: enough to tell its noise, few enough for many starts

LOOPS = {
    "sieve": ["primes", "--algorithm", "sieve", "--to", "2e8"],
    "stream in cache": ["stream", "--kernel", "triad", "--stores", "plain", "--bytes", "1Mi"],
    "stream": ["stream", "--kernel", "triad", "--stores", "plain", "--bytes", "32Mi"],
    "histogram": ["histogram"],
    "spmv": ["spmv"],
}

# Options of parlab, and variables of the arms.
REMEDIES: dict[str, tuple[list[str], dict[str, str]]] = {
    "none": ([], {}),
    "huge pages": ([], {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}),
    "one processor": (["--pin", "compact"], {}),
    "both": (["--pin", "compact"], {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}),
}


class Bias(NamedTuple):
    between: float  # standard deviation of ln(twin / baseline) from start to start
    noise: float    # the part that the noise within a race explains
    process: float  # the rest, of one process; 0 where nothing is left


def ln_ratios(document: dict) -> list[float]:
    """Of each round, twin to baseline."""
    results = document["results"]
    twin = next(one for one in results if one["role"] == "baseline again")
    base = next(one for one in results if one["role"] == "baseline" and one["group"] == twin["group"])
    return [math.log(a / b) for a, b in zip(twin["seconds"], base["seconds"])]


def robust_variance(values: list[float]) -> float:
    """By the median of deviations, which a few disturbed rounds do not change."""
    middle = statistics.median(values)
    return (1.4826 * statistics.median(abs(value - middle) for value in values)) ** 2


def bias_of(races: list[list[float]]) -> Bias:
    """Of some races, a list of ln ratios each; two at least, of two rounds or more."""
    between = statistics.variance(statistics.median(race) for race in races)
    # A median of n varies by pi / 2 of what a mean does.
    noise = statistics.fmean(math.pi / 2 * robust_variance(race) / len(race) for race in races)
    return Bias(math.sqrt(between), math.sqrt(noise), math.sqrt(max(between - noise, 0) / 2))


def measured(parlab: str, loop: str, remedy: str) -> list[float]:
    options, variables = REMEDIES[remedy]
    words = [parlab, "run", *LOOPS[loop], "--backend", "serial", "--isolation", "standing", "--rounds",
             str(ROUNDS), *options, "--no-history", "--quiet", "--json", "-"]
    done = subprocess.run(words, env={**os.environ, **variables}, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(1)  # parlab has said why
    return ln_ratios(json.loads(done.stdout))


def starts_in(text: str) -> int:
    if not text.isdigit() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not an integer of 2 or more; estimating a bias takes several starts")
    return int(text)


def loops_in(text: str) -> list[str]:
    loops = text.split(",")
    for loop in loops:
        if loop not in LOOPS:
            raise argparse.ArgumentTypeError(f"unknown loop {loop!r}; valid: {', '.join(LOOPS)}")
    return loops


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parlab", default="build/parlab", help="the program [build/parlab]")
    parser.add_argument("--starts", type=starts_in, default=20, help="races of each loop with each remedy [20]")
    parser.add_argument("--loop", type=loops_in, default=list(LOOPS), help="a list of: " + ", ".join(LOOPS) + " [all]")
    asked = parser.parse_args()
    if not os.access(asked.parlab, os.X_OK):
        parser.error(f"cannot run {asked.parlab}: build it by make program, or give its path by --parlab")
    races: defaultdict[tuple[str, str], list[list[float]]] = defaultdict(list)
    cases = [(loop, remedy) for loop in asked.loop for remedy in REMEDIES]
    for start in range(asked.starts):
        if sys.stderr.isatty():
            print(f"start {start + 1} of {asked.starts}", end="\r", file=sys.stderr)
        random.shuffle(cases)
        for case in cases:
            races[case].append(measured(asked.parlab, *case))
    print("| loop | remedy | twin to baseline, sd over starts | by noise | bias of a process, sd |")
    print("|---|---|---:|---:|---:|")
    for loop in asked.loop:
        for remedy in REMEDIES:
            bias = bias_of(races[loop, remedy])
            print(f"| {loop} | {remedy} | {bias.between:.2%} | {bias.noise:.2%} | {bias.process:.2%} |")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
