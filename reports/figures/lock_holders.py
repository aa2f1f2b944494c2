"""Who held CPython's lock when: a strip a worker, a column a number of cores.

Read from the metrics span_0_worker, span_0_kind, span_0_begin_seconds, span_0_end_seconds, ... of a
result file. Kinds: 1 holds the lock, 2 computes without it, 3 a message waits to be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from figures import style
from race import Arm, Race

HOLDS, FREE, WAITS = 1, 2, 3
COLOURS = {HOLDS: style.BEST, FREE: "#009e73", WAITS: style.ALARM}
WORDS = {HOLDS: "computes, holds the lock", FREE: "computes without the lock",
         WAITS: "a message waits until its thread gets the lock"}
LONGEST = 0.06  # seconds shown
STRIP = 0.17  # inches a worker
LEAST_DRAWN = 2.5e-4  # seconds: what is shorter is drawn as long, to be seen at all


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
    cores = sorted({arm.parameters.get("cores", 0) for arm in arms})
    ways = list(dict.fromkeys((arm.parameters.get("work", ""), arm.variant) for arm in arms))
    heights = [max(_workers(arm) for arm in arms if _way(arm) == way) * STRIP + 0.22 for way in ways]
    figure = style.sheet(sum(heights) + 1.1)
    grid = figure.subplots(len(ways), len(cores), sharex=True, squeeze=False,
                           gridspec_kw={"height_ratios": heights})
    longest = min(LONGEST, max(span.end for arm in arms for span in spans_of(arm)))
    for row, way in zip(grid, ways):
        for axes, count in zip(row, cores):
            found = [arm for arm in arms if _way(arm) == way and arm.parameters.get("cores", 0) == count]
            axes.set_xlim(0, 1e3 * longest)
            axes.set_yticks([])
            for side in ("left", "bottom"):
                axes.spines[side].set_visible(False)
            axes.tick_params(axis="x", length=0)
            if found:
                _draw_strips(axes, found[0])
        work, variant = way
        row[0].set_title(f"{variant}, bytecode" if work == "bytecode" else variant, weight="normal",
                         fontsize=8.5, pad=2)
    for axes, count in zip(grid[0], cores):
        axes.annotate(f"{count} core{'' if count == 1 else 's'}", (1, 1), (0, 4), ha="right",
                      xycoords="axes fraction", textcoords="offset points", weight="bold")
    for axes in grid[-1]:
        axes.set_xlabel("milliseconds")
        axes.spines["bottom"].set_visible(True)
    figure.legend(handles=[Patch(color=COLOURS[kind], label=WORDS[kind]) for kind in COLOURS],
                  loc="outside upper center", ncols=3, frameon=False, fontsize=8)
    style.save(figure, path, f"Who held the lock when: {race.question}")


def _way(arm: Arm) -> tuple[str, str]:
    return arm.parameters.get("work", ""), arm.variant


def _workers(arm: Arm) -> int:
    return 1 + max(span.worker for span in spans_of(arm))


def _draw_strips(axes: Axes, arm: Arm) -> None:
    """A strip a worker; the thread that reads messages is named, the others are numbered."""
    workers = _workers(arm)
    axes.set_ylim(workers - 0.45, -0.55)
    reads = {span.worker for span in spans_of(arm) if span.kind == WAITS}
    axes.set_yticks(range(workers), ["I/O" if worker in reads else f"{worker + 1}" if not reads else
                                     "computes" if arm.variant != "I/O alone" else ""
                                     for worker in range(workers)], fontsize=7)
    axes.tick_params(axis="y", length=0)
    for worker in range(workers):
        axes.axhline(worker, color=style.FAINT, linewidth=0.8, zorder=0)
    for span in spans_of(arm):
        wide = max(span.end - span.begin, LEAST_DRAWN)
        axes.barh(span.worker, 1e3 * wide, 0.72, left=1e3 * span.begin, color=COLOURS[span.kind],
                  edgecolor=style.PAPER, linewidth=0.3)
