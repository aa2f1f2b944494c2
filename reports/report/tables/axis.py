"""The axis of a race: the number that it sweeps, read off its results.

Nothing here knows an experiment. The axis is the size, chunk count (and so the grain), number among
the parameters or worker count that takes three values or more while all else stays the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from report.load.race_result import Arm, Race

Key = tuple[Any, ...]
VALUES_OF_AN_AXIS = 3  # two points make no curve


@dataclass(frozen=True)
class Axis:
    """A number that a race sweeps."""

    name: str  # as a reader calls it, with its unit
    field: str  # of the result file
    value: Callable[[Arm], float]
    series: Callable[[Arm], Key]  # arms of one series differ in nothing but the axis


def parameter(arm: Arm, name: str) -> Any:
    """A parameter in a form that can stand in a set."""
    value = arm.parameters.get(name)
    return value if isinstance(value, (int, float, str, bool)) else str(value)


def varied_parameters(arms: Sequence[Arm]) -> list[str]:
    """Names of the parameters that differ among arms, in the file's order."""
    names = dict.fromkeys(name for arm in arms for name in arm.parameters)
    return [name for name in names if len({parameter(arm, name) for arm in arms}) > 1]


def measures_chunks(race: Race) -> bool:
    """Whether each index is its own chunk: then a cost is measured, not a speed-up. A run of a command has no
    chunks."""
    return all(arm.size == arm.chunks and arm.kernel != "command" for arm in race.shown)


def sweep_axis(race: Race) -> Axis | None:
    """The axis of a race, None where its arms differ in kind only."""
    arms = race.shown
    extra = varied_parameters(arms)

    def key_without(dropped: str) -> Callable[[Arm], Key]:
        def key(arm: Arm) -> Key:
            sizes = () if dropped == "size" else (arm.size,)
            workers = () if dropped == "workers" else (arm.workers,)
            rest = tuple(parameter(arm, name) for name in extra if name != dropped)
            return (arm.compute, arm.variant, arm.algorithm, *workers, *sizes, *rest)
        return key

    unit = next((arm.unit for arm in arms if arm.unit), "")
    candidates = [
        Axis("chunks" if measures_chunks(race) else unit or "size", "size", lambda a: a.size,
             key_without("size")),
        Axis("chunks", "chunks", lambda a: a.chunks, key_without("chunks")),
        *(Axis(name, name, partial(parameter, name=name), key_without(name))
          for name in extra if all(_is_number(parameter(arm, name)) for arm in arms)),
        Axis("workers", "workers", lambda a: a.workers, key_without("workers"))]
    for axis in candidates:
        series: dict[Key, set[float]] = {}
        for arm in arms:
            series.setdefault(axis.series(arm), set()).add(axis.value(arm))
        if max(map(len, series.values())) >= VALUES_OF_AN_AXIS:
            return axis
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
