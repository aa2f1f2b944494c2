"""Results of several machines side by side: a figure and a table per race, a column per machine.

Times of two machines are not compared: each cell is an arm's ratio to its own machine's baseline.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from report.figures import machine_speeds, style
from report.load.checked_fields import BadFile
from report.load.race_result import Arm, Race
from report.load.suite_results import Fault, Suite, load_suite
from report.page.html_page import page
from report.page.in_place import put_in_place
from report.text.formats import plural, ratio_with_interval
from report.text.markdown_table import markdown, plain

NONE = "–"
PAGE = Path(__file__).parents[2] / "templates" / "page.html"


@dataclass(frozen=True)
class Machine:
    """A folder of the gallery, with one machine's results."""

    name: str
    suite: Suite


def load_gallery(folder: Path) -> tuple[list[Machine], list[Fault]]:
    """Each folder in it, by name, and what is wrong in them: a folder whose files are of several machines, or
    hold no result, is left out. Raises BadFile where none is left."""
    if not folder.is_dir():
        raise BadFile(folder, "is not a folder", "name one that holds a folder for each machine")
    machines: list[Machine] = []
    faults: list[Fault] = []
    for path in sorted(one for one in folder.iterdir() if one.is_dir() and not one.name.startswith(".") and one.name != "figures"):
        try:
            suite = load_suite(path)
            first = suite.races[0]
            for race in suite.races:
                if _machine_of(race) != _machine_of(first):
                    raise BadFile(path, f"mixes two machines: {race.path.name} is of {race.context.cpu}, "
                                        f"{plural(race.context.cores, 'core')}, unlike {first.path.name}",
                                  "put each machine's files into a folder of its own")
            machines.append(Machine(path.name, suite))
            faults.extend(suite.faults)
        except BadFile as bad:
            faults.append(Fault(path, bad.problem, "the gallery goes on without it"))
    if not machines:
        raise BadFile(folder, faults[0].problem if faults else "holds no folder of results",
                      "" if faults else "make one for each machine, with what parlab suite wrote")
    return machines, faults


def _machine_of(race: Race) -> tuple[object, ...]:
    return race.context.cpu, race.context.cores, race.context.details.get("host")


def gallery_text(machines: list[Machine]) -> str:
    """The page, in Markdown."""
    parts = ["# parlab gallery", "Each number is an arm's ratio to the baseline of its own machine, with its "
             "interval and verdict; times of two machines are not compared.", _machines_table(machines)]
    for name, races in _races(machines).items():
        if cases := _cases(races):
            question = plain(next(race.question for race in races if race))
            parts += [f"## {plain(name)}", question, f"![{_title(name)}]({_figure_file(name)})",
                      _race_table(machines, races, cases)]
    return "\n\n".join(parts) + "\n"


def _races(machines: list[Machine]) -> dict[str, list[Race | None]]:
    """Each race by its name, on each machine; None where the machine lacks it."""
    names = dict.fromkeys(race.name for machine in machines for race in machine.suite.races)
    return {name: [next((race for race in machine.suite.races if race.name == name), None) for machine in machines]
            for name in names}


def _cases(races: list[Race | None]) -> dict[str, list[str]]:
    """The labels of the arms compared on any machine, by case; empty where none was."""
    keys = dict.fromkeys((arm.group, arm.label) for race in races if race
                         for arm in race.shown if arm.comparison and arm.ok)
    cases: dict[str, list[str]] = {}
    for group, label in keys:
        cases.setdefault(group, []).append(label)
    return cases


def _title(name: str) -> str:
    return re.sub(r"[\[\]\\\"]", "", f"Every arm of {plain(name)} against the baseline of its own machine")


def _machines_table(machines: list[Machine]) -> str:
    rows = []
    for machine in machines:
        context = machine.suite.races[0].context
        rows.append([plain(machine.name), plain(context.cpu), plural(context.usable_cores, "core"),
                     "yes" if context.virtual_machine else "no", plain(context.compiler), plain(context.commit[:9]),
                     plain(context.date[:10]), str(len(machine.suite.races))])
    return markdown(["machine", "processor", "usable", "virtual", "compiler", "commit", "date", "races"], rows, left=7)


def _race_table(machines: list[Machine], races: list[Race | None], cases: dict[str, list[str]]) -> str:
    """Arms by machines."""
    rows = [[plain(label), plain(group), *(_cell(_arm(race, group, label)) for race in races)]
            for group, labels in cases.items() for label in labels]
    return markdown(["arm", "case", *(plain(machine.name) for machine in machines)], rows, left=2)


def _arm(race: Race | None, group: str, label: str) -> Arm | None:
    return next((one for one in race.shown if (one.group, one.label) == (group, label)), None) if race else None


def _cell(arm: Arm | None) -> str:
    if arm is None:
        return NONE
    if not arm.ok:
        return "failed"
    return f"{ratio_with_interval(arm.speedup)} {arm.comparison.verdict}" if arm.comparison else NONE


def _figure_file(name: str) -> str:
    return f"figures/{re.sub(r'[^A-Za-z0-9_-]', '-', name)}-by-machine.svg"


def _draw(machines: list[Machine], folder: Path) -> None:
    """A figure for each race with something to compare."""
    (folder / "figures").mkdir()
    with style.plain_style():
        for name, races in _races(machines).items():
            cases = _cases(races)
            if cases:
                rows = {case: {label: [_arm(race, case, label) for race in races] for label in labels}
                        for case, labels in cases.items()}
                machine_speeds.draw([machine.name for machine in machines], rows, folder / _figure_file(name))


def write_gallery(folder: Path, out: Path) -> list[Fault]:
    """Writes GALLERY.md, GALLERY.html and figures/. Returns what was left out. Raises BadFile or OSError before
    they are in place."""
    machines, faults = load_gallery(folder)
    text = gallery_text(machines)
    with put_in_place(out) as made:
        _draw(machines, made)
        (made / "GALLERY.md").write_text(text, encoding="utf-8")
        html = page(text, made, "parlab gallery", PAGE.read_text("utf-8"))
        (made / "GALLERY.html").write_text(html, encoding="utf-8")
    return faults
