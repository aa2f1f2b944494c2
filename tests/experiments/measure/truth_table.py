#!/usr/bin/env python3
"""How often the whole rule is right, on made-up races whose truth is known: prints a table in Markdown.

    tests/experiments/measure/truth_table.py [build/parlab-tests-experiments]

Each line is a kind of noise and the true speed-up of an arm, in 2000 races judged at every look: how many stopped
at a wrong verdict, how many intervals missed the truth at some look, how many had a verdict by the last. It takes
half a minute. The same numbers are held to their limits by the tests `Under/Truth`.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).parents[3]


def main(binary: Path) -> int:
    """Prints the table. Returns the tests' exit status."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "tests.json"
        done = subprocess.run([binary, "--gtest_filter=*/Truth.*", f"--gtest_output=json:{found}"],
                              stdout=subprocess.DEVNULL, check=False)
        cases = [case for suite in json.loads(found.read_text())["testsuites"] for case in suite["testsuite"]]
    print("| noise | true speed-up | wrong verdict | truth missed at some look | decided |")
    print("|---|---|---|---|---|")
    for case in cases:
        for name, numbers in case.items():
            if name.startswith("truth_"):
                wrong, missed, decided = (float(number) for number in numbers.split())
                speedup = math.exp(float(name.removeprefix("truth_")))
                print(f"| {case['value_param'].replace('_', ' ')} | {speedup:.3f} | {wrong:.2f} % | {missed:.1f} % | "
                      f"{decided:.0f} % |")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else PROJECT / "build/parlab-tests-experiments")))
