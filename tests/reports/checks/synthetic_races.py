"""Made-up races of the kinds that a suite holds: backends, sizes, a sweep of chunks, empty chunks.

As everything in synthetic_results: for tests only, never to be shown as measurements.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from synthetic_results import (BACKENDS, Document, fill_in, headlines_of, judged_as_once, micro_file, ports_file,
                             model_of, noisy, race, result, with_baseline)


def pi_race(seed: int = 1, rounds: int = 21, spread: float = 0.01) -> Document:
    """Backends and worker counts on one size; one arm dies."""
    random_ = random.Random(seed)

    def draw(seconds: float) -> list[float]:
        return noisy(random_, seconds, rounds, spread)

    case = {"size": 10**8, "unit": "darts", "variant": "simd", "grain": 3125000,
            "group": "monte_carlo 1e8 darts"}
    results = with_baseline("pi", draw, 0.07, **case)
    for workers in (1, 2):
        for place, compute in enumerate(BACKENDS):
            seconds = 0.07 / workers * (1.005 + 0.012 * place)
            results.append(result("pi", compute, workers, draw(seconds), **case))
    results[-1] |= {"ok": False, "seconds": results[-1]["seconds"][:3],
                    "failure": {"cause": "killed by SIGKILL", "round": 3}}
    return race("pi-backends", "Which backend throws darts fastest?", results, rounds)


def noisy_races() -> list[Document]:
    """The same on a machine on which few verdicts hold, beside another program, in too few rounds, and
    with a baseline that has a bias."""
    biased = peers_race(seed=10, spread=0.05)
    again = next(one for one in biased["results"] if one["role"] == "baseline again")
    again["seconds"] = [1.3 * seconds for seconds in again["seconds"]]
    crowded = pi_race(seed=4, spread=0.4)
    for one in crowded["results"]:
        for part in (one["comparison"], one["against_best"]):
            if one["workers"] > 1 and part:
                part["beside_load"] = True
    return [crowded, dispatch_race(seed=5, rounds=5),
            fill_in(biased | {"gates": []})]


def earlier_races() -> list[Document]:
    """As versions with a gate wrote them, some on a machine on which it failed."""
    return [judged_as_once(document) for document in (
        pi_race(seed=4, spread=0.4), primes_race(), dispatch_race(seed=5, rounds=5),
        peers_race(seed=10, spread=0.4), overhead_race())]


def primes_race(seed: int = 2, rounds: int = 15, spread: float = 0.01) -> Document:
    """A sweep of the chunk count, plain and shuffled: the saw-tooth."""
    random_ = random.Random(seed)

    def draw(seconds: float) -> list[float]:
        return noisy(random_, seconds, rounds, spread)

    results = with_baseline("primes", draw, 0.02, size=100000, unit="numbers", chunks=32,
                            group="B", parameters={"range": "B"})
    for order in ("plain", "shuffled"):
        for chunks in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 24, 32, 64, 256):
            seconds = 0.02 * math.ceil(chunks / 2) / chunks + 1e-6 * chunks
            results.append(result(
                "primes", ("processes", "dynamic"), 2, draw(seconds), size=100000, unit="numbers",
                chunks=chunks, grain=math.ceil(100000 / chunks), group="B",
                parameters={"range": "B", "order": order}, label=f"{order} g{chunks}"))
    return race("primes-chunks", "How many chunks should a range of numbers be cut into?",
                results, rounds)


def sizes_race(seed: int = 6, rounds: int = 9) -> Document:
    """Sizes from where no backend pays to where all do."""
    random_ = random.Random(seed)
    results: list[Document] = []
    for size in (10**4, 10**5, 10**6):
        case = {"size": size, "unit": "darts", "group": f"darts {size}", "parameters": {"seed": 7}}
        results += with_baseline("pi", lambda s: noisy(random_, s, rounds, 0.005), 7e-10 * size,
                                 **case, label=f"{size} serial")
        for place, compute in enumerate(BACKENDS[::3]):
            times = noisy(random_, 4e-10 * size + 2e-5 * (1 + place), rounds, 0.005)
            results.append(result("pi", compute, 2, times, **case,
                                  label=f"{size} {':'.join(filter(None, compute))} x2"))
    document = race("pi-sizes", "From which size does a backend pay?", results, rounds)
    lines: dict[str, list[int]] = {}
    for index, one in enumerate(results):
        if one["role"] == "arm":
            lines.setdefault(one["label"].split(" ", 1)[1], []).append(index)
    return document | {"models": [model_of(results, i, name) for name, i in lines.items()]}


class AgainstRace:
    """parlab against something else, task by task, the first arm of each being its own."""

    def __init__(self, experiment: str, name: str, seed: int, rounds: int,
                 spread: float = 0.005) -> None:
        self.experiment, self.name, self.rounds, self.spread = experiment, name, rounds, spread
        self.random = random.Random(seed)
        self.results: list[Document] = []

    def add(self, task: str, part: str, name: str, seconds: float, goal: float | None = None,
            book: float | None = None, **parameters: int) -> None:
        """One arm; `book` is what the book measured for one index."""
        case = {"size": 10**6, "unit": "numbers", "group": f"numbers {task} {parameters}",
                "variant": name, "parameters": {"task": task, **parameters},
                "facts": {"task": f"primes of {task}", "part": part, "goal": goal,
                          "library": "parlab" if part != "peer" else "primesieve 11.0",
                          "bound": f"A store a number: 0.3 cycles in {task}."}}
        label = " ".join([name, task, *map(str, parameters.values())])
        if part == "own" and book is not None:
            case["facts"]["source"] = {"program": "the book's program", "seconds": book}
        if part == "own":
            self.results.extend(with_baseline(self.experiment, self._draw, seconds, **case,
                                              label=label))
        else:
            self.results.append(result(self.experiment, ("serial", ""), 1, self._draw(seconds),
                                       **case, label=label))

    def race(self, question: str) -> Document:
        return race(self.name, question, self.results, self.rounds)

    def _draw(self, seconds: float) -> list[float]:
        return noisy(self.random, seconds, self.rounds, self.spread)


def peers_race(seed: int = 8, rounds: int = 11, spread: float = 0.005) -> Document:
    """Two tasks: one against its bound, a peer and more workers, one against a peer alone."""
    arms = AgainstRace("peers", "peers", seed, rounds, spread)
    arms.add("1e9", "own", "parlab", 0.060, book=2.5e-5, workers=1)
    arms.add("1e9", "bound", "words", 0.056, 1.12, workers=1)
    arms.add("1e9", "scaling", "all_cores", 0.031, 1.95, workers=1)
    arms.add("1e9", "peer", "primesieve", 0.087, 1.25, workers=1)
    arms.add("E", "own", "parlab", 0.002, workers=2)
    arms.add("E", "peer", "primesieve", 0.001, 1.11, workers=2)
    arms.add("E", "peer", "other", 0.0041, workers=2)
    return arms.race("Against what you would use otherwise?")


def overhead_race(seed: int = 9, rounds: int = 21) -> Document:
    """Sharing classes against bare calls: a goal that is met, one that is missed, none."""
    arms = AgainstRace("sharing_overhead", "sharing-overhead", seed, rounds)
    arms.add("queue", "own", "parlab", 0.004)
    arms.add("queue", "bound", "pipe", 0.020)
    arms.add("queue", "peer", "mp_queue", 0.070, 15)
    arms.add("lock", "own", "parlab", 0.015)
    arms.add("lock", "bound", "mutex", 0.010, 1.2)
    arms.add("pool_map_1000", "own", "parlab", 0.0101)
    arms.add("pool_map_1000", "bound", "bare_pool", 0.010, 1.5)
    return arms.race("What do sharing classes cost over bare calls?")


def dispatch_race(seed: int = 3, rounds: int = 11) -> Document:
    """What an empty run costs, by chunk count and backend, with its linear model."""
    random_ = random.Random(seed)

    def draw(seconds: float) -> list[float]:
        return noisy(random_, seconds, rounds, 0.02)

    results: list[Document] = []
    models: list[Document] = []
    starts: dict[tuple[Any, ...], list[int]] = {}
    for chunks in (1, 10, 100, 1000, 10000):
        case = {"size": chunks, "chunks": chunks, "unit": "chunks", "group": f"dispatch {chunks}"}
        results += with_baseline("dispatch", draw, 2e-9 * chunks + 2e-8, **case,
                                 label=f"{chunks} serial")
        for workers in (1, 2):
            for place, compute in enumerate(BACKENDS):
                starts.setdefault((*compute, workers), []).append(len(results))
                seconds = (1e-6 * (1 + place**2) + chunks * 3e-9 * (1 + place)) * workers
                results.append(result(
                    "dispatch", compute, workers, draw(seconds), repeats=50, **case,
                    label=f"{chunks} {':'.join(filter(None, compute))} x{workers}"))
    for (name, schedule, workers), indices in starts.items():
        models.append(model_of(results, indices, f"{name}:{schedule}".rstrip(":") + f" x{workers}"))
    document = race("dispatch-cost", "What does an empty run cost?", results, rounds)
    return document | {"models": models}


def write_suite(folder: Path, documents: Sequence[Document] | None = None) -> Path:
    """A suite's folder of made-up results, as the program would leave it."""
    documents = documents or [pi_race(), sizes_race(), primes_race(), dispatch_race(),
                              peers_race(), overhead_race()]
    names = [f"{document['run']['name']}.json" for document in documents]
    files = dict(zip(names, documents)) | {
        "headlines.json": headlines_of(documents), "micro.json": micro_file(), "ports.json": ports_file(),
        "suite.json": {"schema": "parlab/1-suite", "profile": "quick", "files": names,
                       "failed": [{"name": "julia", "cause": "no such experiment in this build",
                                   "command": "build/parlab run julia"}],
                       "elapsed_seconds": 201.5,
                       "command": "build/parlab suite --profile quick --out DIR"}}
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in files.items():
        (folder / name).write_text(json.dumps(document, indent=1), encoding="utf-8")
    return folder
