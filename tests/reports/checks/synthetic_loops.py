"""Made-up loops: races of one piece of work on several backends, each as fast as a test wants."""

from __future__ import annotations

import random
from pathlib import Path

import synthetic_races
from raw_results import Document
from report.answer.answer import Answer
from report.load.suite_results import load_suite
from report.page.sections import build
from synthetic_results import race, result, with_baseline

Speeds = dict[tuple[str, str], float]  # by backend and schedule, over serial
QUIET, NOISY = 0.002, 0.4


def loop(name: str, speeds: Speeds, rounds: int = 21, spread: float = QUIET,
         workers: int = 2) -> Document:
    """A race of one loop."""
    random_ = random.Random(name)

    def draw(seconds: float) -> list[float]:
        return [seconds * (1 + random_.uniform(-spread, spread)) for _ in range(rounds)]

    case = {"size": 10**6, "unit": "items", "group": name}
    results = with_baseline(name, draw, 0.1, **case)
    results += [result(name, compute, workers, draw(0.1 / speed), **case)
                for compute, speed in speeds.items()]
    return race(name, "Which one?", results, rounds)


def answer(folder: Path, *documents: Document) -> Answer:
    return build(load_suite(synthetic_races.write_suite(folder, list(documents)))).answer
