"""Loops by backends: how much of the fastest's speed each backend keeps on each loop.

A loop is a group of a race in which two backends or more ran the same work. Backends are those that
the results name. Each stands with the arm of its that came nearest to the fastest, whatever its
schedule, chunks and workers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from report.load.race_result import Arm, Ratio
from report.tables.grid import Choice
from report.tables.names import case_of

DECIDED = ("slower", "equivalent", "differs")


@dataclass(frozen=True)
class Cell:
    """A backend on a loop."""

    arm: Arm | None  # None where every arm of it failed
    speed: Ratio | None  # against the fastest of the loop, 1 for that one; None where unknown
    decided: bool

    @property
    def ran(self) -> bool:
        return self.speed is not None


@dataclass(frozen=True)
class Loop:
    """A row: the same work on several backends."""

    choice: Choice
    cells: dict[str, Cell]  # by backend, in the file's order

    @property
    def name(self) -> str:
        """The race, and what of it: `pi-sizes (1e5 darts)`."""
        race = self.choice.race
        case = case_of(race, race.groups[self.choice.arms[0].group], with_workers=False)
        return f"{race.name} ({case})" if case else race.name

    @property
    def best(self) -> str:
        """The backend named fastest; empty where all failed."""
        return self.choice.best.backend if self.choice.best else ""

    @property
    def judged(self) -> bool:
        """Whether there are verdicts and a fastest arm."""
        return self.choice.best is not None and not self.choice.withheld

    def others(self, *, decided: bool | None = None) -> list[str]:
        """Backends besides the fastest that ran; only those decided or only those not, if asked."""
        return [name for name, cell in self.cells.items()
                if name != self.best and cell.ran and decided in (None, cell.decided)]


def loops_of(choices: Sequence[Choice]) -> list[Loop]:
    """The loops among the choices of a report, in its order."""
    return [Loop(choice, _cells(choice)) for choice in choices if _is_loop(choice)]


def backends_of(loops: Sequence[Loop]) -> list[str]:
    """All backends of the loops, those measured on most loops first, then by name."""
    names = {name for loop in loops for name in loop.cells}
    return sorted(names, key=lambda name: (-sum(name in loop.cells for loop in loops), name))


def comparable(loops: Sequence[Loop]) -> list[Loop]:
    """The loops on which at least half of all backends ran: only these can rank them together."""
    half = len(backends_of(loops)) / 2
    return [loop for loop in loops if len(loop.cells) >= half]


def _is_loop(choice: Choice) -> bool:
    """Whether the arms differ in where they run, not in what they compute."""
    arms = choice.race.groups[choice.arms[0].group]
    work = {(arm.kernel, arm.variant, arm.algorithm, arm.size) for arm in arms}
    backends = {arm.backend for arm in choice.arms if arm.role == "arm"}
    return len(work) == 1 and len(backends) > 1


def _cells(choice: Choice) -> dict[str, Cell]:
    arms: dict[str, list[Arm]] = {}
    for arm in choice.race.groups[choice.arms[0].group]:
        arms.setdefault(arm.backend, []).append(arm)
    return {backend: _cell(choice, own) for backend, own in arms.items()}


def _cell(choice: Choice, arms: Sequence[Arm]) -> Cell:
    if any(arm is choice.best for arm in arms):
        return Cell(choice.best, Ratio(1.0, 1.0, 1.0), not choice.withheld)
    ran = [arm for arm in arms if arm.ok and not arm.paced]
    compared = [arm for arm in ran if arm.against_best]
    if not compared:
        return Cell(ran[0] if ran else None, None, False)
    arm = max(compared, key=lambda one: one.against_fastest.ratio)
    assert arm.against_best
    decided = (not choice.withheld and arm.against_best.verdict in DECIDED
               and not arm.against_best.beside_load)
    return Cell(arm, arm.against_fastest, decided)
