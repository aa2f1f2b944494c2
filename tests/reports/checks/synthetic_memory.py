"""Made-up races of loops that move bytes, and of what memory delivers."""

from __future__ import annotations

import random
import statistics
from typing import Any

from raw_results import Document
from synthetic_results import race, result, with_baseline

DELIVERED = 25.0  # GB/s, about


def memory_races(rounds: int = 11) -> list[Document]:
    """What memory delivers, and two loops that move bytes: one less than that, one from the cache."""
    bandwidth = _results("stream", "triad", {("a", ""): 0.5, ("b", "static"): 0.52}, rounds, variant="triad", size=10**7,
                         unit="elements")
    latency = _results("stream", "latency", {("a", ""): 0.51, ("b", "static"): 0.5}, rounds, variant="latency", size=10**6,
                       unit="loads")
    _moves(bandwidth, DELIVERED * 1e9 / 20)
    for one in latency:
        one["load_seconds"] = statistics.median(one["seconds"]) * one["workers"] / 10**6
    races = [race("stream", "What does memory deliver?", bandwidth + latency, rounds)]
    for name, share in (("diffusion", 0.8), ("spmv", 1.7)):
        moving = _results(name, name, {("a", ""): 0.5, ("b", "static"): 0.6}, rounds, size=1000, unit="rows")
        _moves(moving, share * DELIVERED * 1e9 / 20)
        races.append(race(name, "Which backend?", moving, rounds))
    return races


def _results(experiment: str, name: str, times: dict[tuple[str, str], float], rounds: int,
             **fields: Any) -> list[Document]:
    """A serial baseline of 100 ms, and on two workers arms of these parts of it."""
    random_ = random.Random(name)

    def draw(seconds: float) -> list[float]:
        return [seconds * (1 + random_.uniform(-0.003, 0.003)) for _ in range(rounds)]

    results = with_baseline(experiment, draw, 0.1, group=name, **fields)
    results += [result(experiment, compute, 2, draw(0.1 * part), group=name, **fields)
                for compute, part in times.items()]
    for one in results:
        one["label"] = f"{name} {one['label']}"
    return results


def _moves(results: list[Document], count: float) -> None:
    """So many bytes a run."""
    for one in results:
        one["bytes_per_second"] = count / statistics.median(one["seconds"])
