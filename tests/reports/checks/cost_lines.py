"""T(n) = start + each n of an arm, fitted once more: the normal equations in exact fractions."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from fractions import Fraction

import paired_statistics as stats

Times = Sequence[Sequence[float]]  # [size][round]
Location = tuple[float, stats.Interval]


def lines_of(sizes: Sequence[int], times: Times) -> list[tuple[float, float]]:
    """(start, each) of every round, weighted by the inverse square of each size's median time."""
    weights = [1 / Fraction(statistics.median(series)) ** 2 for series in times]
    w = sum(weights)
    wn = sum(k * n for k, n in zip(weights, sizes))
    wnn = sum(k * n * n for k, n in zip(weights, sizes))
    lines = []
    for round_ in zip(*times):
        wt = sum(k * Fraction(t) for k, t in zip(weights, round_))
        wnt = sum(k * n * Fraction(t) for k, n, t in zip(weights, sizes, round_))
        determinant = w * wnn - wn * wn
        lines.append((float((wnn * wt - wn * wnt) / determinant),
                      float((w * wnt - wn * wt) / determinant)))
    return lines


def located(sample: Sequence[float], rule: stats.Rule) -> Location:
    """Median and its interval; an end that is not finite is none."""
    ends = stats.order_interval(sample, rule.alpha, rule.kind)
    finite = [end if end is not None and math.isfinite(end) else None
              for end in (ends.low, ends.high)]
    return statistics.median(sample), stats.Interval(*finite)


def cost(sizes: Sequence[int], times: Times, rule: stats.Rule) -> tuple[Location, Location]:
    """Start and cost of each index."""
    starts, each = zip(*lines_of(sizes, times))
    return located(starts, rule), located(each, rule)


def sizes_even(sizes: Sequence[int], serial: Times, arm: Times) -> list[float]:
    """Round by round, the size from which the arm is faster; infinity where it never is."""
    return [
        max(0.0, (start - start_serial) / (each_serial - each)) if each < each_serial else math.inf
        for (start_serial, each_serial), (start, each) in zip(lines_of(sizes, serial),
                                                              lines_of(sizes, arm))]


def break_even(sizes: Sequence[int], serial: Times, arm: Times,
               rule: stats.Rule) -> Location | None:
    """Size from which the arm is faster; None where in half of the rounds it never is."""
    even = sizes_even(sizes, serial, arm)
    return None if 2 * sum(map(math.isinf, even)) >= len(even) else located(even, rule)


def why_no_break_even(sizes: Sequence[int], serial: Times, arm: Times, rule: stats.Rule) -> str:
    """Whether the rounds decide that the arm is faster at no size."""
    low = stats.order_interval(sizes_even(sizes, serial, arm), rule.alpha, rule.kind).low
    return "never pays" if low == math.inf else "not resolved"
