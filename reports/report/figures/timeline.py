"""When each request began and ended: one panel per arm, one bar per request.

Drawn where an arm's answer is {"got": ..., "timeline": [[start, end], ...]}, in seconds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from report.figures import style
from report.load.race_result import Arm, Race
from report.text.formats import duration

PANEL = 1.4  # inches
BAR = 0.8  # of the room that a request has


def timeline_of(answer: Any) -> list[tuple[float, float]]:
    """The times in an answer; empty where it has none."""
    rows = answer.get("timeline") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        return []
    times = [(row[0], row[1]) for row in rows if isinstance(row, list) and len(row) == 2
             and all(isinstance(time, (int, float)) for time in row)]
    return times if len(times) == len(rows) else []


def timelines(race: Race) -> list[Arm]:
    """The arms that have one, the baseline once."""
    return [arm for arm in race.arms
            if arm.ok and arm.role != "baseline again" and timeline_of(arm.answer)]


def draw(race: Race, path: Path) -> None:
    """Writes the figure. Requires an arm with a timeline."""
    arms = timelines(race)
    figure = style.sheet(PANEL * len(arms) + 0.6)
    grid = figure.subplots(len(arms), 1, sharex=True, squeeze=False)[:, 0]
    for axes, arm in zip(grid, arms):
        times = timeline_of(arm.answer)
        begin = min(start for start, _ in times)
        axes.barh(range(len(times)), [1e3 * (end - start) for start, end in times],
                  left=[1e3 * (start - begin) for start, _ in times], height=BAR,
                  color=style.BEST, linewidth=0)
        last = max(end for _, end in times) - begin
        axes.set_title(f"{style.brief(arm.label)}: {len(times)} {arm.unit} in {duration(last)}")
        axes.set_ylim(len(times) - 0.4, -0.6)
        axes.set_yticks([])
        axes.grid(True, axis="x")
        axes.spines["left"].set_visible(False)
    grid[-1].set_xlabel("ms since the first request began, as the server saw it")
    style.save(figure, path, race.question)
