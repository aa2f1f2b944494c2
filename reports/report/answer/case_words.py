"""What the verdicts on one group of arms say, in a sentence or two."""

from __future__ import annotations

from report.load.race_result import Arm
from report.tables.grid import Choice
from report.text.formats import listing, percent, ratio_with_interval
from report.text.markdown_table import plain

NAMED = 2  # arms that may be as fast, before the rest is counted


def case_words(choice: Choice) -> str:
    """The fastest arm against the baseline, and those that may be as fast; to stand after the case."""
    best = choice.best
    if best is None:
        return "all arms failed."
    if choice.withheld:
        return f"{choice.withheld}, no verdict."
    base = _baseline(choice, best)
    against = best.comparison
    if against is None or against.verdict not in ("faster", "differs"):
        better = "faster" if choice.race.metric == "seconds" else f"better in {plain(choice.race.metric)}"
        return f"no arm is decided {better} than the baseline, {plain(base)}."
    better = "as fast as" if choice.race.metric == "seconds" else f"better in {plain(choice.race.metric)} than"
    words = (f"**{plain(choice.name(best))}** is {ratio_with_interval(against.speedup)} times {better} "
             f"{plain(base)}")
    if against.verdict == "differs":
        words += f", perhaps by less than {percent(choice.race.margin)}"
    near = [plain(choice.name(arm)) for arm in (*choice.equivalent, *choice.unresolved)
            if arm.role == "arm"]
    good = "fast" if choice.race.metric == "seconds" else "good"
    more = [f"{len(near) - NAMED} more"] if len(near) > NAMED else []
    return words + against.beside + "." + (
        f" May be as {good}: {listing([*near[:NAMED], *more])}." if near else "")


def case_sentence(choice: Choice) -> str:
    """The same as a sentence, in Markdown."""
    words = case_words(choice)
    return f"{plain(choice.case)}: {words}" if choice.case else words[0].upper() + words[1:]


def _baseline(choice: Choice, best: Arm) -> str:
    """The name of the arm that all are compared with."""
    if best.comparison is None:
        return choice.name(best)
    return choice.name(choice.race.arms[best.comparison.other])
