"""What a race measured: one command's arms, timed in the same rounds.

The classes hold what a result file says; they compute nothing but a median.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from report.load.scaling_results import Scaling

TOO_NOISY = "too noisy"  # of results before the guard: a gate then withheld verdicts
TOO_FEW_ROUNDS = "too few rounds"
WITHHELD = (TOO_NOISY, TOO_FEW_ROUNDS)  # said instead of a verdict
VERDICTS = ("faster", "slower", "equivalent", "differs", "not resolved", *WITHHELD)
ROLES = ("arm", "baseline", "baseline again")


def instead_of(verdicts: Sequence[str]) -> str:
    """What is said of arms instead of verdicts; empty where there is one. A gate closed for a whole
    group; rounds may be too few for one arm of it, whose neighbours depend, and enough for others."""
    said = [verdict for verdict in verdicts if verdict in WITHHELD]
    return said[0] if TOO_NOISY in said or said and len(said) == len(verdicts) else ""


@dataclass(frozen=True)
class Ratio:
    """A speed-up and its interval; an end is None where the rounds are too few for one."""

    ratio: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Comparison:
    """One arm against another: above 1, the arm is faster than what it is compared with."""

    speedup: Ratio
    other: int  # index of the result that it is compared with
    verdict: str
    confidence: float
    reason: str = ""  # why there can be no verdict; empty where there is an interval
    beside_load: bool = False  # another program took processors from one of the two
    tells: float | None = None  # smallest difference that it would have detected: 0.04

    @property
    def words(self) -> str:
        """The verdict, or why there is none."""
        return (self.reason or self.verdict) + self.power + self.beside

    @property
    def power(self) -> str:
        """What a comparison without a verdict would have detected; empty for others, and where it is not known."""
        if self.verdict != "not resolved" or self.tells is None:
            return ""
        factor = 1 + self.tells
        if factor > 2:  # rounded up, as all: so much is detected
            return (f": would detect {math.ceil(10 * factor - 1e-9) / 10:.1f}x" if factor < 10 else
                    f": would detect {math.ceil(factor - 1e-9)}x")
        tenths = math.ceil(1000 * self.tells - 1e-9)
        told = f"{tenths / 10:.1f}" if tenths < 100 else f"{math.ceil(100 * self.tells - 1e-9)}"
        return f": would detect {told} %"

    @property
    def beside(self) -> str:
        """What is added to a verdict that another program had a part in; empty for others."""
        return ", beside load" if self.beside_load else ""


@dataclass(frozen=True)
class Arm:
    """One result of a race."""

    index: int
    label: str
    group: str
    role: str
    kernel: str
    variant: str
    algorithm: str
    backend: str
    schedule: str
    workers: int
    grain: int
    chunks: int
    size: int
    unit: str
    parameters: dict[str, Any]
    repeats: int
    seconds: tuple[float, ...]  # per run, one a round
    cpu_seconds: float | None
    context_switches: float | None
    peak_rss_bytes: int | None
    answer: Any
    expected: Any
    ok: bool
    cause: str  # why it failed; empty where it did not
    comparison: Comparison | None
    against_best: Comparison | None
    paced: bool = False  # others set how long a run takes: its time is not a speed
    facts: dict[str, Any] = field(default_factory=dict)  # no axes: a generator, a goal
    metrics: dict[str, tuple[float, ...]] = field(default_factory=dict)  # its own numbers, by name
    bytes_per_second: float | None = None  # that it moves, by the median; None where not known
    load_seconds: float | None = None  # a load that waits for the one before it

    def metric(self, name: str) -> float | None:
        """Median over the rounds of a number of the arm's own; None where it has none."""
        return statistics.median(self.metrics[name]) if self.metrics.get(name) else None

    def most(self, name: str) -> float | None:
        """The largest over the rounds of a number of the arm's own; None where it has none."""
        return max(self.metrics[name]) if self.metrics.get(name) else None

    @property
    def median(self) -> float | None:
        """Median seconds of a run; None for an arm that failed before its first."""
        return statistics.median(self.seconds) if self.seconds else None

    @property
    def speedup(self) -> Ratio:
        """Over the baseline. Requires a comparison."""
        assert self.comparison
        return self.comparison.speedup

    @property
    def baseline(self) -> int:
        """Index of the result that the speed-up is over. Requires a comparison."""
        assert self.comparison
        return self.comparison.other

    @property
    def against_fastest(self) -> Ratio:
        """Speed against the best of its group. Requires to be another."""
        assert self.against_best
        return self.against_best.speedup

    @property
    def compute(self) -> str:
        """backend, with its schedule where it has one."""
        return f"{self.backend}:{self.schedule}" if self.schedule else self.backend


@dataclass(frozen=True)
class Gate:
    """The baseline against itself: what the machine's noise alone makes of two equal arms."""

    group: str
    baseline: int
    again: int
    speedup: Ratio
    ok: bool
    guard: float = 1.0  # factor by which the intervals of its group are widened

    @property
    def excludes_one(self) -> bool:
        """Whether two runs of one arm differ by more than their interval allows."""
        low, high = self.speedup.low, self.speedup.high
        return low is not None and low > 1 or high is not None and high < 1


@dataclass(frozen=True)
class Model:
    """T(n) = start + each n of one arm, and the size from which it pays."""

    label: str
    results: tuple[int, ...]
    start: Ratio  # seconds, not a ratio: a value and its interval
    each: Ratio
    unit: str
    break_even: Ratio | None
    against: str
    why: str


@dataclass(frozen=True)
class Headline:
    """A sentence and the comparison behind it, its interval made for all sentences together."""

    file: str
    sentence: str
    result: int
    against: int
    speedup: Ratio
    confidence: float
    verdict: str


@dataclass(frozen=True)
class Remark:
    """What an arm's own numbers say, in a sentence of the program's."""

    result: int
    sentence: str


@dataclass(frozen=True)
class Context:
    """The machine, the build and the command of a race."""

    date: str
    cpu: str
    cores: int
    usable_cores: int
    virtual_machine: bool
    load_before: tuple[float, ...]
    load_after: tuple[float, ...]
    steal_seconds: float | None
    compiler: str
    flags: str
    build_type: str
    commit: str
    dirty: bool
    version: str
    command: str
    details: dict[str, Any] = field(default_factory=dict)  # all of it, for the environment's table


@dataclass(frozen=True)
class Race:
    """One result file."""

    path: Path
    context: Context
    experiment: str
    name: str
    question: str
    why: str
    rounds: int
    isolation: str
    alpha: float
    margin: float
    gate_margin: float | None  # of results before the guard; None since
    elapsed_seconds: float
    arms: tuple[Arm, ...]
    gates: tuple[Gate, ...]
    models: tuple[Model, ...]
    headlines: tuple[Headline, ...]
    remarks: tuple[Remark, ...] = ()
    anytime: bool = False  # intervals hold at any number of rounds; before, at the one there was
    sentences: int | None = None  # planned of its headlines; None for those judged by Holm
    metric: str = "seconds"  # what ratios and verdicts are of
    renewed_every: int | None = None  # rounds that a process of an arm serves; None for all
    scaling: Scaling | None = None  # over workers; None where its experiment does not tell it
    memory_bound: float | None = None  # bytes a second that memory delivered beside it; None: not measured

    @property
    def ratio_name(self) -> str:
        """What its ratios are of: the time of a run, or another metric."""
        return "speed-up" if self.metric == "seconds" else f"ratio of {self.metric}"

    @property
    def rounds_words(self) -> str:
        """"21 rounds", or "7 to 28 rounds" where some arms were decided sooner."""
        fewest = min((len(arm.seconds) for arm in self.arms if arm.ok), default=self.rounds)
        if fewest == self.rounds:
            return f"{self.rounds} round{'' if self.rounds == 1 else 's'}"
        return f"{fewest} to {self.rounds} rounds"

    @property
    def shown(self) -> list[Arm]:
        """The arms that a reader compares: all but the baseline's second part in the rounds."""
        return [arm for arm in self.arms if arm.role != "baseline again"]

    @property
    def groups(self) -> dict[str, list[Arm]]:
        """The shown arms by group, in the file's order."""
        groups: dict[str, list[Arm]] = {}
        for arm in self.shown:
            groups.setdefault(arm.group, []).append(arm)
        return groups
