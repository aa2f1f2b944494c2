"""How much each worker computed: one row per arm, one bar per worker, an even share as the line at 1.

Read from the metrics worker_1_seconds, worker_2_seconds, ... of a result file, the busiest first.
"""

from __future__ import annotations

import re
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from report.figures import style
from report.load.race_result import Arm, Race
from report.tables.names import case_of, names_in

METRIC = re.compile(r"worker_(\d+)_seconds")
BAR = 0.38  # of a row, for two workers; more share what two take
PANEL_ROOM = 0.62  # inches above and below the rows of a panel
HEAD = 0.3  # inches for the legend
MUCH = 1.1  # of an even share: from here on a worker keeps others waiting for more than a tenth


def loads_of(arm: Arm) -> list[float]:
    """Median seconds that each worker computed, the busiest first; empty where none is known."""
    names = [name for name in arm.metrics if METRIC.fullmatch(name)]
    loads = [arm.metric(name) for name in sorted(names, key=lambda name: int(name.split("_")[1]))]
    return [load for load in loads if load is not None]


def has_loads(arm: Arm) -> bool:
    """Whether there is something to tell apart: two workers or more that computed."""
    return arm.ok and len(loads_of(arm)) > 1 and sum(loads_of(arm)) > 0


def over_even(arm: Arm) -> list[float]:
    """Loads as multiples of an even share. Requires has_loads."""
    loads = loads_of(arm)
    return [load * len(loads) / sum(loads) for load in loads]


def draw(race: Race, path: Path) -> None:
    """Writes the figure. Requires an arm that has loads."""
    panels = [(arms, [arm for arm in arms if has_loads(arm)]) for arms in race.groups.values()]
    panels = [(arms, sorted(loaded, key=lambda arm: over_even(arm)[0]))
              for arms, loaded in panels if loaded]
    heights = [len(loaded) * style.ROW + PANEL_ROOM for _, loaded in panels]
    figure = style.sheet(sum(heights) + 0.3 + HEAD)
    head, body = figure.subfigures(2, 1, height_ratios=[HEAD, sum(heights) + 0.3])
    colours = {"one worker": style.BEST,
               f"one that computed more than {MUCH:g} of an even share, while others waited": style.ALARM}
    head.legend(handles=[Patch(color=colour, label=words) for words, colour in colours.items()],
                loc="upper center", ncol=2, frameon=False, fontsize=8, handlelength=1.4)
    grid = body.subplots(len(panels), 1, sharex=True, squeeze=False,
                         gridspec_kw={"height_ratios": heights})[:, 0]
    most = max(over_even(arm)[0] for _, loaded in panels for arm in loaded)
    for axes, (arms, loaded) in zip(grid, panels):
        axes.set_xlim(0, 1.12 * max(most, 1.2))
        _draw_panel(axes, loaded, names_in(arms), case_of(race, arms))
    grid[-1].set_xlabel("time that a worker computed, as a multiple of an even share")
    style.save(figure, path, f"How much each worker computed: {race.question}")


def _draw_panel(axes: Axes, arms: list[Arm], names: dict[int, str], title: str) -> None:
    axes.set_title(title, pad=14)
    axes.set_ylim(len(arms) - 0.4, -0.6)
    axes.set_yticks(range(len(arms)))
    axes.set_yticklabels([style.brief(names[arm.index]) for arm in arms])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(True, axis="x")
    for row, arm in enumerate(arms):
        shares = over_even(arm)
        height = 2 * BAR / len(shares)
        for i, share in enumerate(shares):
            at = row - BAR + (i + 0.5) * height
            axes.barh(at, share, 0.85 * height, color=style.ALARM if share > MUCH else style.BEST)
        axes.annotate(f"busiest {shares[0]:.2f}×, least {shares[-1]:.2f}×", (1, row), (8, 0),
                      xycoords=axes.get_yaxis_transform(), textcoords="offset points", va="center",
                      fontsize=8, annotation_clip=False, color=style.INK)
    axes.axvline(1, color=style.INK, linewidth=0.9)
    axes.text(1, 1.0, "even", transform=axes.get_xaxis_transform(), ha="center", va="bottom",
              fontsize=7.5, color=style.INK)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
