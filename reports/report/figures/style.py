"""One look for all figures, and bytes that depend on the data only.

The background is opaque, because a page may be light or dark; text is drawn as outlines, because a
viewer's fonts are not ours. Colours are those of Okabe and Ito, told apart by colour-blind readers;
names stand beside what they name.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from report.text.formats import duration

PAPER, INK, MUTED, FAINT = "#ffffff", "#1f2328", "#59636e", "#d0d7de"
BEST, ALARM, BAND = "#0072b2", "#d55e00", "#e3eef7"
SERIES = ("#0072b2", "#d55e00", "#009e73", "#b8569b", "#e69f00", "#56b4e9", "#7a5c1e", "#1f2328")
DASHES = ("-", (0, (5, 1.5)), (0, (1.5, 1.5)), (0, (6, 1.5, 1.5, 1.5)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
# From the least to the most: where a number stands on one, INK fits all but the last, PAPER that.
HEAT = ("#f4f6f8", "#dce9f6", "#b5d3ee", "#84b6e0", "#0b5394")
WIDTH = 8.4  # inches: what a page of text takes
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # a label may hold them
LONGEST_NAME = 80  # letters: half of a figure's width
ROW = 0.235  # inches a line of text needs


@contextmanager
def plain_style() -> Iterator[None]:
    """Matplotlib's own defaults and ours, whatever the user's matplotlibrc says."""
    ours = {
        "svg.hashsalt": "parlab", "svg.fonttype": "path", "font.family": "DejaVu Sans",
        "font.size": 9, "axes.titlesize": 9, "axes.labelsize": 9, "axes.titleweight": "bold",
        "axes.titlelocation": "left", "axes.edgecolor": MUTED, "axes.labelcolor": INK,
        "axes.linewidth": 0.8, "axes.spines.top": False, "axes.spines.right": False,
        "axes.axisbelow": True, "text.color": INK, "xtick.color": MUTED, "ytick.color": MUTED,
        "xtick.labelcolor": INK, "ytick.labelcolor": INK, "figure.facecolor": PAPER,
        "axes.facecolor": PAPER, "savefig.facecolor": PAPER, "savefig.transparent": False,
        "text.parse_math": False,  # names of files and arms are no formulas
        "grid.color": FAINT, "grid.linewidth": 0.6, "lines.solid_capstyle": "round"}
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a box stands for it
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(ours)
        yield


def brief(name: str) -> str:
    """A name as a figure has room for it."""
    words = " ".join(name.split())
    return words if len(words) <= LONGEST_NAME else words[:LONGEST_NAME - 1] + "…"


def sheet(height: float) -> Figure:
    """An empty figure of the page's width; height in inches."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.06)
    return figure


def save(figure: Figure, path: Path, title: str) -> None:
    """Writes the SVG without a date, so that equal data give equal bytes."""
    text = io.StringIO()
    # savefig() would draw it twice, the first time for sizes that nobody asks for here.
    FigureCanvasSVG(figure).print_svg(
        text, metadata={"Date": None, "Creator": "parlab", "Title": title})
    path.write_text(NOT_IN_XML.sub("\ufffd", text.getvalue()), encoding="utf-8")


Looks = dict[tuple[str, str], tuple[str, object, str]]


def looks(names: Iterable[tuple[str, str]]) -> Looks:
    """Colour, dashes and marker of each (backend, schedule): dashes tell schedules."""
    backends: dict[str, list[str]] = {}
    for backend, schedule in names:
        schedules = backends.setdefault(backend, [])
        if schedule not in schedules:
            schedules.append(schedule)
    return {(backend, schedule): (SERIES[i % len(SERIES)], DASHES[j % len(DASHES)],
                                  MARKERS[(i + i // len(SERIES)) % len(MARKERS)])
            for i, backend in enumerate(sorted(backends))
            for j, schedule in enumerate(backends[backend])}


def label_ends(axes: Axes, ends: Sequence[tuple[float, str, str]], gap: float) -> None:
    """Names at the right end of lines, moved apart by at least a gap in inches."""
    height = axes.get_position().height * axes.figure.get_figheight()
    to_axes = axes.transData + axes.transAxes.inverted()
    x = axes.get_xlim()[1]
    places = [float(to_axes.transform((x, y))[1]) for y, _, _ in ends]
    for (_, text, colour), old, new in zip(ends, places, spread(places, gap / height)):
        axes.annotate(brief(text), xy=(1.0, old), xytext=(1.045, new), xycoords="axes fraction",
                      textcoords="axes fraction", color=colour, va="center", fontsize=8,
                      annotation_clip=False,
                      arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.5,
                                  "shrinkA": 0, "shrinkB": 1, "relpos": (0, 0.5)})


def spread(places: Sequence[float], gap: float) -> list[float]:
    """The places moved as little as it takes to lie at least a gap apart."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    blocks: list[list[float]] = []  # [sum of wished first places, members]
    for rank, i in enumerate(order):
        blocks.append([places[i], 1])
        while len(blocks) > 1 and (blocks[-2][0] / blocks[-2][1] + gap * blocks[-2][1]
                                   > blocks[-1][0] / blocks[-1][1]):
            total, members = blocks.pop()
            blocks[-1][0] += total - members * gap * blocks[-1][1]
            blocks[-1][1] += members
    moved, new = [0.0] * len(places), []
    for total, members in blocks:
        new += [total / members + gap * k for k in range(int(members))]
    for i, place in zip(order, new):
        moved[i] = place
    return moved


def decades_on(axis: matplotlib.axis.Axis, low: float, high: float) -> None:
    """Ticks of a logarithmic axis from low to high: 1, 2 and 5, or, where these would stand too close, 1 alone."""
    axis.set_major_locator(LogLocator(subs=(1,) if high > 300 * low else (1, 2, 5)))
    axis.set_minor_formatter(NullFormatter())


def durations_on(axis: matplotlib.axis.Axis) -> None:
    """Ticks of a logarithmic axis as 1 µs, 10 µs, 1 ms."""
    axis.set_major_formatter(FuncFormatter(
        lambda value, _: duration(value).replace(".00 ", " ").replace(".0 ", " ")))
    axis.set_minor_locator(NullLocator())
