"""The columns that a table of arms may have, by the name that a template uses for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from report.load.race_result import WITHHELD, Arm, Race
from report.text.formats import (DASH, column, column_unit, interval, memory, over, percent, quantity, ratio,
                     significant, singular)


@dataclass(frozen=True)
class Column:
    """Head and cells of a column of arms."""

    head: str
    cells: list[str]


def _median(arm: Arm) -> float | None:
    """Of an arm that ran to the end: what a failed one did before is not a time to compare."""
    return arm.median if arm.ok else None


def _times(race: Race, arms: list[Arm]) -> Column:
    unit, scale = column_unit(map(_median, arms))
    return Column(f"time [{unit}]", column([over(_median(arm), scale) for arm in arms]))


def _time_per_index(race: Race, arms: list[Arm]) -> Column:
    each = [over(_median(arm), max(arm.size, 1)) for arm in arms]
    unit, scale = column_unit(each)
    units = {singular(arm.unit) or "index" for arm in arms}
    return Column(f"per {'/'.join(sorted(units))} [{unit}]",
                  column([over(value, scale) for value in each]))


def _bandwidth(race: Race, arms: list[Arm]) -> Column:
    """What arms move, in 10^9 bytes a second."""
    return Column("GB/s", column([over(_bytes_per_second(arm), 1e9) for arm in arms]))


def _bytes_per_second(arm: Arm) -> float | None:
    """Of an arm that ran to the end. In results of before, where the size counts bytes."""
    seconds = _median(arm)
    if seconds is None or arm.bytes_per_second is not None:
        return arm.bytes_per_second if seconds else None
    return arm.size / seconds if arm.unit == "bytes" else None


def _of_bound(race: Race, arms: list[Arm]) -> Column:
    """What arms move of what memory delivers."""
    shares = [over(_bytes_per_second(arm), race.memory_bound) if race.memory_bound else None for arm in arms]
    return Column("of memory bandwidth", [DASH if share is None else percent(share) for share in shares])


def _latency(race: Race, arms: list[Arm]) -> Column:
    """Of a load that waits for the one before it on its worker."""
    loads = [arm.load_seconds if arm.ok else None for arm in arms]
    unit, scale = column_unit(loads)
    return Column(f"a load [{unit}]", column([over(load, scale) for load in loads]))


def _speedups(race: Race, arms: list[Arm]) -> Column:
    return Column(race.ratio_name, [ratio(arm.speedup.ratio) if arm.comparison else
                               DASH for arm in arms])


def _intervals(race: Race, arms: list[Arm]) -> Column:
    return Column(f"{percent(1 - race.alpha)} interval",
                  [interval(arm.speedup) if arm.comparison else DASH for arm in arms])


def _verdicts(race: Race, arms: list[Arm]) -> Column:
    return Column("against the baseline", [arm.comparison.words if arm.comparison else
                              arm.role if arm.ok else "failed" for arm in arms])


def _against_best(race: Race, arms: list[Arm]) -> Column:
    best = {arm.against_best.other for arm in arms if arm.against_best}

    def cell(arm: Arm) -> str:
        if arm.index in best:
            return "is the fastest"
        if not arm.against_best:
            return DASH
        if arm.against_best.verdict in WITHHELD:
            return arm.against_best.words
        best_of = arm.against_best
        return f"{best_of.verdict} {ratio(best_of.speedup.ratio)}{best_of.beside}"

    return Column("against the fastest", [cell(arm) for arm in arms])


def _cores_busy(race: Race, arms: list[Arm]) -> Column:
    """CPU time over wall time: what the arm takes from its neighbours."""
    return Column("cores busy", [significant(arm.cpu_seconds / arm.median, 2)
                                 if arm.ok and arm.cpu_seconds is not None and arm.median else DASH
                                 for arm in arms])


def _memory(race: Race, arms: list[Arm]) -> Column:
    return Column("peak memory", [DASH if arm.peak_rss_bytes is None else memory(arm.peak_rss_bytes)
                                  for arm in arms])


def _switches(race: Race, arms: list[Arm]) -> Column:
    return Column("context switches", [DASH if arm.context_switches is None
                                       else quantity(round(arm.context_switches)) for arm in arms])


def _metric(name: str, of_rounds: Callable[[Arm, str], float | None] = Arm.metric) -> Callable[
        [Race, list[Arm]], Column]:
    """A number of the arms' own, by default the median of the rounds; its name ends with its unit, as
    in pss_bytes."""
    words, _, unit = name.rpartition("_")

    def metric(race: Race, arms: list[Arm]) -> Column:
        values = [of_rounds(arm, name) if arm.ok else None for arm in arms]
        if unit == "bytes" and words:
            return Column(words.replace("_", " "),
                          [DASH if value is None else memory(value) for value in values])
        if unit == "seconds" and words:
            short, scale = column_unit(values)
            return Column(f"{words.replace('_', ' ')} [{short}]",
                          column([over(value, scale) for value in values]))
        return Column(name.replace("_", " "), column(values))

    return metric


def column_named(name: str) -> Callable[[Race, list[Arm]], Column]:
    """What makes the column that a template names: one of COLUMNS, or of a number of the arms' own
    "metric NAME", the median of the rounds, or "most NAME", the largest."""
    kind, _, metric = name.partition(" ")
    if kind == "most":
        return _metric(metric, Arm.most)
    return _metric(metric) if kind == "metric" else COLUMNS[name]


COLUMNS: dict[str, Callable[[Race, list[Arm]], Column]] = {
    "time": _times, "time per index": _time_per_index, "bandwidth": _bandwidth, "of bound": _of_bound,
    "latency": _latency, "speed-up": _speedups,
    "interval": _intervals, "against the baseline": _verdicts, "against the fastest": _against_best,
    "cores busy": _cores_busy, "peak memory": _memory, "context switches": _switches,
    "chunks": lambda race, arms: Column("chunks", [quantity(arm.chunks) for arm in arms])}
DEFAULT_COLUMNS = ("time", "speed-up", "interval", "against the baseline", "against the fastest",
                   "cores busy")
