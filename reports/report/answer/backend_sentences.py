"""Sentences on which backend to use: each a rule over the loops of a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from report.answer.loops import Loop, comparable
from report.answer.regret import TOLERATED, Regret, ServingSet, regrets_of
from report.load.race_result import Arm, Race, Ratio
from report.text.formats import DASH, listing, percent, plural, ratio
from report.text.markdown_table import plain

NAMED = 3  # loops or backends that a sentence names before it only counts


@dataclass(frozen=True)
class Sentence:
    """One line of the answer."""

    topic: str
    text: str
    race: Race | None = None  # where it stands on one race alone


def names_of(items: Sequence[str]) -> str:
    """a, b and 2 more."""
    shown = [plain(item) for item in items[:NAMED]]
    return listing([*shown, f"{len(items) - NAMED} more"] if len(items) > NAMED else shown)


def lost(share: float) -> str:
    """8 %; a loss that rounds to everything is not everything."""
    return percent(share) if share < 0.995 else f"over {percent(0.99)}"


def lost_with_interval(loss: Ratio) -> str:
    """8 % [3, 17]."""
    ends = (DASH if end is None else f"{100 * end:.0f}" for end in (loss.low, loss.high))
    return f"{lost(loss.ratio)} [{', '.join(ends)}]"


def one_for_all(loops: Sequence[Loop]) -> Sentence:
    """The backend with the smallest worst loss, those that may do as well, and those that do not."""
    return Sentence("One backend for all", _one_for_all(loops))


def _one_for_all(loops: Sequence[Loop]) -> str:
    if not loops:
        return "No loop ran on two backends here, so this report names none."
    judged = [loop for loop in comparable(loops) if loop.judged]
    if not judged:
        said = dict.fromkeys(loop.choice.withheld or "all arms failed" for loop in loops)
        return (f"None can be named yet: {'the one loop has' if len(loops) == 1 else 'the loops have'}"
                f" no verdict ({plain(listing(list(said)))}).")
    regrets = regrets_of(judged)
    able = [one for one in regrets if one.everywhere]
    words = [_named(able, judged) if able else
             f"None ran on all {plural(len(judged), 'loop')}, so none is named."]
    absent = [one.backend for one in regrets if one.absent and not one.failed]
    if absent:
        words.append(f"Not measured on every loop: {names_of(absent)}.")
    failed = sorted({name for loop in judged for name, cell in loop.cells.items() if not cell.ran})
    if failed:
        words.append(f"**Failed on some loop: {names_of(failed)}.**")
    few = len(loops) - len(comparable(loops))
    if few:
        words.append(f"Left out: {plural(few, 'loop')} on which fewer than half of the backends ran.")
    unjudged = len(comparable(loops)) - len(judged)
    if unjudged:
        words.append(f"Left out: {plural(unjudged, 'loop')} without a verdict.")
    return " ".join(words)


def _named(able: Sequence[Regret], judged: Sequence[Loop]) -> str:
    first, rest = able[0], able[1:]
    on = "the one loop" if len(judged) == 1 else f"{len(judged)} loops"
    words = [f"**Take {plain(first.backend)}.** On {on} it lost at most "
             f"{lost_with_interval(first.worst)} of the fastest's speed, and "
             f"{lost(first.median.ratio)} in the median{_by_schedule(first)}."]
    near = [one for one in rest if _may_do_as_well(one, first)]
    far = [one for one in rest if one not in near]
    if near:
        words.append(f"May do as well: {names_of([one.backend for one in near])}.")
    if far:
        span = [f"{lost(one.worst.ratio)} ({plain(one.backend)})"
                for one in (far if len(far) == 1 else (far[0], far[-1]))]
        words.append(f"Others lost {' to '.join(span)} at worst.")
    return " ".join(words)


def _may_do_as_well(one: Regret, first: Regret) -> bool:
    """Whether its worst loss may be as small as the first's, as far as that one's interval is known."""
    highs = [loss.high for _, loss in first.losses if loss.high is not None]
    return (one.worst.low or 0.0) <= max([first.worst.ratio, *highs])


def _by_schedule(regret: Regret) -> str:
    """Says that the backend's schedule changed from loop to loop, where it did."""
    arms = [loop.cells[regret.backend].arm for loop, _ in regret.losses]
    schedules = {arm.schedule for arm in arms if arm}
    return ", each by its best schedule" if len(schedules) > 1 else ""


def serving_words(found: ServingSet, loops: Sequence[Loop]) -> str:
    """The smallest set that loses little, in Markdown."""
    limit = percent(TOLERATED)
    on = "the one loop" if len(loops) == 1 else f"each of {len(loops)} loops"
    worst = f"at worst {lost_with_interval(found.worst)}"
    names = listing([plain(name) for name in found.backends])
    if len(found.backends) == 1:
        text = f"**{names}** alone loses less than {limit} on {on}: {worst}."
    else:
        text = (f"No backend alone loses less than {limit} on {on}. **{names}** together do, each where "
                f"it is the faster: {worst}.")
    return text + ("" if found.sure else f" Whether it is less than {limit} is not decided.")


def free_choice(loops: Sequence[Loop]) -> Sentence | None:
    """On how many loops the fastest is open, shared or alone, and where rankings contradict."""
    judged = [loop for loop in loops if loop.judged and loop.others()]
    if not judged:
        return None
    unsettled = [loop for loop in judged if loop.others(decided=False)]
    shared = [loop for loop in judged if loop not in unsettled and _as_fast(loop)]
    alone = [loop for loop in judged if loop not in unsettled and loop not in shared]
    total, parts = plural(len(judged), "loop"), []
    if unsettled:
        parts.append(f"On {len(unsettled)} of {total} the fastest is not decided, most often among "
                     f"{_contenders(unsettled)}.")
    if shared:
        within = percent(judged[0].choice.race.margin)
        parts.append(f"On {len(shared)} of {total} another is as fast within {within}: choose by "
                     "taste.")
    if alone:
        named = names_of([f"{loop.best} on {loop.name}" for loop in alone])
        parts.append(f"On {len(alone)} of {total} one is decided fastest: {named}.")
    turned = [loop.name for loop in judged if any(
        arm.against_best and arm.against_best.verdict == "faster" for arm in loop.choice.arms)]
    if turned:
        parts.append(f"**Rankings contradict each other** on {names_of(turned)}: an arm beats the "
                     "named fastest in the direct pair.")
    return Sentence("How much it matters", " ".join(parts))


def _contenders(unsettled: Sequence[Loop]) -> str:
    """The backends most often fastest or not decided slower, with on how many of the loops."""
    counts: dict[str, int] = {}
    for loop in unsettled:
        for name in (loop.best, *loop.others(decided=False)):
            counts[name] = counts.get(name, 0) + 1
    order = sorted(counts, key=lambda name: (-counts[name], name))[:NAMED]
    return listing([f"{plain(name)} ({counts[name]})" for name in order])


def _as_fast(loop: Loop) -> bool:
    return any(arm.backend != loop.best for arm in loop.choice.equivalent)


def schedule(loops: Sequence[Loop]) -> Sentence | None:
    """The loop on which a schedule loses most against another of the same backend."""
    found = [pair for loop in loops if loop.judged for pair in _schedules(loop)]
    if not found:
        return None
    slower = [pair for pair in found if pair[3] / pair[1] < 1 / (1 + pair[4].choice.race.margin)]
    if not slower:
        count = len({id(pair[4]) for pair in found})
        return Sentence("Schedule", f"No schedule is decided slower than another of its backend, on "
                                    f"{plural(count, 'loop')} with a choice.")
    good, good_speed, bad, bad_speed, loop = min(slower, key=lambda pair: pair[3] / pair[1])
    return Sentence("Schedule", f"It can cost more than the backend. On {plain(loop.name)} "
                    f"{plain(bad.compute)} keeps {ratio(bad_speed)} of the fastest's speed, "
                    f"{plain(good.compute)} {ratio(good_speed)}.")


def _schedules(loop: Loop) -> list[tuple[Arm, float, Arm, float, Loop]]:
    """A backend's best schedule and its worst that is slower, on the most workers."""
    choice = loop.choice
    most = max(arm.workers for arm in choice.arms)
    speeds: dict[str, list[tuple[float, Arm, bool]]] = {}
    for arm in choice.arms:
        if arm.ok and arm.workers == most and (arm is choice.best or arm.against_best):
            value = 1.0 if arm is choice.best else arm.against_fastest.ratio
            speeds.setdefault(arm.backend, []).append((value, arm, arm in choice.slower))
    pairs = []
    for own in speeds.values():
        if len({arm.schedule for _, arm, _ in own}) > 1:
            good = max(own, key=lambda one: one[0])
            bad = min((one for one in own if one[2]), key=lambda one: one[0], default=good)
            pairs.append((good[1], good[0], bad[1], bad[0], loop))
    return pairs


def workers(loops: Sequence[Loop]) -> Sentence | None:
    """On how many loops more workers are faster, and by how much."""
    judged = [loop for loop in loops if loop.judged and loop.choice.best]
    if not judged:
        return None
    most = max(arm.workers for loop in judged for arm in loop.choice.arms)
    if most == 1:
        return Sentence("Workers", "Every arm had one worker: whether more pay was not measured.")
    gains = [(loop, arm) for loop in judged if (arm := loop.choice.best)
             and arm.workers > 1 and arm.comparison and arm.comparison.verdict == "faster"]
    rest = [loop for loop in judged if loop not in [gain[0] for gain in gains]]
    speeds = [arm.speedup.ratio for _, arm in gains]
    up_to = "" if len({arm.workers for one in judged for arm in one.choice.arms} - {1}) == 1 \
        else "up to "
    if not gains:
        return Sentence("Workers", f"{(up_to + str(most)).capitalize()} workers are decided faster than "
                        f"the baseline on none of {plural(len(judged), 'loop')}.")
    span = ratio(min(speeds)) + (f" to {ratio(max(speeds))}" if len(gains) > 1 else "")
    text = (f"{(up_to + str(most)).capitalize()} workers ran {len(gains)} of "
            f"{plural(len(judged), 'loop')} {span} times as fast as the baseline")
    words = [text]
    if rest:
        words.append(f"Not shown on {names_of([loop.name for loop in rest])}")
    fewer = [loop for loop, arm in gains if _fewer_do(loop, most)]
    if up_to and fewer:
        words.append(f"On {len(fewer)} of them fewer workers are not decided slower")
    return Sentence("Workers", ". ".join(words) + ".")


def _fewer_do(loop: Loop, most: int) -> bool:
    """Whether an arm on some, but not most, workers is the best or not slower."""
    choice = loop.choice
    return any(1 < arm.workers < most for arm in (choice.best, *choice.equivalent, *choice.unresolved)
               if arm)
