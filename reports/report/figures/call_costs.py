"""What a call costs: one dot per arm at the nanoseconds of one call, the loop around it taken off.

For races whose size counts calls. The loop's part is the metric loop_seconds: the same loop without the
call, timed in the same process after each sample. It is drawn beside the call as a small grey dot.
"""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes

from report.figures import style
from report.load.race_result import Arm, Race
from report.tables.grid import Choice
from report.tables.names import names_in
from report.text.formats import duration, listing, quantity, ratio
from report.text.markdown_table import plain

PANEL_ROOM = 0.62  # inches above and below the rows of a panel
DECADES = 1.2  # an axis that shows less has too few numbers on it


def measures_calls(race: Race) -> bool:
    """Whether there is a call's cost to draw."""
    return any(map(_is_drawn, race.shown)) and all(arm.unit == "calls" for arm in race.shown)


def loop_of(arm: Arm) -> float:
    """Median seconds that the loop takes for a call; 0 where that is not known, as in C++."""
    return arm.metric("loop_seconds") or 0.0


def call_of(arm: Arm, seconds: float | None = None) -> float:
    """Seconds of one call without its loop, of a run's seconds or else of the median run."""
    taken = arm.median if seconds is None else seconds
    assert taken is not None
    return max(taken / arm.size - loop_of(arm), 1e-10)


def call_words(choice: Choice) -> str:
    """One call by each arm, the cheapest first, in Markdown."""
    arms = sorted((arm for arm in choice.race.groups[choice.arms[0].group] if _is_drawn(arm)), key=call_of)
    words = [f"{plain(choice.name(arm))} {duration(call_of(arm))}" for arm in arms]
    return f"{plain(choice.case)}: one call takes {listing(words)}, without the loop around it."


def draw(race: Race, path: Path) -> None:
    """Writes the figure. Requires measures_calls."""
    panels = [sorted(filter(_is_drawn, arms), key=call_of) for arms in race.groups.values()]
    panels = [arms for arms in panels if arms]
    heights = [len(arms) * style.ROW + PANEL_ROOM for arms in panels]
    figure = style.sheet(sum(heights) + 0.35)
    grid = figure.subplots(len(panels), 1, squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
    for axes, arms in zip(grid, panels):
        _draw_panel(axes, arms, names_in(arms))
    grid[-1].set_xlabel("one call, from the fastest round to the slowest; grey: the loop around it, "
                        "taken off")
    style.save(figure, path, f"What one call costs: {race.question}")


def _is_drawn(arm: Arm) -> bool:
    return arm.ok and bool(arm.median) and arm.size > 0


def _draw_panel(axes: Axes, arms: list[Arm], names: dict[int, str]) -> None:
    kinds = [str(value) for value in arms[0].parameters.values()]
    axes.set_title(f"{', '.join(kinds)}, {quantity(arms[0].size)} calls a run".lstrip(", "))
    axes.set_ylim(len(arms) - 0.4, -0.6)
    axes.set_yticks(range(len(arms)))
    axes.set_yticklabels([style.brief(names[arm.index]) for arm in arms])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(True, axis="x")
    axes.set_xscale("log")
    ends = [call_of(arm, seconds) for arm in arms for seconds in (min(arm.seconds), max(arm.seconds))]
    ends += [loop_of(arm) for arm in arms if loop_of(arm) > min(ends) / 10]
    low, high = min(ends) / 1.2, max(ends) * 1.2
    widen = max(1.0, (10**DECADES * low / high) ** 0.5)
    axes.set_xlim(low / widen, high * widen)
    style.durations_on(axes.xaxis)
    style.decades_on(axes.xaxis, low, high)
    for row, arm in enumerate(arms):
        colour = style.MUTED if arm.role == "baseline" else style.BEST
        axes.plot([call_of(arm, end) for end in (min(arm.seconds), max(arm.seconds))], [row, row],
                  color=colour, linewidth=1.6, solid_capstyle="butt")
        axes.plot([call_of(arm)], [row], "o", color=colour, markersize=5.5)
        if loop_of(arm) > low:
            axes.plot([loop_of(arm)], [row], "o", color=style.MUTED, markersize=3, alpha=0.6)
        beside = {"xycoords": axes.get_yaxis_transform(), "textcoords": "offset points", "va": "center",
                  "fontsize": 8, "annotation_clip": False, "color": style.INK}
        axes.annotate(duration(call_of(arm)), (1, row), (8, 0), **beside)
        # As the race told it: of paired rounds, loop and all.
        words = f"{ratio(1 / arm.speedup.ratio)}× the baseline's time" if arm.comparison else arm.role
        axes.annotate(words, (1, row), (62, 0), **beside)
