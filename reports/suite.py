"""Gathers what one report shows: the races of a suite, its headlines, what never ran."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fields import BadFile, Fields, load_object
from micro import Micro, load_micro
from race import Headline, Race
from result_files import SCHEMA, load_race, read_headline, require_schema

NAMES_OF_A_SUITE = ("suite.json", "headlines.json", "micro.json")


@dataclass(frozen=True)
class NeverRan:
    """An experiment of the suite that left no result file."""

    name: str
    cause: str
    command: str


@dataclass(frozen=True)
class Suite:
    """Everything that a report is made of."""

    races: tuple[Race, ...]
    headlines: tuple[Headline, ...]
    never_ran: tuple[NeverRan, ...]
    micro: Micro | None
    profile: str  # empty for loose result files
    command: str
    elapsed_seconds: float
    files: tuple[Path, ...]  # all that was read


def load_suite(folder: Path) -> Suite:
    """A suite's folder; without suite.json, every result file in it. Raises BadFile."""
    if not folder.is_dir():
        raise BadFile(folder, "is no folder", "")
    index = folder / "suite.json"
    if not index.exists():
        names = (p for p in sorted(folder.glob("*.json")) if p.name not in NAMES_OF_A_SUITE)
        return load_files([path for path in names if _is_result_file(path)] or [index], folder)
    top = load_object(index)
    require_schema(top, "parlab/1-suite")
    for item in top.items("files"):
        if Path(item.text("")).name != item.text(""):
            raise item.refuse("", f'is "{item.text("")}", not the name of a file beside it')
    failed = [_never_ran(fields) for fields in top.objects("failed")]
    paths = [folder / name for name in top.texts("files")]
    # A race that left a file tells itself which of its arms failed.
    ran = {name for path in paths for name in (path.name, path.stem)}
    return _gather(paths, folder, tuple(one for one in failed if one.name not in ran), top)


def load_files(paths: list[Path], folder: Path | None = None) -> Suite:
    """Loose result files, shown in the order given."""
    names: set[str] = set()
    for path in paths:
        if path.name in names:
            raise BadFile(path, "has the name of another file of this report", "rename one")
        names.add(path.name)
    return _gather(paths, folder)


def _gather(paths: list[Path], folder: Path | None, never_ran: tuple[NeverRan, ...] = (),
            index: Fields | None = None) -> Suite:
    races = tuple(load_race(path) for path in paths)
    extra = {name: folder / name for name in NAMES_OF_A_SUITE
             if folder and (folder / name).exists()}
    headlines = tuple(headline for race in races for headline in race.headlines)
    if "headlines.json" in extra:
        headlines = _load_headlines(extra["headlines.json"], races)
    return Suite(
        races=races, headlines=headlines, never_ran=never_ran,
        micro=load_micro(extra["micro.json"]) if "micro.json" in extra else None,
        profile=index.text("profile") if index else "",
        command=index.text("command") if index else "",
        elapsed_seconds=index.number("elapsed_seconds", at_least=0.0) if index
        else sum(race.elapsed_seconds for race in races),
        files=(*paths, *extra.values()))


def _is_result_file(path: Path) -> bool:
    """Other JSON files may lie in the folder; a file that claims no schema is none of ours."""
    try:
        found = load_object(path).values.get("schema")
    except BadFile:
        return True  # read again later, and complained about
    return isinstance(found, str) and (found == SCHEMA or not found.startswith(SCHEMA + "-"))


def _load_headlines(path: Path, races: tuple[Race, ...]) -> tuple[Headline, ...]:
    top = load_object(path)
    require_schema(top, "parlab/1-headlines")
    sizes = {race.path.name: len(race.arms) for race in races}
    headlines = []
    for fields in top.objects("headlines"):
        file = fields.text("file")
        if file not in sizes:
            raise fields.refuse("file", f'is "{file}", which is not part of this report')
        headlines.append(read_headline(fields, file, sizes[file]))
    return tuple(headlines)


def _never_ran(fields: Fields) -> NeverRan:
    name = fields.text("file") if fields.has("file") else fields.text("name")
    return NeverRan(name, fields.text("cause"),
                    fields.text("command") if fields.has("command") else "")
