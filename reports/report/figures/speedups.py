"""Speed-up per arm as dots with their intervals, sorted, a panel for each case and worker count."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from report.figures import style
from report.load.race_result import WITHHELD, Arm, Race
from report.tables.grid import Choice
from report.tables.names import case_of, ideal_speedup, names_in, raced
from report.text.formats import percent, plural, ratio_with_interval

WIDEST_LINEAR = 12.0  # largest over smallest speed-up that a linear axis still shows
STATUS_ROOM = 0.3  # inches below a panel for ticks


class Panel:
    """Arms of one case on one worker count."""

    def __init__(self, choice: Choice, arms: list[Arm]) -> None:
        self.choice = choice
        self.timed = sorted((arm for arm in arms if arm.comparison),
                            key=lambda arm: arm.speedup.ratio, reverse=True)
        self.failed = [arm for arm in arms if not arm.ok]
        self.title = case_of(choice.race, arms)
        self.names = names_in(arms)
        self.ideal = ideal_speedup(choice.race, self.timed) if self.timed else None

    @property
    def rows(self) -> int:
        return len(self.timed) + len(self.failed)

    def status(self, arm: Arm) -> str:
        """How an arm stands to the fastest of its case, in few words."""
        choice = self.choice
        if choice.withheld:
            return choice.withheld
        fastest, fast, slower = (("fastest", "fast", "slower") if choice.race.metric == "seconds" else
                                 ("lowest", "low", "higher"))
        if choice.best and arm.index == choice.best.index:
            return fastest
        within = percent(choice.race.margin)
        for arms, words in ((choice.equivalent, f"as {fast} within {within}"),
                            (choice.unresolved, "not told apart"),
                            (choice.barely, f"{slower}, perhaps < {within}")):
            if arm in arms:
                return words
        return ""


def panels_of(race: Race, choices: list[Choice]) -> list[Panel]:
    """Panels by case, most workers first."""
    panels = []
    for choice in choices:
        arms = raced([arm for arm in race.shown if arm.index in choice.names])
        for workers in sorted({arm.workers for arm in arms}, reverse=True):
            panels.append(Panel(choice, [arm for arm in arms if arm.workers == workers]))
    return [panel for panel in panels if panel.rows]


def draw(race: Race, choices: list[Choice], path: Path) -> None:
    """Writes the figure. Requires an arm with a comparison."""
    panels = panels_of(race, choices)
    heights = [panel.rows * style.ROW + STATUS_ROOM for panel in panels]
    figure = style.sheet(sum(heights) + 0.3 * len(panels) + 0.5)
    grid = figure.subplots(len(panels), 1, sharex=True, squeeze=False,
                           gridspec_kw={"height_ratios": heights})[:, 0]
    values = [end for panel in panels for arm in panel.timed for end in _ends(arm)]
    values += [panel.ideal for panel in panels if panel.ideal]
    low, high = min(values + [1.0]), max(values + [1.0])
    logarithmic = high / low > WIDEST_LINEAR
    room = (high / low) ** 0.05 if logarithmic else 0.05 * (high - low)
    for axes, panel in zip(grid, panels):
        if logarithmic:
            axes.set_xscale("log")
            axes.set_xlim(low / room, high * room)
        else:
            axes.set_xlim(low - room, high + room)
        _draw_panel(axes, panel, titled=len(panels) > 1)
    bases = {race.arms[arm.baseline].label for panel in panels for arm in panel.timed}
    base = style.brief(bases.pop()) if len(bases) == 1 else "the baseline at 1"
    quantity = "time" if race.metric == "seconds" else race.metric
    grid[-1].set_xlabel(f"{race.ratio_name} over {base} (its {quantity} / the arm's), "
                        f"with {percent(1 - race.alpha)} interval")
    if logarithmic:
        style.decades_on(grid[-1].xaxis, low, high)
    grid[-1].xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    style.save(figure, path, race.question)


def _ends(arm: Arm) -> list[float]:
    speedup = arm.speedup
    return [end for end in (speedup.low, speedup.ratio, speedup.high) if end is not None]


def _draw_panel(axes: Axes, panel: Panel, titled: bool) -> None:
    axes.set_ylim(panel.rows - 0.4, -0.6)
    axes.set_yticks(range(panel.rows))
    axes.set_yticklabels([style.brief(panel.names[arm.index])
                          for arm in panel.timed + panel.failed])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(True, axis="x")
    if titled:
        axes.set_title(style.brief(panel.title), pad=12)
    _draw_marks(axes, panel)
    for row, arm in enumerate(panel.timed):
        _draw_arm(axes, row, arm, panel.status(arm))
    for row, arm in enumerate(panel.failed, start=len(panel.timed)):
        axes.text(0.01, row, style.brief(f"failed: {arm.cause}"), transform=axes.get_yaxis_transform(),
                  color=style.ALARM, va="center", fontsize=8)


def _draw_marks(axes: Axes, panel: Panel) -> None:
    """The baseline, the ideal, and the band in which a difference is not worth a choice."""
    best, margin = panel.choice.best, 1 + panel.choice.race.margin
    if best in panel.timed and not panel.choice.withheld:
        fastest = best.speedup.ratio
        axes.axvspan(fastest / margin, fastest * margin, color=style.BAND, zorder=0, linewidth=0)
    top = {"transform": axes.get_xaxis_transform(), "va": "bottom", "fontsize": 7.5}
    axes.axvline(1, color=style.INK, linewidth=0.9)
    if panel.timed:
        base = panel.choice.race.arms[panel.timed[0].baseline]
        axes.text(1, 1.0, style.brief(base.label), ha="center", color=style.INK, **top)
    if panel.ideal and panel.ideal > 1:
        axes.axvline(panel.ideal, color=style.MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
        axes.text(panel.ideal, 1.0, f"ideal on {plural(panel.ideal, 'core')}", ha="center",
                  color=style.MUTED, **top)


def _draw_arm(axes: Axes, row: int, arm: Arm, status: str) -> None:
    speedup = arm.speedup
    tied = bool(status) and not status.startswith(("slower", "higher", *WITHHELD))
    colour = style.BEST if tied else style.MUTED
    hollow = status in ("not told apart", *WITHHELD)
    left, right = axes.get_xlim()
    axes.plot([speedup.low or left, speedup.high or right], [row, row], color=colour,
              linewidth=1.6, solid_capstyle="butt")
    axes.plot([speedup.ratio], [row], "o", color=colour, markersize=5.5, markeredgewidth=1.3,
              markerfacecolor=style.PAPER if hollow else colour)
    beside = {"xycoords": axes.get_yaxis_transform(), "textcoords": "offset points",
              "va": "center", "fontsize": 8, "annotation_clip": False}
    axes.annotate(ratio_with_interval(speedup), (1, row), (8, 0), **beside,
                  weight="bold" if status in ("fastest", "lowest") else "normal", color=style.INK)
    axes.annotate(status, (1, row), (108, 0), **beside, color=colour)
