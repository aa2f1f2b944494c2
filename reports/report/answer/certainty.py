"""How sure the answer is: calibration, what stayed open, and the command that may decide it."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from report.answer.loops import Cell, Loop
from report.load.race_result import Race
from report.load.suite_results import Spending
from report.tables.trust import Trust
from report.text.formats import duration, listing, percent, plural
from report.text.markdown_table import plain

FEWEST_MORE = 1.5  # times the rounds there were: fewer would hardly change an interval
MOST_MORE = 8.0  # times the rounds there were: beyond, the noise must change, not the rounds

ANSWERS = {"yes": "Sure enough", "with care": "Take it with care", "no": "Do not rely on it"}


@dataclass(frozen=True)
class Next:
    """A race again with more rounds."""

    race: Race
    undecided: int
    rounds: int
    command: str
    seconds: float  # as long as it takes at the pace of the race


@dataclass(frozen=True)
class Resume:
    """The suite again, with rounds for what is open."""

    command: str


def certainty(loops: Sequence[Loop], trust: Trust, spending: Spending | None = None) -> str:
    """The line of trust, in Markdown, without the command."""
    words = [f"**How sure?** {ANSWERS[trust.answer]}{_doubts(trust)}. {_calibration(trust)}."]
    cells = [cell for loop in loops for name, cell in loop.cells.items()
             if name != loop.best and cell.arm]
    undecided = sum(not cell.decided for cell in cells)
    if cells:
        words.append(f"{undecided} of the {plural(len(cells), 'comparison')} with the fastest of a "
                     "loop stayed open." if undecided else
                     f"All {plural(len(cells), 'comparison')} with the fastest of a loop are decided.")
    beside = sum(bool(cell.arm and cell.arm.against_best and cell.arm.against_best.beside_load)
                 for cell in cells)
    if beside:
        words.append(f"{beside} of them ran beside another program.")
    if spending:
        words.append(_spent(spending))
    return " ".join(word for word in words if word)


def _spent(spending: Spending) -> str:
    """What became of the budget."""
    left = (f"{plural(spending.headlines, 'sentence')} and {plural(spending.rows, 'row')} of the tables "
            "open")
    if spending.ended_early:
        return f"**It ended early: {plain(spending.ended_early)}**, with {left}."
    if spending.budget_seconds is None:
        return ""
    return (f"The budget of {duration(spending.budget_seconds, 2)} ended with {left}."
            if spending.headlines or spending.rows else "Every comparison was decided within the budget.")


def _doubts(trust: Trust) -> str:
    """Why one should take care, in few words."""
    found = [words for words, doubt in (
        ("this build is not one to measure", trust.builds), ("too much noise", trust.failed_gates),
        ("baselines differ from themselves", trust.uncalibrated),
        ("other work was running before", trust.busy_before),
        ("the host took CPU time", trust.robbed), ("uncommitted changes", trust.dirty),
        ("several commits", len(trust.commits) > 1), ("several machines", trust.machines > 1),
        ("no baseline ran twice", not trust.gates)) if doubt]
    return f" ({listing(found)})" if found else ""


def _calibration(trust: Trust) -> str:
    """What the baselines against themselves say (A/A)."""
    count = plural(len(trust.gates), "baseline")
    if not trust.gates:
        return "Nothing shows the noise of these numbers"
    margin = trust.gates[0].race.gate_margin
    if margin is not None:
        return (f"A/A: {len(trust.failed_gates)} of {count} that ran twice left ±{percent(margin)} or "
                "had too few rounds")
    chance = ("more than chance gives" if trust.uncalibrated else "no more than chance gives")
    return f"A/A: {len(trust.biased)} of {count} that ran twice differ from themselves, {chance}"


def next_step(loops: Sequence[Loop], spending: Spending | None, command: str) -> Next | Resume | None:
    """What may decide more: the suite again where its rounds go where they are needed."""
    if spending and (spending.ended_early or spending.budget_seconds is not None):
        return resumed(command) if spending.headlines or spending.rows or spending.ended_early else None
    return next_race(loops)


def resumed(command: str) -> Resume:
    """The command of a suite that goes on for five minutes more."""
    command = re.sub(r" --budget[ =]\S+| --resume\b", "", command)
    return Resume(f"{re.sub(r'^parlab ', 'build/parlab ', command)} --resume --budget 5min")


def next_race(loops: Sequence[Loop]) -> Next | None:
    """The race with most open comparisons, with as many rounds as half of them may need."""
    undecided: dict[int, list[Cell]] = {}
    races: dict[int, Race] = {}
    for loop in loops:
        race = loop.choice.race
        cells = [cell for name, cell in loop.cells.items()
                 if name != loop.best and cell.arm and not cell.decided]
        if cells and "--rounds" in race.context.command:
            races[id(race)] = race
            undecided.setdefault(id(race), []).extend(cells)
    if not undecided:
        return None
    key = max(undecided, key=lambda one: len(undecided[one]))
    race, cells = races[key], undecided[key]
    rounds = math.ceil(statistics.median(rounds_that_may_decide(cell, race) for cell in cells))
    command = re.sub(r"--rounds[ =]\S+", f"--rounds {rounds}", race.context.command)
    return Next(race, len(cells), rounds, command, race.elapsed_seconds * rounds / race.rounds)


def rounds_that_may_decide(cell: Cell, race: Race) -> float:
    """Rounds after which the interval, narrower as their root, lies beyond the margin or within."""
    speed = cell.speed
    if speed is None or not speed.low or not speed.high or speed.high == speed.low:
        return 2.0 * race.rounds
    half = math.log(speed.high / speed.low) / 2
    room = abs(abs(math.log(speed.ratio)) - math.log1p(race.margin))
    times = (half / room) ** 2 if room else MOST_MORE
    return race.rounds * min(MOST_MORE, max(FEWEST_MORE, times))


def next_words(found: Next | Resume) -> str:
    """What stands before the command."""
    if isinstance(found, Resume):
        return "Five minutes more for what is open:"
    return (f"Most open: {plain(found.race.name)}, with {found.undecided}. In about "
            f"{duration(found.seconds, 2)} this may decide half of them:")
