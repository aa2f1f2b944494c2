"""Reads what `parlab history --json` writes: ratios over commits, on one machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from report.load.checked_fields import Fields, load_object
from report.load.race_result import Ratio
from report.load.result_files import read_ratio, require_schema


@dataclass(frozen=True)
class Point:
    """One run of an arm."""

    date: str
    commit: str
    dirty: bool  # the sources differed from the commit
    speedup: Ratio
    verdict: str

    @property
    def commit_words(self) -> str:
        """The commit, shortened, with a plus where the sources differed."""
        return self.commit[:9] + ("+" if self.dirty else "")


@dataclass(frozen=True)
class Change:
    """Two commits whose intervals lie apart, and the race that tells."""

    before: int  # points
    after: int
    command: str


@dataclass(frozen=True)
class Series:
    """The runs of one arm, oldest first."""

    experiment: str
    group: str
    label: str
    baseline: str
    metric: str
    points: tuple[Point, ...]
    changes: tuple[Change, ...]

    @property
    def commits(self) -> int:
        """How many commits it was measured at."""
        return len({point.commit for point in self.points})


@dataclass(frozen=True)
class History:
    """The runs that were kept on one machine."""

    path: Path
    runs: int
    elsewhere: int  # runs of other machines, which are not shown
    series: tuple[Series, ...]

    @property
    def shown(self) -> list[Series]:
        """Those that were measured at several commits, those with a change first, then the longest."""
        several = [one for one in self.series if one.commits > 1]
        return sorted(several, key=lambda one: (not one.changes, -len(one.points)))


def load_history(path: Path) -> History:
    """Reads and checks the file. Raises BadFile."""
    top = load_object(path)
    require_schema(top, "parlab/1-history")
    return History(path, top.whole("runs"), top.whole("runs_of_other_machines"),
                   tuple(_series(fields) for fields in top.objects("series")))


def _series(fields: Fields) -> Series:
    points = tuple(
        Point(one.text("date"), one.text("commit"), one.flag("dirty"),
              read_ratio(one, "ratio", "interval", above=0.0), one.text("verdict"))
        for one in fields.objects("points"))
    changes = tuple(
        Change(one.index("before", len(points)), one.index("after", len(points)), one.text("command"))
        for one in fields.objects("changes"))
    return Series(fields.text("experiment"), fields.text("group"), fields.text("label"),
                  fields.text("baseline"), fields.text("metric"), points, changes)
