"""One race on several machines: every arm's ratio to its own machine's baseline, a mark per machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter

from report.figures import style
from report.load.race_result import Arm

ROOM = 0.62  # inches above and below the rows of a panel
SPREAD = 0.5  # of a row, over which the marks of its machines stand

Rows = Mapping[str, Sequence[Arm | None]]  # by label, an arm per machine


def draw(machines: Sequence[str], cases: Mapping[str, Rows], path: Path) -> None:
    """Writes the figure: a panel per case, a row per label. Requires a case with a row."""
    row = max(style.ROW, 0.09 * len(machines))  # inches
    heights = [row * len(rows) + ROOM for rows in cases.values()]
    head = 0.3 * (1 + (len(machines) - 1) // 4)  # inches for the legend
    figure = style.sheet(sum(heights) + 0.2 + head)
    top, body = figure.subfigures(2, 1, height_ratios=[head, sum(heights) + 0.2])
    marks = [Line2D([], [], color=_colour(i), marker=_marker(i), markersize=5, label=style.brief(name))
             for i, name in enumerate(machines)]
    top.legend(handles=marks, loc="center", ncols=4, frameon=False, fontsize=8)
    grid = body.subplots(len(cases), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
    for axes, (case, rows) in zip(grid, cases.items()):
        _panel(axes, case, rows)
    grid[-1].set_xlabel("baseline's time / arm's time, on the same machine; bars are 95 % intervals")
    style.save(figure, path, "Every arm against the baseline of its own machine")


def _panel(axes: Axes, case: str, rows: Rows) -> None:
    axes.set_title(style.brief(case))
    axes.set_xscale("log")
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), [style.brief(label) for label in rows])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(True, axis="x")
    axes.axvline(1, color=style.INK, linewidth=0.9)
    for place, arms in enumerate(rows.values()):
        for i, arm in enumerate(arms):
            if arm is None or not arm.ok or not arm.comparison:
                continue
            y = place + SPREAD * ((i + 0.5) / len(arms) - 0.5)
            speed = arm.speedup
            axes.plot([speed.ratio], [y], color=_colour(i), marker=_marker(i), markersize=4.5)
            if speed.low and speed.high:
                axes.plot([speed.low, speed.high], [y, y], color=_colour(i), linewidth=1.2)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _colour(machine: int) -> str:
    return style.SERIES[machine % len(style.SERIES)]


def _marker(machine: int) -> str:
    return style.MARKERS[(machine + machine // len(style.SERIES)) % len(style.MARKERS)]
