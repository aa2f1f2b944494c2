"""Gathers what one report shows: the races of a suite, its headlines, what never ran."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from report.load.checked_fields import BadFile, Fields, load_object, shown
from report.load.history_results import History, load_history
from report.load.micro_results import Micro, load_micro
from report.load.ports_results import Ports, load_ports
from report.load.race_result import Headline, Race
from report.load.result_files import SCHEMA, load_race, read_headline, require_schema
from report.load.scaling_results import Plan, load_plan

T = TypeVar("T")
NAMES_OF_A_SUITE = ("suite.json", "headlines.json", "micro.json", "ports.json", "history.json", "plan.json")


@dataclass(frozen=True)
class NeverRan:
    """An experiment of the suite that left no result file."""

    name: str
    cause: str
    command: str


@dataclass(frozen=True)
class Fault:
    """A file that the report goes on without."""

    path: Path
    problem: str  # where in it, and what is wrong
    instead: str = "the report goes on without it"

    @property
    def name(self) -> str:
        """The file's, as text."""
        return shown(self.path.name)


@dataclass(frozen=True)
class Spending:
    """Rounds of a suite that were spent where verdicts needed them."""

    budget_seconds: float | None  # None: each race had the rounds of its profile
    headlines: int  # that are open
    rows: int  # comparisons with a baseline that are open
    ended_early: str  # why; empty: it did not


@dataclass(frozen=True)
class Suite:
    """Everything that a report is made of."""

    races: tuple[Race, ...]
    headlines: tuple[Headline, ...]
    one_family: bool  # whether the headlines' levels hold for all of them together
    never_ran: tuple[NeverRan, ...]
    faults: tuple[Fault, ...]
    micro: Micro | None
    profile: str  # empty for loose result files
    command: str
    elapsed_seconds: float
    files: tuple[Path, ...]  # all that was read
    spending: Spending | None = None  # None for loose files, and those of before
    ports: Ports | None = None  # None where llvm-mca was not there
    history: History | None = None  # None where none lies in the folder
    plan: Plan | None = None  # the same

    def without(self, faults: list[Fault]) -> Suite:
        """The same without these races."""
        names = {fault.path.name for fault in faults}
        return replace(
            self, faults=(*self.faults, *faults),
            races=tuple(race for race in self.races if race.path.name not in names),
            headlines=tuple(line for line in self.headlines if line.file not in names),
            files=tuple(path for path in self.files if path.name not in names))

    def only(self, race: Race) -> Suite:
        """One race of it."""
        return replace(self, races=(race,), headlines=race.headlines, faults=(), never_ran=(),
                       micro=None, ports=None, history=None, plan=None)


@dataclass(frozen=True)
class Index:
    """What suite.json says."""

    paths: list[Path]
    never_ran: tuple[NeverRan, ...]
    profile: str
    command: str
    elapsed_seconds: float
    spending: Spending | None


def load_suite(folder: Path) -> Suite:
    """A suite's folder; without a suite.json that can be read, every result file in it. A file that
    cannot be reported is left out and named. Raises BadFile where no race is left."""
    if not folder.is_dir():
        raise BadFile(folder, "is not a folder", "")
    faults: list[Fault] = []
    index = None
    if (folder / "suite.json").exists():
        index = _or_fault(lambda: _load_index(folder), folder / "suite.json",
                          "every result file of the folder is shown", faults)
    if index:
        return _gather(index.paths, folder, faults, index)
    paths = [path for path in sorted(folder.glob("*.json"))
             if path.name not in NAMES_OF_A_SUITE and _is_result_file(path)]
    if not paths:
        raise BadFile(folder, "holds no result file (*.json of schema parlab/1)",
                      "name the folder of a suite, or run parlab suite --out DIR")
    return _gather(paths, folder, faults)


def load_files(paths: list[Path]) -> Suite:
    """Loose result files, shown in the order given. A file that cannot be reported is left out and
    named. Raises BadFile where none is left."""
    names: set[str] = set()
    for path in paths:
        if path.name in names:
            raise BadFile(path, "has the name of another file of this report", "rename one")
        names.add(path.name)
    return _gather(paths, None, [])


def _load_index(folder: Path) -> Index:
    top = load_object(folder / "suite.json")
    require_schema(top, "parlab/1-suite")
    for item in top.items("files"):
        if Path(item.text("")).name != item.text(""):
            raise item.refuse("", f'is "{item.text("")}", not the name of a file beside it')
    paths = [folder / name for name in top.texts("files")]
    # A race that left a file tells itself which of its arms failed.
    ran = {name for path in paths for name in (path.name, path.stem)}
    failed = [_never_ran(fields) for fields in top.objects("failed")]
    return Index(paths, tuple(one for one in failed if one.name not in ran), top.text("profile"),
                 top.text("command"), top.number("elapsed_seconds", at_least=0.0), _spending(top))


def _spending(top: Fields) -> Spending | None:
    if not top.has("open"):
        return None
    budget = top.number("budget_seconds", above=0.0) if top.has("budget_seconds") else None
    left = top.object("open")
    return Spending(budget, left.whole("headlines"), left.whole("rows"), top.text("ended_early"))


def _or_fault(load: Callable[[], T], path: Path, instead: str, faults: list[Fault]) -> T | None:
    """What load() gives, or None with a fault noted."""
    try:
        return load()
    except BadFile as bad:
        faults.append(Fault(path, bad.problem, instead))
        return None


def _gather(paths: list[Path], folder: Path | None, faults: list[Fault],
            index: Index | None = None) -> Suite:
    first: BadFile | None = None
    races = []
    for path in paths:
        try:
            races.append(load_race(path))
        except BadFile as bad:
            first = first or bad
            faults.append(Fault(path, bad.problem))
    if first and not races:
        raise first
    extra = {name: folder / name for name in NAMES_OF_A_SUITE
             if folder and (folder / name).exists()}
    left_out = {fault.path.name for fault in faults}
    bound = memory_bound(races)
    shown_races = tuple(replace(race, memory_bound=bound) for race in races)
    headlines: tuple[Headline, ...] | None = None
    micro = None
    if path := extra.get("headlines.json"):
        headlines = _or_fault(lambda: _load_headlines(path, shown_races, left_out), path,
                              "the sentences are those of each race by itself", faults)
    if path := extra.get("micro.json"):
        micro = _or_fault(lambda: load_micro(path), path, "its figures are left out", faults)
    ports = None
    if path := extra.get("ports.json"):
        ports = _or_fault(lambda: load_ports(path), path, "the ports' bounds are left out", faults)
    history = None
    if path := extra.get("history.json"):
        history = _or_fault(lambda: load_history(path), path, "the history is left out", faults)
    plan = None
    if path := extra.get("plan.json"):
        plan = _or_fault(lambda: load_plan(path), path, "the plan is left out", faults)
    one_family = headlines is not None or len(races) == 1
    if headlines is None:
        headlines = tuple(headline for race in shown_races for headline in race.headlines)
    bad_names = {fault.path.name for fault in faults}
    return Suite(
        races=shown_races, headlines=headlines, one_family=one_family, never_ran=index.never_ran if index else (),
        faults=tuple(faults), micro=micro,
        profile=index.profile if index else "", command=index.command if index else "",
        elapsed_seconds=index.elapsed_seconds if index
        else sum(race.elapsed_seconds for race in shown_races),
        files=tuple(path for path in (*paths, *extra.values()) if path.name not in bad_names),
        spending=index.spending if index else None, ports=ports, history=history, plan=plan)


def memory_bound(races: list[Race]) -> float | None:
    """Bytes a second that memory delivers, to the fastest loop of the experiment that asks for it."""
    return max((arm.bytes_per_second for race in races if race.experiment == "stream"
                for arm in race.arms if arm.ok and arm.bytes_per_second), default=None)


def _is_result_file(path: Path) -> bool:
    """Other JSON files may lie in the folder; a file that claims no schema is none of ours."""
    try:
        found = load_object(path).values.get("schema")
    except BadFile:
        return True  # read again later, and complained about
    return isinstance(found, str) and (found == SCHEMA or not found.startswith(SCHEMA + "-"))


def _load_headlines(path: Path, races: tuple[Race, ...],
                    left_out: set[str]) -> tuple[Headline, ...]:
    top = load_object(path)
    require_schema(top, "parlab/1-headlines")
    sizes = {race.path.name: len(race.arms) for race in races}
    headlines = []
    for fields in top.objects("headlines"):
        file = fields.text("file")
        if file in left_out:
            continue
        if file not in sizes:
            raise fields.refuse("file", f'is "{file}", which is not part of this report')
        headlines.append(read_headline(fields, file, sizes[file]))
    return tuple(headlines)


def _never_ran(fields: Fields) -> NeverRan:
    name = fields.text("file") if fields.has("file") else fields.text("name")
    return NeverRan(name, fields.text("cause"),
                    fields.text("command") if fields.has("command") else "")
