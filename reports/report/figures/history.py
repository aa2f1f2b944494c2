"""Ratios over the commits of one machine, a panel an arm, with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes

from report.figures import style
from report.load.history_results import Series

COLUMNS = 2
HEIGHT = 1.75  # inches a row of panels
MOST_LABELS = 6  # commits that have room below a panel


def draw(several: Sequence[Series], path: Path) -> None:
    """Writes the figure. Requires a series."""
    rows = -(-len(several) // COLUMNS)
    figure = style.sheet(HEIGHT * rows + 0.3)
    panels = figure.subplots(rows, COLUMNS, squeeze=False)
    for axes, series in zip(panels.flat, several):
        _draw_panel(axes, series)
    for axes in panels.flat[len(several):]:
        axes.set_visible(False)
    style.save(figure, path, "Ratios over commits with their intervals")


def _draw_panel(axes: Axes, series: Series) -> None:
    changed = {place for change in series.changes for place in (change.before, change.after)}
    axes.axhline(1, color=style.MUTED, linewidth=0.9)
    for place, point in enumerate(series.points):
        colour = style.ALARM if place in changed else style.BEST
        low, high = point.speedup.low, point.speedup.high
        if low is not None and high is not None:
            axes.plot([place, place], [low, high], color=colour, linewidth=1.4)
        decided = point.verdict not in ("not resolved", "too few rounds")
        axes.plot([place], [point.speedup.ratio], "o", color=colour, markersize=4,
                  markerfacecolor=colour if decided else style.PAPER)
    step = max(1, -(-len(series.points) // MOST_LABELS))
    places = range(0, len(series.points), step)
    axes.set_xticks(list(places), [series.points[place].commit_words for place in places], fontsize=6)
    axes.set_xlim(-0.5, len(series.points) - 0.5)
    axes.grid(True, axis="y")
    axes.set_title(style.brief(f"{series.experiment}: {series.label} against {series.baseline}"), fontsize=7)
