"""How quiet the machine was: each baseline and its second part over the rounds."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

from matplotlib.ticker import FuncFormatter, MaxNLocator

from report.figures import style
from report.tables.trust import GateOf
from report.text.formats import percent, ratio_with_interval

STRIP = 0.62  # inches a race
EDGE = 3.0  # margins from the median; a point beyond stands on the edge


def strips_of(gates: Sequence[GateOf]) -> list[GateOf]:
    """One gate a race: the one that strays farthest."""
    worst: dict[str, GateOf] = {}
    for one in gates:
        name = one.race.name
        if name not in worst or one.leaves_one_by > worst[name].leaves_one_by:
            worst[name] = one
    return list(worst.values())


def draw(gates: Sequence[GateOf], path: Path) -> None:
    """Writes the figure. Requires a gate."""
    strips = strips_of(gates)
    figure = style.sheet(STRIP * len(strips) + 0.7)
    grid = figure.subplots(len(strips), 1, squeeze=False, sharex=True)[:, 0]
    for axes, one in zip(grid, strips):
        arms = one.race.arms[one.gate.baseline], one.race.arms[one.gate.again]
        middle = statistics.median(arms[0].seconds + arms[1].seconds)
        margin = _margin(one)
        edge = EDGE * margin
        for arm, marker in zip(arms, ("o", "D")):
            off = [max(-edge, min(edge, value / middle - 1)) for value in arm.seconds]
            axes.plot(range(1, len(off) + 1), off, marker, markersize=3, color=style.BEST,
                      markerfacecolor=style.BEST if marker == "o" else style.PAPER, clip_on=False)
        axes.axhspan(-margin, margin, color=style.BAND, linewidth=0, zorder=0)
        axes.set_ylim(-edge, edge)
        axes.set_yticks([-margin, margin])
        axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v * 100:+.0f} %"))
        axes.set_ylabel(style.brief(one.race.name), rotation=0, ha="right", va="center")
        words = ratio_with_interval(one.gate.speedup, 3) + ("" if one.gate.ok else f"\n{_bias(one)}")
        axes.annotate(words, (1, 0.5), (8, 0), xycoords="axes fraction", va="center", fontsize=8,
                      textcoords="offset points", annotation_clip=False,
                      color=style.INK if one.gate.ok else style.ALARM)
    grid[0].set_title(f"time against its median; band: ±{percent(_margin(strips[0]))}; "
                      "filled: baseline, hollow: again; right: one against the other",
                      weight="normal", fontsize=8, color=style.MUTED)
    grid[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
    grid[-1].set_xlabel("round")
    style.save(figure, path, "How quiet the machine was")


def _margin(one: GateOf) -> float:
    """The band's half-width: what decided, or what a difference must exceed to be worth a choice."""
    return one.race.margin if one.race.gate_margin is None else one.race.gate_margin


def _bias(one: GateOf) -> str:
    """What became of the case."""
    return "no verdict" if one.race.gate_margin is not None else (
        f"intervals ±{percent(one.widened_by, 1)}")
