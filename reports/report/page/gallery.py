"""Results of several machines side by side: a table a race, a column a machine.

Times of two machines are not compared: each cell is an arm's ratio to its own machine's baseline.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from report.load.checked_fields import BadFile
from report.load.race_result import Arm, Race
from report.load.suite_results import Fault, Suite, load_suite
from report.text.formats import plural, ratio_with_interval
from report.text.markdown_table import markdown, plain

NONE = "–"


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
    for path in sorted(one for one in folder.iterdir() if one.is_dir() and not one.name.startswith(".")):
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
    names = list(dict.fromkeys(race.name for machine in machines for race in machine.suite.races))
    for name in names:
        races = [next((race for race in machine.suite.races if race.name == name), None) for machine in machines]
        if table := _race_table(machines, races):
            parts += [f"## {plain(name)}", plain(next(race.question for race in races if race)), table]
    return "\n\n".join(parts) + "\n"


def _machines_table(machines: list[Machine]) -> str:
    rows = []
    for machine in machines:
        context = machine.suite.races[0].context
        rows.append([plain(machine.name), plain(context.cpu), plural(context.usable_cores, "core"),
                     "yes" if context.virtual_machine else "no", plain(context.compiler), plain(context.commit[:9]),
                     plain(context.date[:10]), str(len(machine.suite.races))])
    return markdown(["machine", "processor", "usable", "virtual", "compiler", "commit", "date", "races"], rows, left=7)


def _race_table(machines: list[Machine], races: list[Race | None]) -> str:
    """Arms by machines; empty where no arm was compared."""
    keys = dict.fromkeys((arm.group, arm.label) for race in races if race
                         for arm in race.shown if arm.comparison and arm.ok)
    rows = [[plain(label), plain(group), *(_cell(race, group, label) for race in races)] for group, label in keys]
    return markdown(["arm", "case", *(plain(machine.name) for machine in machines)], rows, left=2) if rows else ""


def _cell(race: Race | None, group: str, label: str) -> str:
    arm: Arm | None = next((one for one in race.shown if (one.group, one.label) == (group, label)), None) \
        if race else None
    if arm is None:
        return NONE
    if not arm.ok:
        return "failed"
    return f"{ratio_with_interval(arm.speedup)} {arm.comparison.verdict}" if arm.comparison else NONE


def write_gallery(folder: Path, out: Path) -> list[Fault]:
    """Writes GALLERY.md. Returns what was left out. Raises BadFile or OSError before it is in place."""
    machines, faults = load_gallery(folder)
    out.mkdir(parents=True, exist_ok=True)
    made = out / f".gallery-{os.getpid()}"
    try:
        made.write_text(gallery_text(machines), encoding="utf-8")
        made.replace(out / "GALLERY.md")
    finally:
        made.unlink(missing_ok=True)
    return faults
