"""Efficiency over workers, a line a series; beside it what was planned for ranks against what they took."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from report.figures import style
from report.load.race_result import Race
from report.load.scaling_results import Plan

HEIGHT = 3.6  # inches
DECADE = 10.0  # times further apart than this have labels on a logarithmic axis
APART = 1.015  # factor between the points of two series at one number of workers


def draw(race: Race, plan: Plan | None, path: Path) -> None:
    """Writes the figure. Requires a race that tells how it scales."""
    assert race.scaling
    checked = plan.checked if plan else []
    figure = style.sheet(HEIGHT)
    panels = figure.subplots(1, 2 if checked else 1, squeeze=False)[0]
    _efficiencies(panels[0], race)
    if checked:
        axes = panels[1]
        ranks = [one.ranks for one in checked]
        times = [time for one in checked for time in (one.seconds, *one.measured)]
        if is_wide := max(times) > DECADE * min(times):
            axes.set_yscale("log")
        _workers_on(axes, ranks)
        axes.plot(ranks, [one.seconds for one in checked], color=style.BEST, linestyle=(0, (4, 3)),
                  linewidth=1.2, label="planned")
        for one in checked:
            axes.plot([one.ranks, one.ranks], [min(one.measured), max(one.measured)], color=style.ALARM,
                      linewidth=1.4)
        axes.plot(ranks, [one.measured_median for one in checked], "o", color=style.ALARM, markersize=4.5,
                  label="measured")
        style.durations_on(axes.yaxis)
        if not is_wide:
            axes.set_ylim(bottom=0)
        axes.grid(True, axis="y")
        axes.set_xlabel("ranks")
        axes.set_title("time of a run: plan and measurement", fontsize=8)
        axes.legend(frameon=False, fontsize=7)
    style.save(figure, path, race.question)


def _efficiencies(axes: Axes, race: Race) -> None:
    assert race.scaling
    axes.axhline(1, color=style.MUTED, linewidth=0.9)
    counts = sorted({point.workers for series in race.scaling.series for point in series.points})
    for place, series in enumerate(race.scaling.series):
        colour = style.SERIES[place % len(style.SERIES)]
        marker = style.MARKERS[place % len(style.MARKERS)]
        shift = APART ** (place - (len(race.scaling.series) - 1) / 2)
        workers = [1, *(shift * point.workers for point in series.points)]
        axes.plot(workers, [1.0, *(point.efficiency.ratio for point in series.points)], color=colour,
                  linestyle="-" if series.mode == "strong" else (0, (4, 3)), linewidth=1.1,
                  label=style.brief(series.label))
        for point in series.points:
            low, high = point.efficiency.low, point.efficiency.high
            if low is not None and high is not None:
                axes.plot([shift * point.workers] * 2, [low, high], color=colour, linewidth=1.0)
            axes.plot([shift * point.workers], [point.efficiency.ratio], marker, color=colour, markersize=4.5,
                      markerfacecolor=colour if point.within_cores else style.PAPER)
    _workers_on(axes, [1, *counts])
    axes.set_ylim(bottom=0)
    axes.grid(True, axis="y")
    axes.set_xlabel("workers")
    axes.set_title("efficiency; hollow: beyond the cores", fontsize=8)
    axes.legend(frameon=False, fontsize=6)


def _workers_on(axes: Axes, counts: list[int]) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(counts))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
