"""Whether a run can be trusted: what the files say about noise, load, and what was built.

Only judges; the words stand in the template.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from report.load.race_result import Gate, Race
from report.load.suite_results import Suite
from report.tables.names import case_of

OTHERS_LOAD = 0.25  # share of the cores that may be busy before the run starts
GATES_SHOWN = 3  # of those that show a bias, by name
UNLIKELY = 0.05  # chance of so many biased baselines below which it is no longer chance
STOLEN = 0.01  # share of the cores' time that the host may give to others


@dataclass(frozen=True)
class GateOf:
    """A gate and where it stands."""

    race: Race
    gate: Gate

    @property
    def case(self) -> str:
        arms = self.race.groups.get(self.gate.group, [])
        return f"{self.race.name} ({case_of(self.race, arms)})" if arms else self.race.name

    @property
    def leaves_one_by(self) -> float:
        """How far the interval strays from 1; infinite where it has no end."""
        low, high = self.gate.speedup.low, self.gate.speedup.high
        return float("inf") if not low or not high else max(1 / low, high) - 1

    @property
    def widened_by(self) -> float:
        """The part by which the intervals of its case are wider on either side."""
        return self.gate.guard - 1


@dataclass(frozen=True)
class Trust:
    """The findings, each of which a template puts into words."""

    gates: tuple[GateOf, ...]
    load_before: float  # before the first race, 1-minute average: what others took
    compared: int  # arms with the baseline
    beside_load: int  # of those: another program took processors from one of the two
    load_after: float  # the highest after a race: our own arms and others
    usable_cores: int
    stolen: float | None  # share of the cores' time while races ran; None where unknown
    virtual_machine: bool
    dirty: bool
    commits: tuple[str, ...]
    builds: tuple[str, ...]  # builds whose times mean little: debug, sanitizers
    machines: int  # how many different ones the files come from

    @property
    def failed_gates(self) -> list[GateOf]:
        """Of results that had a gate: those that left its margin, the farthest first."""
        failed = [one for one in self.gates if one.race.gate_margin is not None and not one.gate.ok]
        return sorted(failed, key=lambda one: -one.leaves_one_by)

    @property
    def biased(self) -> list[GateOf]:
        """Baselines that differ from themselves beyond their interval, the farthest first."""
        found = [one for one in self.gates if one.gate.excludes_one]
        return sorted(found, key=lambda one: -one.widened_by)

    @property
    def chance_of_biased(self) -> float:
        """Of so many or more, where there is no bias: each interval then misses 1 in alpha at most."""
        n = sum(one.leaves_one_by < math.inf for one in self.gates)  # the others could not differ
        alpha = self.gates[0].race.alpha if self.gates else 1.0
        return sum(math.comb(n, k) * alpha**k * (1 - alpha)**(n - k)
                   for k in range(len(self.biased), n + 1))

    @property
    def uncalibrated(self) -> bool:
        """Whether more baselines differ from themselves than chance gives."""
        return bool(self.biased) and self.chance_of_biased < UNLIKELY

    @property
    def widest_gate(self) -> GateOf | None:
        return max(self.gates, key=lambda one: one.leaves_one_by) if self.gates else None

    @property
    def busy_before(self) -> bool:
        return self.load_before > OTHERS_LOAD * self.usable_cores

    @property
    def robbed(self) -> bool:
        return self.stolen is not None and self.stolen > STOLEN

    @property
    def answer(self) -> str:
        """yes, with care, or no."""
        if self.builds or self.gates and 2 * len(self.failed_gates) > len(self.gates):
            return "no"
        doubts = (self.failed_gates, self.uncalibrated, self.busy_before, self.beside_load, self.robbed, self.dirty,
                  len(self.commits) > 1, self.machines > 1, not self.gates)
        return "with care" if any(doubts) else "yes"


def judge(suite: Suite) -> Trust:
    """Reads the findings off a suite. Requires a race."""
    races = suite.races
    first = min(races, key=lambda race: race.context.date)
    comparisons = [arm.comparison for race in races for arm in race.arms
                   if arm.comparison and arm.role == "arm"]
    return Trust(
        gates=tuple(GateOf(race, gate) for race in races for gate in race.gates),
        load_before=first.context.load_before[0],
        compared=len(comparisons), beside_load=sum(one.beside_load for one in comparisons),
        load_after=max(race.context.load_after[0] for race in races),
        usable_cores=first.context.usable_cores, stolen=_stolen(races),
        virtual_machine=any(race.context.virtual_machine for race in races),
        dirty=any(race.context.dirty for race in races),
        commits=tuple(dict.fromkeys(race.context.commit for race in races)),
        builds=tuple(dict.fromkeys(build for race in races for build in _doubtful_build(race))),
        machines=len({(race.context.cpu, race.context.cores, race.context.details.get("host"))
                      for race in races}))


def _stolen(races: tuple[Race, ...]) -> float | None:
    known = [race for race in races if race.context.steal_seconds is not None]
    time = sum(race.elapsed_seconds * race.context.usable_cores for race in known)
    return sum(race.context.steal_seconds or 0.0 for race in known) / time if time else None


def _doubtful_build(race: Race) -> list[str]:
    """What of a build makes its times useless."""
    context = race.context
    doubts = re.findall(r"-fsanitize=\S+|-O0\b|-Og\b|--coverage", context.flags)
    if context.build_type.lower() not in ("release", "relwithdebinfo", "native"):
        doubts.append(f"build type {context.build_type or 'not set'}")
    if not re.search(r"-O([1-9s]|fast)?\b", context.flags):
        doubts.append("no optimisation")
    return doubts
