"""How a reader names arms and cases: by what differs, not by all that is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from report.load.race_result import Arm, Race
from report.tables.axis import Axis, parameter, varied_parameters
from report.text.formats import plural, quantity

Word = Callable[[Arm], str]


def common(values: Sequence[Any]) -> Any:
    """The value that all share, None where they differ."""
    return values[0] if len(set(values)) == 1 else None


def raced(arms: Sequence[Arm]) -> list[Arm]:
    """The arms that were asked for, a baseline aside unless there is nothing else."""
    return [arm for arm in arms if arm.role == "arm"] or list(arms)


def workers_of(arms: Sequence[Arm]) -> int | None:
    """The worker count that all arms of a group share."""
    counts = {arm.workers for arm in raced(arms)}
    return counts.pop() if len(counts) == 1 else None


def names_in(arms: Sequence[Arm], axis: str = "") -> dict[int, str]:
    """Names by result index, of what differs among these arms, an axis aside; else the labels."""
    words = _words_that_differ(arms, axis)
    compute: Word = lambda arm: arm.compute
    chunks: Word = lambda arm: plural(arm.chunks, "chunk")
    for chosen in (words,) if axis else (*([word] for word in words), words, [compute], [*words, chunks]):
        names = {arm.index: " ".join(filter(None, (word(arm) for word in chosen))) for arm in arms}
        if all(names.values()) and (axis or len(set(names.values())) == len(names)):
            return names
    return {arm.index: arm.compute if axis else arm.label for arm in arms}


def series_in(arms: Sequence[Arm], axis: Axis) -> dict[str, list[Arm]]:
    """Arms by the name of their series, each along the axis."""
    names = names_in(arms, axis.field)
    series: dict[str, list[Arm]] = {}
    for arm in sorted(arms, key=axis.value):
        series.setdefault(names[arm.index], []).append(arm)
    return {name: series[name] for name in dict.fromkeys(names.values())}


def _words_that_differ(arms: Sequence[Arm], axis: str) -> list[Word]:
    own = raced(arms)
    backends = _differ(own, lambda arm: arm.compute)
    extra = [name for name in varied_parameters(own) if name != axis]
    words: list[tuple[bool, Word]] = [
        (_differ(arms, lambda arm: arm.compute),
         lambda arm: arm.compute if backends or arm.compute != own[0].compute else ""),
        (_differ(arms, lambda arm: arm.variant), lambda arm: arm.variant),
        (_differ(arms, lambda arm: arm.algorithm), lambda arm: arm.algorithm),
        (bool(extra), lambda arm: " ".join(_setting(arm, name) for name in extra)),
        (axis != "workers" and _differ(own, lambda arm: arm.workers), _workers_word),
        (axis != "size" and _differ(own, lambda arm: arm.size),
         lambda arm: f"{quantity(arm.size)} {arm.unit}")]
    return [word for differs, word in words if differs]


def _setting(arm: Arm, name: str) -> str:
    """A parameter's value, with its name where the value alone would not tell."""
    if name not in arm.parameters:
        return ""
    value = parameter(arm, name)
    return value if isinstance(value, str) else f"{name} {value}"


def _workers_word(arm: Arm) -> str:
    """x2; nothing for a baseline that has one worker by nature."""
    return "" if arm.role != "arm" and arm.workers == 1 else f"x{arm.workers}"


def _differ(arms: Sequence[Arm], value: Callable[[Arm], Any]) -> bool:
    return len({value(arm) for arm in arms}) > 1


def case_of(race: Race, arms: Sequence[Arm], with_workers: bool = True) -> str:
    """What a group's arms share: `1e8 darts, 2 workers`, with what other groups have otherwise."""
    own = raced(arms)
    words = []
    if size := common([arm.size for arm in own]):
        unit = own[0].unit or "indices"
        words.append(f"{quantity(size)} {unit.removesuffix('s') if size == 1 else unit}")
        chunks = common([arm.chunks for arm in own])
        if chunks and any(arm.size == size and arm.chunks != chunks for arm in race.shown):
            words.append(plural(chunks, "chunk"))
    for field in ("variant", "algorithm"):
        shared = common([getattr(arm, field) for arm in own])
        if shared and _elsewhere(race, arms, attrgetter(field)):
            words.append(shared)
    for name in varied_parameters(race.shown):
        shared = common([parameter(arm, name) for arm in own])
        if shared is not None:
            words.append(shared if isinstance(shared, str) else f"{name} {shared}")
    in_one_thread = all(arm.compute == "serial" for arm in race.shown)  # else a choice, so told
    if with_workers and not in_one_thread and (workers := workers_of(arms)):
        words.append(plural(workers, "worker"))
    return ", ".join(words)


def _elsewhere(race: Race, arms: Sequence[Arm], value: Callable[[Arm], Any]) -> bool:
    """Whether arms of other groups have another value."""
    group = {arm.index for arm in arms}
    inside = {value(arm) for arm in arms}
    return any(value(arm) not in inside for arm in race.shown if arm.index not in group)


def ideal_speedup(race: Race, arms: Sequence[Arm]) -> int | None:
    """What the worker count allows against a baseline that runs the same code on one worker; None where
    it is not times that are compared."""
    if race.metric != "seconds":
        return None
    workers = workers_of(arms)
    for arm in arms:
        if arm.comparison and arm.role == "arm":
            base = race.arms[arm.comparison.other]
            if base.workers != 1 or (base.variant, base.algorithm, base.size) != (
                    arm.variant, arm.algorithm, arm.size):
                return None
    return None if workers is None else min(workers, race.context.usable_cores)
