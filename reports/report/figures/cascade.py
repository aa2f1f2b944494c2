"""Cascade: what each backend keeps of the fastest's speed, its loops from its best to its worst."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from report.answer.regret import TOLERATED, Regret
from report.figures import style
from report.text.formats import percent

HEIGHT = 3.2  # inches
LINE_OF_LABELS = 0.135  # inches between the names at the ends of lines


def draw(regrets: Sequence[Regret], looks: style.Looks, path: Path) -> None:
    """Writes the figure. Requires a backend."""
    figure = style.sheet(HEIGHT)
    axes = figure.subplots()
    loops = len(regrets[0].losses) + len(regrets[0].absent) + len(regrets[0].failed)
    axes.axhline(1 - TOLERATED, color=style.MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
    ends = [(1 - TOLERATED, f"{percent(TOLERATED)} lost", style.MUTED)]
    ends += [_draw_line(axes, one, looks, loops) for one in regrets]
    axes.set_xlim(0.8, loops + 0.2)
    axes.set_ylim(0, 1.04)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(True, axis="y")
    axes.set_xlabel("loops, those of each backend from its best to its worst; hollow: not decided")
    axes.set_ylabel("speed against the fastest")
    figure.draw_without_rendering()
    style.label_ends(axes, ends, LINE_OF_LABELS)
    style.save(figure, path, "What each backend keeps of the fastest's speed, from its best loop on")


def _draw_line(axes: Axes, regret: Regret, looks: style.Looks, loops: int) -> tuple[float, str, str]:
    """A line from the best loop to the worst; its end, name and colour."""
    colour, marker = next((look[0], look[2]) for (backend, _), look in looks.items()
                          if backend == regret.backend)
    losses = sorted(regret.losses, key=lambda one: one[1].ratio)
    heights = [1 - loss.ratio for _, loss in losses]
    axes.plot(range(1, len(heights) + 1), heights, color=colour, linewidth=1.3)
    for place, (loop, loss) in enumerate(losses):
        decided = loop.cells[regret.backend].decided
        axes.plot([place + 1], [1 - loss.ratio], marker, color=colour, markersize=4,
                  markerfacecolor=colour if decided else style.PAPER)
    few = f" ({len(heights)} of {loops})" if len(heights) < loops else ""
    return heights[-1], regret.backend + few, colour
