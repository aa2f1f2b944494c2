"""Regret: what each backend loses against the fastest over all loops, and which few lose little.

A loss is the share of the fastest's speed that is missing, 0 to 1. Its interval is that of the paired
ratio. A worst loss lies between the largest of the low ends and the largest of the high ends, a median
loss between the medians of both: where the loops' intervals hold, so do these.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from report.answer.loops import Loop, backends_of
from report.load.race_result import Ratio

TOLERATED = 0.05  # loss below which a set of backends serves a loop


@dataclass(frozen=True)
class Regret:
    """A backend over the loops on which it ran."""

    backend: str
    losses: tuple[tuple[Loop, Ratio], ...]
    absent: tuple[Loop, ...]  # loops on which it was not measured
    failed: tuple[Loop, ...]  # loops on which every arm of it failed

    @property
    def everywhere(self) -> bool:
        return not self.absent and not self.failed

    @property
    def worst(self) -> Ratio:
        """Requires a loop on which it ran."""
        return worst_of(loss for _, loss in self.losses)

    @property
    def worst_loop(self) -> Loop:
        return max(self.losses, key=lambda one: one[1].ratio)[0]

    @property
    def median(self) -> Ratio:
        """Requires a loop on which it ran."""
        losses = [loss for _, loss in self.losses]
        high = statistics.median(_or(loss.high, float("inf")) for loss in losses)
        return Ratio(statistics.median(loss.ratio for loss in losses),
                     statistics.median(_or(loss.low, 0.0) for loss in losses),
                     None if high == float("inf") else high)


def loss_of(speed: Ratio) -> Ratio:
    """What is missing from the fastest's speed. Nothing is faster than the fastest."""
    def lost(value: float) -> float:
        return max(0.0, 1 - value)
    return Ratio(lost(speed.ratio), None if speed.high is None else lost(speed.high),
                 None if speed.low is None else lost(speed.low))


def worst_of(losses: Iterable[Ratio]) -> Ratio:
    """The largest loss; an open end leaves the interval open."""
    found = list(losses)
    ends = [loss.high for loss in found if loss.high is not None]
    return Ratio(max(loss.ratio for loss in found), max(_or(loss.low, 0.0) for loss in found),
                 max(ends) if len(ends) == len(found) else None)


def regrets_of(loops: Sequence[Loop]) -> list[Regret]:
    """Every backend that ran, those of all loops first, the smallest worst loss first."""
    found = [_regret(backend, loops) for backend in backends_of(loops)]
    return sorted((one for one in found if one.losses),
                  key=lambda one: (not one.everywhere, one.worst.ratio, one.median.ratio))


def _regret(backend: str, loops: Sequence[Loop]) -> Regret:
    losses, failed = [], []
    for loop in loops:
        cell = loop.cells.get(backend)
        if cell and cell.speed:
            losses.append((loop, loss_of(cell.speed)))
        elif cell:
            failed.append(loop)
    return Regret(backend, tuple(losses), tuple(one for one in loops if backend not in one.cells),
                  tuple(failed))


@dataclass(frozen=True)
class ServingSet:
    """The fewest backends of which one loses less than is tolerated on each loop."""

    backends: tuple[str, ...]
    worst: Ratio  # of the best of them on each loop

    @property
    def sure(self) -> bool:
        """Whether the interval, too, stays below what is tolerated."""
        return self.worst.high is not None and self.worst.high < TOLERATED


def smallest_set(loops: Sequence[Loop]) -> ServingSet | None:
    """The smallest, and of those the one with the smallest worst loss. None without loops."""
    served = {one.backend: frozenset(i for i, loop in enumerate(loops) if _serves(one.backend, loop))
              for one in regrets_of(loops)}
    names = [name for name in served if served[name]]
    for count in range(1, len(names) + 1):
        sets = [_serving(chosen, loops) for chosen in combinations(names, count)
                if len(frozenset().union(*(served[name] for name in chosen))) == len(loops)]
        if sets:
            return min(sets, key=lambda one: one.worst.ratio)
    return None


def _serves(name: str, loop: Loop) -> bool:
    cell = loop.cells.get(name)
    return bool(cell and cell.speed and loss_of(cell.speed).ratio < TOLERATED)


def _serving(names: tuple[str, ...], loops: Sequence[Loop]) -> ServingSet:
    """The set, with the loss of its best on each loop."""
    cells = ([loop.cells[name] for name in names if name in loop.cells] for loop in loops)
    return ServingSet(names, worst_of(
        min((loss_of(cell.speed) for cell in own if cell.speed), key=lambda loss: loss.ratio)
        for own in cells))


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value
