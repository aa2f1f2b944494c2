"""Who held CPython's lock when: one strip per worker, one row per method, one column per number of cores.

Read from the metrics span_0_worker, span_0_kind, span_0_begin_seconds, span_0_end_seconds, ... of a
result file. Kinds: 1 runs and holds the lock, 2 is in a call without it, 3 a message waits to be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from report.figures import style
from report.load.race_result import Arm, Race
from report.text.formats import duration, plural, ratio

HOLDS, FREE, WAITS = 1, 2, 3
COLOURS = {HOLDS: style.BEST, FREE: "#009e73", WAITS: style.ALARM}
WORDS = {HOLDS: "runs, holds the lock", FREE: "in C, has released it", WAITS: "a message waits"}
MOST_SHOWN = 0.06  # seconds
STRIP = 0.19  # inches a worker
TITLE = 0.27  # inches above the strips of a row
BLOCK = 0.85  # inches of a block besides its rows: its title, its ticks
HEAD = 0.34  # inches above it all, for legend and columns
LEAST_DRAWN = 0.004  # of the axis: what is shorter is drawn as long, to be seen at all


@dataclass(frozen=True)
class Span:
    """What one worker did for a while."""

    worker: int
    kind: int
    begin: float
    end: float


def spans_of(arm: Arm) -> list[Span]:
    """The trace of an arm, empty where it has none."""
    spans = []
    while f"span_{len(spans)}_kind" in arm.metrics:
        parts = [arm.metric(f"span_{len(spans)}_{part}")
                 for part in ("worker", "kind", "begin_seconds", "end_seconds")]
        if any(part is None for part in parts):
            break
        worker, kind, begin, end = (part or 0.0 for part in parts)
        spans.append(Span(int(worker), int(kind), begin, end))
    return spans


def draw(race: Race, path: Path) -> None:
    """Writes the figure. Requires an arm with a trace."""
    arms = [arm for arm in race.shown if arm.ok and spans_of(arm)]
    columns = list(dict.fromkeys(_cores(arm) for arm in arms))
    # Two blocks with an axis each: those that compute, and those that wait for messages.
    blocks = [block for block in ([arm for arm in arms if not arm.paced],
                                  [arm for arm in arms if arm.paced]) if block]
    rows = [list(dict.fromkeys(arm.variant for arm in block)) for block in blocks]
    heights = [sum(_height(block, way) for way in ways) + BLOCK for block, ways in zip(blocks, rows)]
    figure = style.sheet(sum(heights) + HEAD)
    head, *parts = figure.subfigures(1 + len(blocks), 1, height_ratios=[HEAD, *heights])
    for part, block, ways in zip(parts, blocks, rows):
        _draw_block(part, block, ways, columns)
    kinds = {span.kind for arm in arms for span in spans_of(arm)}
    head.legend(handles=[Patch(color=COLOURS[kind], label=WORDS[kind]) for kind in COLOURS
                         if kind in kinds]
                + [Line2D([], [], color=style.MUTED, linewidth=1.2, label="waits for lock or core")],
                loc="upper center", ncol=4, frameon=False, fontsize=8, handlelength=1.4)
    style.save(figure, path, f"Who held the lock when: {race.question}")


def _draw_block(part: Figure, arms: list[Arm], ways: list[str], columns: list[str]) -> None:
    """Ways of working that share an axis of time."""
    told = ("at the right what a message waited: median, longest" if arms[0].paced
            else "at the right the time of a run, and its speed against one thread's")
    words = plural(arms[0].size, arms[0].unit.removesuffix("s")) + ("" if arms[0].paced else " of work")
    part.suptitle(f"{words}; {told}", x=0.012, ha="left",
                  fontsize=8.5, color=style.MUTED)
    grid = part.subplots(len(ways), len(columns), sharex=True, squeeze=False,
                         gridspec_kw={"height_ratios": [_height(arms, way) for way in ways]})
    longest = min(MOST_SHOWN, 1.02 * max(span.end for arm in arms for span in spans_of(arm)))
    for row, way in zip(grid, ways):
        for axes, cores in zip(row, columns):
            axes.set_xlim(0, 1e3 * longest)
            axes.set_yticks([])
            axes.spines[["left", "bottom"]].set_visible(False)
            axes.tick_params(axis="x", length=0, labelbottom=False)
            axes.grid(True, axis="x")
            for arm in arms:
                if arm.variant == way and _cores(arm) == cores:
                    _draw_strips(axes, arm, longest)
        row[0].set_title(style.brief(way), weight="normal", fontsize=8.5, pad=3)
    for axes, cores in zip(grid[0], columns):
        axes.annotate(cores, (0.5, 1), (0, 17), ha="center", xycoords="axes fraction",
                      textcoords="offset points", weight="bold", fontsize=9.5)
    for axes in grid[-1]:
        axes.tick_params(axis="x", length=2, labelbottom=True, labelsize=8)
        axes.set_xlabel("milliseconds", fontsize=8, labelpad=1)
        axes.spines["bottom"].set_visible(True)


def _cores(arm: Arm) -> str:
    return str(arm.parameters.get("cores", ""))


def _workers(arm: Arm) -> list[int]:
    """Those of its trace, from top to bottom."""
    return sorted({span.worker for span in spans_of(arm)})


def _height(arms: list[Arm], way: str) -> float:
    return TITLE + STRIP * max(len(_workers(arm)) for arm in arms if arm.variant == way)


def _told(arm: Arm) -> str:
    """What all rounds say of the arm."""
    if arm.comparison:
        return f"{duration(arm.median or 0.0)}, {ratio(arm.speedup.ratio)}×"
    median, worst = arm.metric("delay_median_seconds"), arm.most("delay_worst_seconds")
    if median is None or worst is None:
        return duration(arm.median or 0.0)
    return f"{duration(median)}, {duration(worst)}"


def _draw_strips(axes: Axes, arm: Arm, longest: float) -> None:
    """A strip a worker: a line from its first to its last span, on it what it did."""
    spans, workers = spans_of(arm), _workers(arm)
    axes.set_ylim(len(workers) - 0.45, -0.55)
    reads = {span.worker for span in spans if span.kind == WAITS}
    axes.set_yticks(range(len(workers)), [_name(arm, worker, reads) for worker in workers], fontsize=7)
    axes.tick_params(axis="y", length=0, pad=2)
    axes.set_title(_told(arm), loc="right", weight="normal", fontsize=7.5, pad=3, color=style.MUTED)
    for row, worker in enumerate(workers):
        own = [span for span in spans if span.worker == worker]
        if worker not in reads:
            axes.plot([1e3 * own[0].begin, 1e3 * max(span.end for span in own)], [row] * 2,
                      color=style.MUTED, linewidth=1.2, zorder=1, solid_capstyle="butt")
    for span in spans:
        wide = max(span.end - span.begin, LEAST_DRAWN * longest)
        axes.barh(workers.index(span.worker), 1e3 * wide, 0.72, left=1e3 * span.begin,
                  color=COLOURS[span.kind], edgecolor=style.PAPER, linewidth=0.4, zorder=2)


def _name(arm: Arm, worker: int, reads: set[int]) -> str:
    if worker in reads:
        return "reads"
    if arm.paced:
        return "computes"
    kind = "process" if "process" in arm.variant else "thread"
    return f"{kind} {worker + 1}"
