"""Reads the JSON of Google Benchmark: the nanosecond figures that need no pairs."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from pathlib import Path

from report.load.checked_fields import Fields, load_object

SECONDS_PER_UNIT = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}


@dataclass(frozen=True)
class MicroRow:
    """One benchmark: the median of its repetitions."""

    name: str
    seconds: float  # wall clock of one iteration


@dataclass(frozen=True)
class Micro:
    """A run of the micro benchmarks."""

    path: Path
    rows: tuple[MicroRow, ...]
    failures: tuple[tuple[str, str], ...]  # name and message


def load_micro(path: Path) -> Micro:
    """Reads and checks the file. Raises BadFile."""
    times: dict[str, list[float]] = {}
    medians: dict[str, MicroRow] = {}  # all there is where only aggregates were asked for
    failures: list[tuple[str, str]] = []
    for fields in load_object(path).objects("benchmarks"):
        name = fields.text("run_name") if fields.has("run_name") else fields.text("name")
        if fields.has("error_occurred") and fields.flag("error_occurred"):
            failures.append((name, fields.text("error_message")))
        elif not fields.has("run_type") or fields.text("run_type") == "iteration":
            times.setdefault(name, []).append(_seconds(fields))
        elif fields.text("aggregate_name") == "median":
            medians[name] = MicroRow(name, _seconds(fields))
    rows = {name: MicroRow(name, statistics.median(series)) for name, series in times.items()}
    return Micro(path, tuple({**medians, **rows}.values()), tuple(failures))


def _seconds(fields: Fields) -> float:
    unit = fields.one_of("time_unit", tuple(SECONDS_PER_UNIT))
    return fields.number("real_time", at_least=0.0) * SECONDS_PER_UNIT[unit]
