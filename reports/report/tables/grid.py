"""Which backend when: each group's fastest arm, those as fast, those not told apart, the slower."""

from __future__ import annotations

from dataclasses import dataclass

from report.load.race_result import TOO_FEW_ROUNDS, TOO_NOISY, Arm, Race, instead_of
from report.tables.names import case_of, names_in, raced


@dataclass(frozen=True)
class Choice:
    """The answer for one group of arms."""

    race: Race
    case: str
    arms: tuple[Arm, ...]  # the group's, without its baseline
    names: dict[int, str]  # by result index
    best: Arm | None  # None where all arms failed
    withheld: str  # what is said instead of a verdict; empty where there are verdicts
    equivalent: tuple[Arm, ...]  # within the margin of the best
    unresolved: tuple[Arm, ...]  # more rounds would be needed to say
    barely: tuple[Arm, ...]  # slower, but perhaps by less than the margin
    slower: tuple[Arm, ...]
    failed: tuple[Arm, ...]

    def name(self, arm: Arm) -> str:
        return self.names.get(arm.index, arm.label)


def choices(race: Race) -> list[Choice]:
    """One choice per group that holds anything besides the baseline, and where times are speeds."""
    return [_choice(race, arms) for arms in race.groups.values()
            if any(arm.role == "arm" and not arm.paced for arm in arms)]


def _choice(race: Race, arms: list[Arm]) -> Choice:
    ran = [arm for arm in arms if arm.ok]
    best = best_of(race, ran)

    def having(*verdicts: str) -> tuple[Arm, ...]:
        found = [arm for arm in ran if arm.against_best and arm.against_best.verdict in verdicts]
        return tuple(sorted(found, key=lambda arm: -arm.against_fastest.ratio))

    # The best is the one that gains most on the baseline. Where an arm beats it in the direct pair,
    # the two rankings disagree, and neither is told apart from the other.
    return Choice(
        race=race, case=case_of(race, arms), arms=tuple(raced(arms)), names=names_in(arms),
        best=best, withheld=withheld(race, arms), equivalent=having("equivalent"),
        unresolved=having("not resolved", TOO_FEW_ROUNDS, "faster"),
        barely=having("differs"), slower=having("slower"),
        failed=tuple(arm for arm in arms if not arm.ok))


def best_of(race: Race, ran: list[Arm]) -> Arm | None:
    """The arm that the others of the group were compared with."""
    for arm in ran:
        if arm.against_best:
            return race.arms[arm.against_best.other]
    return ran[0] if len(ran) == 1 else None


def withheld(race: Race, arms: list[Arm]) -> str:
    """What is said of this group instead of verdicts; empty where there are some."""
    parts = [part for arm in arms for part in (arm.comparison, arm.against_best) if part]
    said = instead_of([part.verdict for part in parts])
    if said or race.gate_margin is None:
        return said
    bases = {arm.comparison.other for arm in arms if arm.comparison}
    gates = ([gate for gate in race.gates if gate.group == arms[0].group]
             or [gate for gate in race.gates if gate.baseline in bases])
    failed = [gate.speedup for gate in gates if not gate.ok]
    if not failed:
        return ""
    unbounded = any(None in (speedup.low, speedup.high) for speedup in failed)
    return TOO_FEW_ROUNDS if unbounded else TOO_NOISY
