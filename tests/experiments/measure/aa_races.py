"""Races equal arms on this machine, with standing and with renewed processes, and prints how often they seem unequal.

Of each A/A pair (a baseline and itself): whether its interval excludes 1, and whether the two halves of its rounds lean
to the same side. A process that carries a bias through all its rounds keeps the side; without one, half of them do.

Usage: python3 tests/experiments/measure/aa_races.py PARLAB [--races N] [--rounds N] [--command "pi --darts 1e6"]

Takes a quiet machine, and some seconds per race; no test runs it, because a test must not depend on times.
"""

from __future__ import annotations

import argparse
import json
import math
import shlex
import statistics
import subprocess
from dataclasses import dataclass

ISOLATIONS = ("standing", "renewed")


@dataclass
class Pairs:
    """The A/A pairs of one kind of isolation."""

    count: int = 0
    excluding_one: int = 0
    keeping_side: int = 0

    def add(self, race: dict) -> None:
        for gate in race["gates"]:
            first, again = (race["results"][gate[name]]["seconds"] for name in ("baseline_result", "again_result"))
            leans = [math.log(a / b) for a, b in zip(first, again)]
            half = len(leans) // 2
            sides = statistics.median(leans[:half]) > 0, statistics.median(leans[half:]) > 0
            low, high = gate["interval"]
            self.count += 1
            self.excluding_one += low is not None and low > 1 or high is not None and high < 1
            self.keeping_side += sides[0] == sides[1]

    def line(self, name: str) -> str:
        within = 1.96 * math.sqrt(0.25 / self.count)
        return (f"{name:<9}{self.count:>6}{self.excluding_one / self.count:>15.1%}"
                f"{self.keeping_side / self.count:>14.1%}   50 % +- {within:.0%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parlab")
    parser.add_argument("--races", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--command", default="pi --darts 1e6 --backend serial")
    arguments = parser.parse_args()
    if arguments.races < 1 or arguments.rounds < 4:
        parser.error("takes at least 1 race of 4 rounds")
    pairs = {name: Pairs() for name in ISOLATIONS}
    for _ in range(arguments.races):  # in turn, so that both have the same hours
        for name in ISOLATIONS:
            done = subprocess.run(
                [arguments.parlab, "run", *shlex.split(arguments.command), "--isolation", name, "--rounds",
                 str(arguments.rounds), "--quiet", "--json", "-"], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise SystemExit(done.stderr.strip() or f"the race ended with exit code {done.returncode}")
            pairs[name].add(json.loads(done.stdout))
    print(f"{'':<9}{'pairs':>6}{'excluding 1':>15}{'side kept':>14}   without a bias")
    for name in ISOLATIONS:
        print(pairs[name].line(name))


if __name__ == "__main__":
    main()
