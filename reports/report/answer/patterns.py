"""Which of these loops is yours: kinds of loops, the race that shows each, and what it says.

The kinds are those of parlab's own experiments. A race stands for a kind by what its results hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from report.answer.case_words import case_sentence
from report.answer.cost_sentences import grain
from report.answer.granularity import Granularities, smallest_task
from report.answer.loops import Loop
from report.load.race_result import Race
from report.tables.grid import Choice
from report.text.markdown_table import plain


@dataclass(frozen=True)
class Shown:
    """The race that shows a kind, and its words in Markdown."""

    race: Race
    words: str


@dataclass(frozen=True)
class Evidence:
    """What a report has to show kinds of loops with."""

    choices: Sequence[Choice]
    loops: Sequence[Loop]
    tasks: Granularities | None


@dataclass(frozen=True)
class Pattern:
    """A kind of loop as a reader knows it."""

    name: str
    example: str
    shown: Callable[[Evidence], Shown | None]  # None where this report has nothing on it
    command: str  # what measures it


@dataclass(frozen=True)
class Row:
    """A kind of loop in a report."""

    pattern: Pattern
    shown: Shown | None


def rows_of(evidence: Evidence) -> list[Row]:
    """All kinds, in their order."""
    return [Row(pattern, pattern.shown(evidence)) for pattern in PATTERNS]


def _largest(choices: Sequence[Choice]) -> Shown | None:
    """The group of the largest size; of those, of the most arms."""
    if not choices:
        return None
    choice = max(choices, key=lambda one: (one.arms[0].size, len(one.arms)))
    return Shown(choice.race, case_sentence(choice))


def _on_backends(experiment: str, algorithm: str = "") -> Callable[[Evidence], Shown | None]:
    """The same work on several backends."""
    return lambda evidence: _largest([
        loop.choice for loop in evidence.loops if loop.choice.race.experiment == experiment
        and algorithm in ("", loop.choice.arms[0].algorithm)])


def _trending(evidence: Evidence) -> Shown | None:
    """Chunks of a range whose cost per index grows towards its end."""
    swept = [one for one in evidence.choices if one.race.experiment == "primes"
             and one.arms[0].algorithm == "trial"]
    found = grain(swept)
    return Shown(found.race, found.text) if found and found.race else None


def _tiny(evidence: Evidence) -> Shown | None:
    """The smallest tasks of the backend that allows the smallest, and of that which does not."""
    tasks = evidence.tasks
    if tasks is None:
        return None
    words = [f"{smallest_task(row)} ({plain(row.arm.compute)})" for row in tasks.by_backend]
    ends = words if len(words) == 1 else [words[0], words[-1]]
    return Shown(tasks.race, f"The smallest task that keeps half the speed: {' to '.join(ends)}.")


def _early_exit(evidence: Evidence) -> Shown | None:
    """A search that ends at what it finds."""
    found = [one for one in evidence.choices if one.race.experiment == "verify_prime"
             and any(arm.answer == "composite" for arm in one.arms)]
    return _largest(found)


def _waits(evidence: Evidence) -> Shown | None:
    """Many answers waited for at once: the race with the most ways to do so."""
    found = [one for one in evidence.choices if one.race.experiment in ("http_clients", "crawl")]
    if not found:
        return None
    choice = max(found, key=lambda one: len(one.arms))
    return Shown(choice.race, case_sentence(choice))


PATTERNS = (
    Pattern("even", "each index takes as long and touches no memory", _on_backends("pi"),
            "build/parlab run pi --backend each"),
    Pattern("uneven", "some indices take much longer, in no order", _on_backends("primes", "trial"),
            "build/parlab run primes --algorithm trial --backend each"),
    Pattern("trending", "indices take longer towards one end", _trending,
            "build/parlab run primes --range A --algorithm trial --chunks 1,2,4,8,16,64,256"),
    Pattern("clustered", "indices that take long lie together", _on_backends("julia"),
            "build/parlab run julia --backend all"),
    Pattern("memory-bound", "much memory traffic for little arithmetic", _on_backends("diffusion"),
            "build/parlab run diffusion --backend each"),
    Pattern("gather", "rows of uneven length, elements gathered by index", _on_backends("spmv"),
            "build/parlab run spmv --variant all --backend each"),
    Pattern("large results", "each chunk returns a table, and these are added up", _on_backends("histogram"),
            "build/parlab run histogram --backend each"),
    Pattern("tiny", "each task takes a microsecond or less", _tiny,
            "build/parlab run dispatch --backend all"),
    Pattern("early exit", "the search ends at the first hit", _early_exit,
            "build/parlab run verify_prime --number nonprime1 --split contiguous,strided,dynamic"),
    Pattern("waits", "each task waits for an answer, and computes little", _waits,
            "build/parlab run http_clients"))
