"""The smallest task that keeps half the speed: METG(50 %), the minimum effective task granularity.

A run of n tasks of g seconds on w workers would take n g / w if a backend cost nothing, and takes T(n)
longer, the time of a run of n empty tasks. Half the speed is kept where both are equal: g = w T(n) / n.
With ever more tasks T(n) / n nears what the cost model says of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from report.load.race_result import Arm, Model, Race, Ratio
from report.tables.axis import measures_chunks
from report.text.formats import DASH, duration, listing, plural
from report.text.markdown_table import plain

ROUGH = 2  # digits


@dataclass(frozen=True)
class Granularity:
    """An arm's smallest tasks, in seconds."""

    arm: Arm  # one of those that the model was fitted to
    by_count: dict[int, float]  # by the number of tasks of a run, from one for each worker on
    many: Ratio  # in a run of many, with its interval; 0 where the model has no cost of each

    @property
    def is_told(self) -> bool:
        """Whether the cost of each is told from nothing."""
        return self.many.low is None or self.many.low > 0

    @property
    def order(self) -> tuple[float, float]:
        """By what is shown of it: the value, or its upper end."""
        return (self.many.ratio if self.is_told else self.ceiling, self.ceiling)

    @property
    def ceiling(self) -> float:
        """What is not ruled out for a run of many."""
        return float("inf") if self.many.high is None else self.many.high


@dataclass(frozen=True)
class Granularities:
    """Those of a race, on its most workers."""

    race: Race
    workers: int
    rows: list[Granularity]  # the smallest first

    @property
    def counts(self) -> list[int]:
        """The numbers of tasks that some arm ran, ascending."""
        return sorted({count for row in self.rows for count in row.by_count})

    @property
    def by_backend(self) -> list[Granularity]:
        """Each backend by the schedule with the smallest that is not ruled out."""
        found: dict[str, Granularity] = {}
        for row in sorted(self.rows, key=lambda one: one.ceiling):
            found.setdefault(row.arm.backend, row)
        return sorted(found.values(), key=lambda one: one.order)


def granularities(races: Sequence[Race]) -> Granularities | None:
    """Of the first race that times empty chunks and has cost models; None without one."""
    for race in races:
        models = [model for model in race.models if model.results] if measures_chunks(race) else []
        able = [(arms, model) for model in models if (arms := _arms(race, model))]
        if able:
            workers = max(arms[0].workers for arms, _ in able)
            rows = [_granularity(arms, model) for arms, model in able if arms[0].workers == workers]
            return Granularities(race, workers, sorted(rows, key=lambda one: one.order))
    return None


def _arms(race: Race, model: Model) -> list[Arm]:
    arms = [race.arms[index] for index in model.results]
    return [arm for arm in arms if arm.role == "arm" and arm.ok]


def _granularity(arms: Sequence[Arm], model: Model) -> Granularity:
    workers = arms[0].workers
    by_count = {arm.chunks: workers * arm.median / arm.chunks for arm in arms
                if arm.chunks >= workers and arm.median is not None}

    def task(seconds: float) -> float:
        return max(0.0, workers * seconds)

    each = model.each
    return Granularity(arms[0], by_count, Ratio(task(each.ratio),
                                                None if each.low is None else task(each.low),
                                                None if each.high is None else task(each.high)))


def task_words(found: Granularities) -> str:
    """The smallest task of each backend, in Markdown."""
    words = [f"{plain(row.arm.compute)} {smallest_task(row)}" for row in found.by_backend]
    return (f"The smallest task that keeps half the speed, METG(50\u202f%), in a run of many on "
            f"{plural(found.workers, 'worker')}: {listing(words)}.")


def smallest_task(row: Granularity) -> str:
    """Of a run of many; below its upper end where it is not told from nothing."""
    if row.is_told:
        return length(row.many.ratio)
    return f"below {length(row.many.high)}" if row.many.high else DASH


def length(seconds: float | None) -> str:
    """A task's, to as many digits as a fitted line gives."""
    return DASH if seconds is None else duration(seconds, ROUGH)
