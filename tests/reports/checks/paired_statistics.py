"""The statistics of a result file once more, from their definition and by other means.

Exact integer binomials and plain lists: shares no code with the program that writes the files nor
with the report that shows them.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

DIRECTIONS = ("faster", "slower")
RESOLVED = (*DIRECTIONS, "equivalent", "differs")


@dataclass(frozen=True)
class Interval:
    """Ends of an interval; None where the sample is too small for the level."""

    low: float | None
    high: float | None


@dataclass(frozen=True)
class Outcome:
    """A paired comparison."""

    ratio: float
    interval: Interval
    verdict: str
    rounds: int
    block: int


def tail(n: int, k: int) -> float:
    """P(Binomial(n, 1/2) <= k)."""
    return sum(math.comb(n, i) for i in range(k + 1)) / 2**n


def sign_interval(sample: Sequence[float], alpha: float) -> Interval:
    """Order statistics k and n + 1 - k, for the largest k with 2 P(B <= k - 1) <= alpha."""
    ordered, k = sorted(sample), 0
    while k < len(ordered) // 2 + 1 and 2 * tail(len(ordered), k) <= alpha:
        k += 1
    return Interval(ordered[k - 1], ordered[-k]) if k else Interval(None, None)


def serial_correlation(series: Sequence[float]) -> float:
    """Lag-1 autocorrelation."""
    mean = statistics.fmean(series)
    spread = sum((x - mean) ** 2 for x in series)
    shifted = sum((x - mean) * (y - mean) for x, y in zip(series, series[1:]))
    return shifted / spread if spread else 0.0


def blocked(series: Sequence[float]) -> tuple[list[float], int]:
    """The series, or medians of blocks of 3 where it is serially correlated."""
    n = len(series)
    if n < 6 or abs(serial_correlation(series)) <= 2 / math.sqrt(n):
        return list(series), 1
    cuts = [3 * i for i in range(n // 3)] + [n]
    return [statistics.median(series[a:b]) for a, b in zip(cuts, cuts[1:])], 3


def judge(interval: Interval, margin: float) -> str:
    """The verdict that an interval of a ratio gives."""
    low = -math.inf if interval.low is None else interval.low
    high = math.inf if interval.high is None else interval.high
    if low > 1 + margin:
        return "faster"
    if high < 1 / (1 + margin):
        return "slower"
    if low > 1 / (1 + margin) and high < 1 + margin:
        return "equivalent"
    return "differs" if low > 1 or high < 1 else "not resolved"


def compare(base: Sequence[float], arm: Sequence[float], alpha: float, margin: float) -> Outcome:
    """t_base / t_arm over the rounds that both have."""
    d, block = blocked([math.log(b / a) for b, a in zip(base, arm, strict=True)])
    ends = sign_interval(d, alpha)
    interval = Interval(*(None if end is None else math.exp(end) for end in (ends.low, ends.high)))
    return Outcome(math.exp(statistics.median(d)), interval, judge(interval, margin), len(d), block)


def smallest_alpha(base: Sequence[float], arm: Sequence[float], margin: float,
                   verdicts: Sequence[str] = RESOLVED) -> float:
    """The smallest level at which the comparison gives one of the verdicts; 1 where none does."""
    n = len(blocked([math.log(b / a) for b, a in zip(base, arm, strict=True)])[0])
    for k in range(n // 2 + 1):
        level = min(1.0, 2 * tail(n, k))
        if compare(base, arm, level, margin).verdict in verdicts:
            return level
    return 1.0


def holm_levels(pairs: Sequence[tuple[Sequence[float], Sequence[float]]], alpha: float,
                margin: float) -> list[float]:
    """The level at which each comparison of a family is made again: Holm over "one is faster", so
    a step down for each comparison that shows it, in order of how clearly."""
    p = [smallest_alpha(*pair, margin, DIRECTIONS) for pair in pairs]
    levels, left = [0.0] * len(p), len(p)
    for i in sorted(range(len(p)), key=lambda i: p[i]):
        levels[i] = alpha / left
        left -= p[i] <= levels[i]
    return levels


def passes_gate(interval: Interval, gate_margin: float) -> bool:
    """Whether the noise lets two equal arms look equal."""
    return (interval.low is not None and interval.high is not None
            and 1 / (1 + gate_margin) < interval.low and interval.high < 1 + gate_margin)
