"""How times scale over workers, as a result file tells it, and plans for more ranks."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from pathlib import Path

from report.load.checked_fields import BadFile, Fields, load_object
from report.load.race_result import Ratio

MODES = ("strong", "weak")


@dataclass(frozen=True)
class Fit:
    """A parameter of a law; None where the times do not tell it, for the reason `why`."""

    value: Ratio | None
    why: str


@dataclass(frozen=True)
class Point:
    """One number of workers against one worker."""

    result: int
    workers: int
    within_cores: bool
    beside_load: bool
    efficiency: Ratio
    serial_fraction: Ratio  # Karp-Flatt's; of weak scaling Gustafson's


@dataclass(frozen=True)
class Series:
    """Arms that differ in their number of workers alone."""

    label: str
    mode: str
    against_serial: bool
    points: tuple[Point, ...]
    fits: dict[str, Fit]  # of strong scaling: serial fraction, contention, coherence


@dataclass(frozen=True)
class Messages:
    """What a message between two ranks costs."""

    label: str
    latency: Ratio  # seconds
    bandwidth: Ratio | None  # bytes a second; None where it is not bounded


@dataclass(frozen=True)
class Scaling:
    """How the times of a race scale."""

    cores: int
    series: tuple[Series, ...]
    messages: Messages | None
    why_no_messages: str


@dataclass(frozen=True)
class Planned:
    """A plan for a number of ranks, beside runs of it where there were some."""

    ranks: int
    cores: int
    seconds: float
    grain: int
    schedule: str
    limit: str
    efficiency: float
    core_hours: float
    measured: tuple[float, ...]

    @property
    def measured_median(self) -> float | None:
        """Median seconds of the runs; None where there was none."""
        return statistics.median(self.measured) if self.measured else None

    @property
    def error(self) -> float | None:
        """The planned time over that measured, less 1; None where it was not run."""
        median = self.measured_median
        return None if median is None else self.seconds / median - 1


@dataclass(frozen=True)
class Plan:
    """What `parlab plan --json` writes."""

    path: Path
    subject: str
    command: str
    plans: tuple[Planned, ...]

    @property
    def checked(self) -> list[Planned]:
        """Those that were run."""
        return [one for one in self.plans if one.measured]


def read_scaling(fields: Fields, results: int) -> Scaling:
    """The entry "scaling" of a race with that many results. Raises BadFile."""
    messages = None
    if fields.has("messages"):
        part = fields.object("messages")
        messages = Messages(part.text("label"), _located(part.object("latency_seconds")),
                            _optional(part.object("bytes_per_second")))
    return Scaling(fields.whole("cores", at_least=1),
                   tuple(_series(one, results) for one in fields.objects("series")), messages,
                   fields.text("why_no_messages"))


def load_plan(path: Path) -> Plan:
    """Reads and checks the file. Raises BadFile."""
    top = load_object(path)
    if (schema := top.text("schema")) != "parlab/1-plan":
        raise BadFile(path, f'has the schema "{schema}", not "parlab/1-plan"', "")
    return Plan(path, top.text("subject"), top.object("context").text("command"),
                tuple(_planned(one) for one in top.objects("plans")))


def _planned(fields: Fields) -> Planned:
    return Planned(fields.whole("ranks", at_least=1), fields.whole("cores", at_least=1),
                   fields.number("seconds", at_least=0.0), fields.whole("grain", at_least=1),
                   fields.text("schedule"), fields.text("limit"),
                   fields.number("efficiency", at_least=0.0),
                   fields.number("core_hours", at_least=0.0),
                   fields.numbers("measured_seconds", above=0.0))


def _series(fields: Fields, results: int) -> Series:
    mode = fields.one_of("mode", MODES)
    alone = "karp_flatt" if mode == "strong" else "gustafson"
    points = tuple(
        Point(one.index("result", results), one.whole("workers", at_least=2), one.flag("within_cores"),
              one.flag("beside_load"), _located(one.object("efficiency")), _located(one.object(alone)))
        for one in fields.objects("points"))
    fits = {}
    if mode == "strong":
        usl = fields.object("usl")
        fits = {"serial fraction (Amdahl)": _fit(fields.object("amdahl").object("serial_fraction")),
                "contention (USL)": _fit(usl.object("contention")),
                "coherence (USL)": _fit(usl.object("coherence"))}
    return Series(fields.text("label"), mode, fields.flag("against_serial"), points, fits)


def _fit(fields: Fields) -> Fit:
    return Fit(_optional(fields), fields.text("why"))


def _optional(fields: Fields) -> Ratio | None:
    return _located(fields) if fields.has("value") else None


def _located(fields: Fields) -> Ratio:
    ends = fields.items("interval")
    if len(ends) != 2:
        raise fields.refuse("interval", f"has {len(ends)} ends, not 2")
    low, high = (end.number("") if end.has("") else None for end in ends)
    return Ratio(fields.number("value"), low, high)
