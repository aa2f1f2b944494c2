"""A race along its axis: one line per arm, one panel per worker count."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from report.figures import style
from report.load.race_result import Arm, Race, instead_of
from report.tables.axis import Axis, measures_chunks, sweep_axis
from report.tables.names import common, ideal_speedup, raced, series_in
from report.text.formats import percent, plural, quantity

Ends = list[tuple[float, str, str]]  # height, name and colour of a line at its right end

HEIGHT = 3.5  # inches
LINE_OF_LABELS = 0.135  # inches between the names at the ends of lines
ASIDE = 1.035  # from one series to the next, on the logarithmic axis
WIDE = 20  # factor between speed-ups from which a linear axis hides the small ones
MOST_TICKS = 9  # values of the axis that are all written out


def draw(race: Race, looks: style.Looks, path: Path) -> None:
    """Writes the figure. Requires a race with an axis."""
    axis = sweep_axis(race)
    assert axis is not None
    arms = [arm for arm in race.shown if arm.ok and (measures_chunks(race) or arm.comparison)]
    counts = sorted({arm.workers for arm in raced(arms)}) if axis.field != "workers" else []
    columns = [[arm for arm in arms if arm.workers == count or arm not in raced(arms)]
               for count in counts] or [arms]
    figure = style.sheet(HEIGHT)
    grid = figure.subplots(1, len(columns), sharey=True, squeeze=False)[0]
    ends = []
    for axes, column in zip(grid, columns):
        axes.set_xscale("log")
        axes.grid(True, axis="y")
        axes.set_xlabel(axis.name)
        if len(columns) > 1:
            axes.set_title(plural(raced(column)[0].workers, "worker"))
        ends.append(_draw_times(axes, column, axis, looks) if measures_chunks(race)
                    else _draw_speedups(axes, race, column, axis, looks))
        _tick(axes, sorted({axis.value(arm) for arm in column}))
    grid[0].set_ylabel("time per run" if measures_chunks(race) else _speedup_label(race, arms))
    verdicts = [arm.comparison.verdict for arm in arms if arm.comparison]
    if instead := instead_of(verdicts):
        grid[-1].set_title(f"{instead}, no verdict", loc="right", color=style.ALARM, fontsize=8)
    # Names go beside the lines once the layout stands, then it is made again with room for them.
    figure.draw_without_rendering()
    for axes, names in zip(grid, ends):
        style.label_ends(axes, names, LINE_OF_LABELS)
    style.save(figure, path, race.question)


def _speedup_label(race: Race, arms: list[Arm]) -> str:
    bases = [race.arms[arm.comparison.other] for arm in raced(arms) if arm.comparison]
    ways = len({arm.compute for arm in arms}) == 1 and len({arm.variant for arm in arms}) > 1
    base = common([base.variant if ways else base.compute for base in bases])
    return f"{race.ratio_name} over {base or 'the baseline'}, {percent(1 - race.alpha)} interval"


def _draw_times(axes: Axes, arms: list[Arm], axis: Axis, looks: style.Looks) -> Ends:
    axes.set_yscale("log")
    style.durations_on(axes.yaxis)
    ends: Ends = []
    for name, series in series_in(arms, axis).items():
        colour, dashes, marker = looks[series[0].backend, series[0].schedule]
        axes.plot([axis.value(arm) for arm in series], [arm.median for arm in series], color=colour,
                  linestyle=dashes, marker=marker, markersize=3.5, linewidth=1.3)
        ends.append((series[-1].median or 0.0, name, colour))
    return ends


def _draw_speedups(axes: Axes, race: Race, arms: list[Arm], axis: Axis,
                   looks: style.Looks) -> Ends:
    arms = [arm for arm in arms if arm.comparison]
    ideal = ideal_speedup(race, arms)
    workers = common([arm.workers for arm in arms])
    teeth = axis.field == "chunks" and bool(ideal) and workers is not None
    ends: Ends = []
    axes.axhline(1, color=style.INK, linewidth=0.9)
    if teeth:
        _draw_even_chunks(axes, arms, workers, ends)
    elif ideal:
        axes.axhline(ideal, color=style.MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
        ends.append((ideal, f"ideal on {plural(ideal, 'core')}", style.MUTED))
    all_series = series_in(arms, axis)
    same_backend = len({series[0].compute for series in all_series.values()}) < len(all_series)
    for place, (name, series) in enumerate(all_series.items()):
        colour, _, marker = looks[series[0].backend, series[0].schedule]
        if same_backend:
            colour, marker = style.SERIES[place % 8], style.MARKERS[place % 8]
        # Intervals at one value of the axis stand side by side.
        aside = ASIDE ** (place - (len(all_series) - 1) / 2) if len(all_series) > 2 else 1.0
        x = [axis.value(arm) * aside for arm in series]
        y = [arm.speedup.ratio for arm in series]
        axes.plot(x, y, color=colour, linewidth=1.2)
        for arm, at, value in zip(series, x, y):
            speedup = arm.speedup
            if speedup.low is not None and speedup.high is not None:
                axes.plot([at, at], [speedup.low, speedup.high], color=colour, linewidth=1)
            even = not teeth or arm.chunks % workers == 0
            axes.plot([at], [value], marker, color=colour, markersize=4.5,
                      markerfacecolor=colour if even else style.PAPER)
        ends.append((y[-1], name, colour))
    heights = [arm.speedup.ratio for arm in arms]
    if max(heights) > WIDE * min(heights):
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    else:
        axes.set_ylim(bottom=0)
    if teeth:
        axes.set_title(f"filled: chunks divide evenly over {workers} workers; hollow: they do not",
                       weight="normal", color=style.MUTED, fontsize=8, loc="left")
    return ends


def _draw_even_chunks(axes: Axes, arms: list[Arm], workers: int, ends: Ends) -> None:
    """What so many chunks of equal cost allow: c chunks take as long as ceil(c / w) of them."""
    most = max(arm.chunks for arm in arms)
    counts = sorted({min(most, round(2 ** (k / 24))) for k in range(24 * 40)}
                    | set(range(1, min(most, 64) + 1)) | {most})
    counts = [count for count in counts if count <= most]
    bound: Callable[[int], float] = lambda chunks: chunks / math.ceil(chunks / workers)
    axes.plot(counts, [bound(c) for c in counts], color=style.FAINT, linewidth=1.2, zorder=1)
    ends.append((bound(most), "if chunks cost the same", style.MUTED))


def _tick(axes: Axes, values: list[float]) -> None:
    """The values themselves where they are few, powers of ten else."""
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_locator(FixedLocator(values) if len(values) <= MOST_TICKS
                                 else LogLocator(base=2 if values[-1] < 1e4 else 10, numticks=99))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: quantity(value)))
