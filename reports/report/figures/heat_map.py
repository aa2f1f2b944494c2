"""Loops by backends: each cell the speed against the fastest of its row, hatched where not decided."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from report.answer.loops import Cell, Loop, backends_of
from report.figures import style
from report.text.formats import percent, ratio

ROW = 0.25  # inches
HEAD = 0.85  # inches for the names of backends, the legend and the margins
STEPS = (0.5, 0.75, 0.9)  # speeds at which the colour changes, besides that within the margin of 1
HATCH = "////"
SHORT = 10  # letters of a cell that fit at full size


def draw(loops: Sequence[Loop], path: Path) -> None:
    """Writes the figure. Requires a loop."""
    backends = backends_of(loops)
    figure = style.sheet(ROW * len(loops) + HEAD)
    axes = figure.subplots()
    for row, loop in enumerate(loops):
        for column, backend in enumerate(backends):
            _draw_cell(axes, (column, row), loop, backend)
    axes.set_xlim(0, len(backends))
    axes.set_ylim(len(loops), 0)
    axes.set_xticks([column + 0.5 for column in range(len(backends))])
    axes.set_xticklabels([style.brief(name) for name in backends])
    axes.set_yticks([row + 0.5 for row in range(len(loops))])
    axes.set_yticklabels([style.brief(loop.name) for loop in loops], fontsize=8)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    _legend(axes, loops[0].choice.race.margin)
    style.save(figure, path, "Speed of every backend against the fastest of each loop")


def colour_of(speed: float, margin: float) -> str:
    """The step of the scale for a speed against the fastest."""
    steps = (*STEPS, 1 / (1 + margin))
    return style.HEAT[sum(speed >= step for step in steps)]


def cell_words(loop: Loop, cell: Cell) -> str:
    """The number, and the schedule and workers where the backend or row has several."""
    if cell.speed is None:
        return "failed" if cell.arm is None else "no time"
    assert cell.arm
    most = max(arm.workers for arm in loop.choice.arms)
    own = [arm for arm in loop.choice.arms if arm.backend == cell.arm.backend]
    words = [ratio(cell.speed.ratio)]
    if len({arm.schedule for arm in own}) > 1:
        words.append(cell.arm.schedule)
    if own and cell.arm.role == "arm" and cell.arm.workers != most:
        words.append(f"x{cell.arm.workers}")
    return " ".join(words)


def _draw_cell(axes: Axes, place: tuple[int, int], loop: Loop, backend: str) -> None:
    cell = loop.cells.get(backend)
    if cell is None:
        return
    fill, ink = style.PAPER, style.MUTED
    if cell.speed:
        fill = colour_of(cell.speed.ratio, loop.choice.race.margin)
        ink = style.PAPER if fill == style.HEAT[-1] else style.INK
    hatch = HATCH if cell.ran and not cell.decided else None
    axes.add_patch(Rectangle(place, 1, 1, facecolor=fill, edgecolor=style.MUTED if hatch else
                             style.PAPER, hatch=hatch, linewidth=0))
    axes.add_patch(Rectangle(place, 1, 1, fill=False, edgecolor=style.PAPER, linewidth=1.5))
    bold = "bold" if backend == loop.best else "normal"
    words = cell_words(loop, cell)
    axes.text(place[0] + 0.5, place[1] + 0.52, words, ha="center", va="center",
              fontsize=7.5 if len(words) <= SHORT else 6.5, color=ink, weight=bold,
              bbox={"facecolor": fill, "edgecolor": "none", "pad": 1.2} if hatch else None)


def _legend(axes: Axes, margin: float) -> None:
    steps = (f"within {percent(margin)} of the fastest", *(f"≥ {ratio(step)}" for step in
                                                            reversed(STEPS)), f"< {ratio(STEPS[0])}")
    patches = [Patch(facecolor=colour, edgecolor=style.FAINT, linewidth=0.5, label=label)
               for colour, label in zip(reversed(style.HEAT), steps)]
    patches.append(Patch(facecolor=style.PAPER, edgecolor=style.MUTED, hatch=HATCH, linewidth=0,
                         label="not decided"))
    axes.legend(handles=patches, loc="upper center", bbox_to_anchor=(0.36, -0.02), ncols=len(patches),
                frameon=False, fontsize=7.5, handlelength=1.2, handletextpad=0.4, columnspacing=1.0)
