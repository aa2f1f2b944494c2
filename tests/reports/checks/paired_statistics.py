"""The statistics of a result file once more, from their definition and by other means.

Exact integers and plain lists: shares no code with the program that writes the files nor with the
report that shows them. Two rules are known: that of results whose run states no kind of interval,
a sign test at the number of rounds there was, with a gate (FIXED); and that of intervals which hold
at any number of rounds, with a guard (ANYTIME).
"""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

FIXED, ANYTIME = "fixed", "anytime"
DIRECTIONS = ("faster", "slower")
RESOLVED = (*DIRECTIONS, "equivalent", "differs")
ROUNDING = 1e-12  # logarithms that tie with a bound


@dataclass(frozen=True)
class Interval:
    """Ends of an interval; None where the sample is too small for the level."""

    low: float | None
    high: float | None


@dataclass(frozen=True)
class Rule:
    """How differences become a verdict."""

    alpha: float
    margin: float
    kind: str = ANYTIME
    guard: float = 1.0  # factor by which both ends move out
    dependence: float | None = None  # of neighbouring rounds, over the race; None: of each pair by itself

    def at(self, alpha: float) -> "Rule":
        return replace(self, alpha=alpha)


@dataclass(frozen=True)
class Outcome:
    """A paired comparison."""

    ratio: float
    interval: Interval
    verdict: str
    rounds: int
    block: int


def kind_of(run: dict[str, Any]) -> str:
    """Which rule a result file was judged by."""
    return str(run.get("interval", FIXED))


def tail(n: int, k: int) -> float:
    """P(Binomial(n, 1/2) <= k)."""
    return sum(math.comb(n, i) for i in range(k + 1)) / 2**n


def martingale(n: int, s: int) -> Fraction:
    """2^n B(s + 1/2, n - s + 1/2) / B(1/2, 1/2), which is a ratio of binomial coefficients."""
    return Fraction(math.comb(2 * s, s) * math.comb(2 * (n - s), n - s),
                    2**n * math.comb(n, s))


@functools.cache
def level_of(n: int, k: int, kind: str) -> float:
    """The smallest level whose interval begins with order statistic k of n."""
    return min(1.0, 2 * tail(n, k - 1) if kind == FIXED else float(1 / martingale(n, k - 1)))


def order_interval(sample: Sequence[float], alpha: float, kind: str) -> Interval:
    """Order statistics k and n + 1 - k, for the largest k whose level is alpha at most."""
    ordered, k = sorted(sample), 0
    most = len(ordered) // 2 + (kind == FIXED)
    while k < most and level_of(len(ordered), k + 1, kind) <= alpha:
        k += 1
    return Interval(ordered[k - 1], ordered[-k]) if k else Interval(None, None)


def rounds_needed(alpha: float) -> int:
    """The fewest rounds that have an interval at any time."""
    return next(n for n in range(1, 1000) if 1 / martingale(n, 0) <= alpha)


def serial_correlation(series: Sequence[float]) -> float:
    """Lag-1 autocorrelation."""
    mean = statistics.fmean(series)
    spread = sum((x - mean) ** 2 for x in series)
    shifted = sum((x - mean) * (y - mean) for x, y in zip(series, series[1:]))
    return shifted / spread if spread else 0.0


def pooled_dependence(results: Sequence[dict[str, Any]]) -> float:
    """The lag-1 correlation that all pairs of a race show together, 0 within chance."""
    by_baseline: dict[str, list[list[float]]] = {}
    for arm in results:
        base = next((r for r in results if r["group"] == arm["group"] and r["role"] == "baseline"), arm)
        if base is arm or arm.get("paced") or not (arm["ok"] and base["ok"]):
            continue
        d = differences(base["seconds"], arm["seconds"])
        if len(d) >= 7:
            by_baseline.setdefault(arm["group"], []).append(d)
    rounds = sum(len(d) for pairs in by_baseline.values() for d in pairs)
    if not rounds:
        return 0.0
    pooled = sum(len(d) * serial_correlation(d) + 1 for pairs in by_baseline.values() for d in pairs) / rounds
    variance = sum(0.75 * sum(len(d) for d in pairs) + 0.25 * sum(math.sqrt(len(d)) for d in pairs) ** 2
                   for pairs in by_baseline.values())
    return pooled if pooled > max(0.12, 2 * math.sqrt(variance) / rounds) else 0.0


def block_for(correlation: float) -> int:
    """Rounds of a block."""
    return next(block for bound, block in ((0.12, 1), (0.35, 2), (0.65, 4), (math.inf, 8)) if correlation < bound)


def cut(series: Sequence[float], pooled: float) -> tuple[list[float], int]:
    """Medians of blocks, as the race's dependence asks for, or the pair's where it is beyond chance."""
    n, block = len(series), block_for(pooled)
    own = serial_correlation(series) + 1 / n
    if n >= 7 and own > 3 / math.sqrt(n):
        block = max(block, block_for(own))
    return [statistics.median(series[i:i + block]) for i in range(0, n - block + 1, block)], block


def blocked(series: Sequence[float], rule: Rule) -> tuple[list[float], int]:
    """The series, or medians of blocks where it is serially correlated. By itself: of blocks of 3, where what
    does not fill a block joined the last one once, and waits since."""
    if rule.dependence is not None:
        return cut(series, rule.dependence)
    n, kind = len(series), rule.kind
    if n < 6 or abs(serial_correlation(series)) <= 2 / math.sqrt(n):
        return list(series), 1
    cuts = [3 * i for i in range(n // 3)] + [n if kind == FIXED else n // 3 * 3]
    return [statistics.median(series[a:b]) for a, b in zip(cuts, cuts[1:])], 3


def judge(interval: Interval, margin: float, kind: str = ANYTIME) -> str:
    """The verdict that an interval of a ratio gives."""
    if kind == ANYTIME and interval.low is None:
        return "too few rounds"
    low = -math.inf if interval.low is None else interval.low
    high = math.inf if interval.high is None else interval.high
    if low > (1 + margin) * (1 + ROUNDING):
        return "faster"
    if high < 1 / (1 + margin) * (1 - ROUNDING):
        return "slower"
    if low > 1 / (1 + margin) * (1 + ROUNDING) and high < (1 + margin) * (1 - ROUNDING):
        return "equivalent"
    return "differs" if low > 1 + ROUNDING or high < 1 - ROUNDING else "not resolved"


def differences(base: Sequence[float], arm: Sequence[float]) -> list[float]:
    """ln(base / arm) in the rounds that both ran: one that was decided sooner has the first of them."""
    return [math.log(b / a) for b, a in zip(base, arm)]


def compare(base: Sequence[float], arm: Sequence[float], rule: Rule, blocks: bool = True) -> Outcome:
    """t_base / t_arm in the rounds that both ran."""
    every = d = differences(base, arm)
    block = 1
    if blocks:
        d, block = blocked(every, rule)
    ends = order_interval(d, rule.alpha, rule.kind)
    interval = Interval(None if ends.low is None else math.exp(ends.low) / rule.guard,
                        None if ends.high is None else math.exp(ends.high) * rule.guard)
    return Outcome(math.exp(statistics.median(d or every)), interval, judge(interval, rule.margin, rule.kind),
                   len(d), block)


def smallest_alpha(base: Sequence[float], arm: Sequence[float], rule: Rule,
                   verdicts: Sequence[str] = RESOLVED) -> float:
    """The smallest level at which the comparison gives one of the verdicts; 1 where none does."""
    n = len(blocked(differences(base, arm), rule)[0])
    for k in range(1, n // 2 + 1 + (rule.kind == FIXED)):
        level = level_of(n, k, rule.kind)
        if compare(base, arm, rule.at(level)).verdict in verdicts:
            return level
    return 1.0


def holm_levels(pairs: Sequence[tuple[Sequence[float], Sequence[float]]],
                rules: Sequence[Rule]) -> list[float]:
    """The level at which each comparison of a family is made again: Holm over "one is faster", so
    a step down for each comparison that shows it, in order of how clearly."""
    p = [smallest_alpha(*pair, rule, DIRECTIONS) for pair, rule in zip(pairs, rules, strict=True)]
    levels, left = [0.0] * len(p), len(p)
    for i in sorted(range(len(p)), key=lambda i: p[i]):
        levels[i] = rules[i].alpha / left
        left -= p[i] <= levels[i]
    return levels


def passes_gate(interval: Interval, gate_margin: float) -> bool:
    """Whether the noise lets two equal arms look equal."""
    return (interval.low is not None and interval.high is not None
            and 1 / (1 + gate_margin) < interval.low and interval.high < 1 + gate_margin)


def guard_of(interval: Interval) -> float:
    """The factor that two runs of one arm are off by."""
    return max(1.0, interval.low or 1.0, 1 / (interval.high or 1.0))


def against_itself(base: Sequence[float], again: Sequence[float], rule: Rule) -> Outcome:
    """A baseline's two runs. Round by round where rounds depend and are too few for blocks."""
    outcome = compare(base, again, rule)
    if rule.kind == FIXED or outcome.interval.low is not None or outcome.block == 1:
        return outcome
    return compare(base, again, rule, blocks=False)


def guard_in(race: dict[str, Any], result: dict[str, Any]) -> float:
    """The factor by which intervals of a result's group are widened, from the times."""
    run, members = race["run"], [r for r in race["results"] if r["group"] == result["group"]]
    pair = [r for role in ("baseline", "baseline again") for r in members if r["role"] == role]
    if kind_of(run) == FIXED or len(pair) < 2 or not all(r["ok"] for r in pair):
        return 1.0
    rule = Rule(run["alpha"], run["margin"], dependence=run.get("dependence"))
    return guard_of(against_itself(pair[0]["seconds"], pair[1]["seconds"], rule).interval)


def rule_for(race: dict[str, Any], result: dict[str, Any], alpha: float | None = None) -> Rule:
    """How comparisons of a result are judged, by default at the level of the race's tables."""
    run = race["run"]
    return Rule(run["alpha"] if alpha is None else alpha, run["margin"], kind_of(run),
                guard_in(race, result), run.get("dependence"))
