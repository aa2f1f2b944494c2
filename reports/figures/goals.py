"""How far each way lies beyond its goal, or short of it, as dots with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from against import BOUND, MET, MISSED, SCALING, Against
from figures import style
from formats import percent, ratio, ratio_with_interval
from race import Race

COLOURS = {MET: style.BEST, MISSED: style.ALARM}  # any other outcome is muted and hollow


def draw(race: Race, rows: Sequence[Against], path: Path) -> None:
    """Writes the figure. Requires a row with a goal."""
    rows = [row for row in rows if row.fact["goal"] is not None]
    figure = style.sheet(len(rows) * style.ROW + 0.9)
    axes = figure.subplots()
    axes.set_xscale("log")
    values = [end for row in rows for end in _beyond(row) if end]
    low, high = min([*values, 1.0]), max([*values, 1.0])
    room = (high / low) ** 0.05
    axes.set_xlim(low / room, high * room)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)))
    axes.set_yticklabels([style.brief(_name(row)) for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(True, axis="x")
    axes.axvline(1, color=style.INK, linewidth=0.9)
    axes.text(1, 1.0, "goal", ha="center", va="bottom", fontsize=7.5, color=style.INK,
              transform=axes.get_xaxis_transform())
    for place, row in enumerate(rows):
        _draw_row(axes, place, row)
    axes.set_xlabel(f"times the goal, with {percent(1 - race.alpha)} interval: right of the line "
                    "is better")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    style.save(figure, path, race.question)


def _name(row: Against) -> str:
    task = str(row.arm.parameters["task"])
    beside = "one worker" if row.fact["part"] == SCALING else row.arm.variant
    workers = row.own.parameters.get("workers", 1)
    return f"{task}{f' x{workers}' if workers > 1 else ''} / {beside}"


def _beyond(row: Against) -> tuple[float | None, float, float | None]:
    """Low end, ratio and high end as multiples of the goal; a time's are turned over."""
    told, goal = row.told, row.fact["goal"]
    if row.fact["part"] == BOUND:
        return (told.high and goal / told.high, goal / told.ratio, told.low and goal / told.low)
    return (told.low and told.low / goal, told.ratio / goal, told.high and told.high / goal)


def _draw_row(axes: Axes, place: int, row: Against) -> None:
    low, value, high = _beyond(row)
    colour = COLOURS.get(row.outcome, style.MUTED)
    left, right = axes.get_xlim()
    axes.plot([low or left, high or right], [place, place], color=colour, linewidth=1.6,
              solid_capstyle="butt")
    axes.plot([value], [place], "o", color=colour, markersize=5.5, markeredgewidth=1.3,
              markerfacecolor=colour if row.outcome in COLOURS else style.PAPER)
    beside = {"xycoords": axes.get_yaxis_transform(), "textcoords": "offset points",
              "va": "center", "fontsize": 8, "annotation_clip": False}
    sign = "≤" if row.fact["part"] == BOUND else "≥"
    axes.annotate(ratio_with_interval(row.told), (1, place), (8, 0), **beside, color=style.INK)
    axes.annotate(f"{sign} {ratio(row.fact['goal'])}", (1, place), (108, 0), **beside,
                  color=style.INK)
    axes.annotate(row.outcome, (1, place), (152, 0), **beside, color=colour)
