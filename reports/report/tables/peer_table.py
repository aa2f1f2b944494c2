"""What an arm says of parlab's method, the baseline of its task, and whether the goal is met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from report.load.race_result import Arm, Race, Ratio, instead_of
from report.tables.grid import withheld
from report.text.formats import DASH, column, column_unit, listing, over, plural, ratio, ratio_with_interval
from report.text.markdown_table import markdown, plain

PEER, BOUND, SCALING = "peer", "bound", "scaling"
MET, MISSED, UNTOLD = "met", "missed", "not told apart"


@dataclass(frozen=True)
class Against:
    """One row of the page: parlab against a peer, its bound, or itself on more workers."""

    race: Race
    own: Arm
    arm: Arm
    withheld: str  # what is said instead of an outcome

    @property
    def fact(self) -> dict[str, Any]:
        return self.arm.facts

    @property
    def told(self) -> Ratio:
        """Parlab's speed over the peer; its time over the bound's; its speed-up by workers."""
        found = self.arm.speedup
        return found if self.fact["part"] in (BOUND, SCALING) else inverse(found)

    @property
    def outcome(self) -> str:
        """Whether the whole interval lies on the right side of the goal, or on the wrong one."""
        goal, told = self.fact["goal"], self.told
        if goal is None:
            return DASH
        if self.withheld:
            return self.withheld
        if told.low is None or told.high is None:
            return UNTOLD
        if self.fact["part"] == BOUND:
            return MET if told.high <= goal else MISSED if told.low > goal else UNTOLD
        return MET if told.low >= goal else MISSED if told.high < goal else UNTOLD


def inverse(value: Ratio) -> Ratio:
    """The other against the one."""
    return Ratio(1 / value.ratio, value.high and 1 / value.high, value.low and 1 / value.low)


def is_against(race: Race) -> bool:
    """Whether the race holds parlab against what one would use otherwise."""
    return any("part" in arm.facts for arm in race.arms)


def rows_of(race: Race) -> list[Against]:
    """A row for each arm that ran beside parlab's own, task by task."""
    rows = []
    for arms in race.groups.values():
        own = next((arm for arm in arms if arm.facts.get("part") == "own"), None)
        rows += [Against(race, own, arm, instead_of([arm.comparison.verdict]) or withheld(race, arms))
                 for arm in arms if own and own.ok and arm.ok and arm is not own and arm.comparison]
    return rows


def goal_words(rows: Sequence[Against]) -> str:
    """How many goals are met, missed, and neither."""
    outcomes = [row.outcome for row in rows if row.fact["goal"] is not None]
    if not outcomes:
        return "No goal is set."
    counts = {word: outcomes.count(word) for word in (MET, MISSED)}
    rest = len(outcomes) - sum(counts.values())
    words = [f"{count} {word}" for word, count in {**counts, "without an answer": rest}.items() if count]
    return f"Of {plural(len(outcomes), 'goal')}: {listing(words)}."


def against_table(rows: Sequence[Against]) -> str:
    """Every row: the ratio with its interval, the goal, and both times for one index. A task that the book has begins
    with the book's own time."""
    unit, scale = column_unit(_each(row.own) for row in rows)
    lines: list[list[str]] = []
    times: list[tuple[float | None, float | None]] = []
    last = ""
    for row in rows:
        workers = row.own.parameters.get("workers", 1)
        task = plain(row.fact["task"]) + (f", {workers} workers" if workers > 1 else "")
        own, source = _each(row.own), row.own.facts.get("source")
        if source and own and task != last:
            lines.append([task, f"{plain(source['program'])}, on another machine",
                          f"{ratio(source['seconds'] / own)} times as fast", DASH, DASH])
            times.append((own, source["seconds"]))
            last = task
        goal = row.fact["goal"]
        sign = "≤" if row.fact["part"] == BOUND else "≥"
        lines.append(["" if task == last else task, _name(row), _told(row),
                      DASH if goal is None else f"{sign} {ratio(goal)}", row.outcome])
        times.append((own, _each(row.arm)))
        last = task
    ours, others = (column([over(each, scale) for each in side]) for side in zip(*times))
    return markdown(["task", "against", "ratio", "goal", "outcome", f"parlab [{unit}]", f"other [{unit}]"],
                    [[*line, *each] for line, each in zip(lines, zip(ours, others))], left=2)


def _told(row: Against) -> str:
    words = {BOUND: "{} its time", SCALING: "{} as fast"}.get(row.fact["part"], "{} as fast")
    return words.format(ratio_with_interval(row.told))


def _name(row: Against) -> str:
    if row.fact["part"] == PEER:
        return plain(f"{row.arm.variant} ({row.fact['library']})")
    return {BOUND: plain(f"{row.arm.variant}, which bounds it"),
            SCALING: "itself on one worker"}[row.fact["part"]]


def _each(arm: Arm) -> float | None:
    """Seconds for one index."""
    return over(arm.median, max(arm.size, 1))


def bounds_of(races: Sequence[Race]) -> dict[str, list[str]]:
    """What the machine allows at most, with the tasks that it bounds."""
    bounds: dict[str, list[str]] = {}
    for race in races:
        for arm in race.shown:
            if arm.facts.get("part") == "own" and arm.facts["bound"]:
                tasks = bounds.setdefault(arm.facts["bound"], [])
                if arm.facts["task"] not in tasks:
                    tasks.append(arm.facts["task"])
    return bounds
