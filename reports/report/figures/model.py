"""Time against a model along an axis: a line of the model, points of what was measured.

Drawn where each baseline is the variant "ideal", which does nothing but take the model's time.
"""

from __future__ import annotations

from pathlib import Path

from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from report.figures import style
from report.load.race_result import Arm, Race
from report.tables.axis import sweep_axis, varied_parameters
from report.text.formats import quantity

HEIGHT = 3.5  # inches
LINE_OF_LABELS = 0.135  # inches between the names at the ends of lines
IDEAL = "ideal"


def is_held_to_model(race: Race) -> bool:
    """Whether every arm is compared with the model, along an axis."""
    measured = [arm for arm in race.shown if arm.role == "arm"]
    return (bool(measured) and sweep_axis(race) is not None
            and all(arm.variant == IDEAL for arm in race.shown if arm.role != "arm"))


def draw(race: Race, path: Path) -> None:
    """Writes the figure. Requires a race that is compared with its model."""
    axis = sweep_axis(race)
    assert axis is not None
    others = [name for name in varied_parameters(race.shown) if name != axis.field]
    series: dict[tuple[str, ...], list[Arm]] = {}
    for arm in race.shown:
        if arm.median:
            names = (*(f"{name} {arm.parameters.get(name, '')}" for name in others), arm.variant)
            series.setdefault(names, []).append(arm)
    figure = style.sheet(HEIGHT)
    axes = figure.subplots()
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.grid(True, axis="y")
    style.durations_on(axes.yaxis)
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ends = []
    groups = list(dict.fromkeys(names[:-1] for names in series))
    for names, arms in series.items():
        colour = style.SERIES[groups.index(names[:-1]) % len(style.SERIES)]
        arms.sort(key=axis.value)
        x, y = [axis.value(arm) for arm in arms], [arm.median for arm in arms]
        if names[-1] == IDEAL:
            axes.plot(x, y, color=colour, linewidth=1.0, linestyle=(0, (4, 3)))
        else:
            axes.plot(x, y, style.MARKERS[0], color=colour, markersize=4.5)
        ends.append((y[-1], ", ".join(names), colour))
    values = sorted({axis.value(arm) for arm in race.shown})
    axes.xaxis.set_major_locator(FixedLocator(values))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: quantity(value)))
    axes.set_xlabel(axis.name.replace("_", " "))
    axes.set_ylabel("time per run")
    axes.set_title("dashed: the model; points: measured", weight="normal", color=style.MUTED,
                   fontsize=8)
    figure.draw_without_rendering()
    style.label_ends(axes, ends, LINE_OF_LABELS)
    style.save(figure, path, race.question)
