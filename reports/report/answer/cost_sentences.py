"""Sentences on sizes: from how much work a backend pays, what a run costs, into how many chunks."""

from __future__ import annotations

from collections.abc import Sequence

from report.answer.backend_sentences import Sentence
from report.load.race_result import Arm, Race
from report.tables.axis import measures_chunks, sweep_axis
from report.tables.grid import Choice
from report.tables.peer_table import is_against
from report.text.formats import duration, listing, plural, ratio
from report.text.markdown_table import plain

NEVER = "never pays"  # of a model: decided, in the words of the result file
ROUGH = 2  # digits of a time that a line was fitted for


def pays_from(races: Sequence[Race]) -> Sentence | None:
    """How long the work must take in one thread before each backend pays, by the cost models of the
    race that has most of them; sizes as times at the baseline's pace at the largest."""
    able = [race for race in races if not measures_chunks(race) and not is_against(race)
            and len({race.arms[model.results[0]].backend for model in race.models
                     if model.results and model.break_even}) > 1]
    if not able:
        return None
    race = max(able, key=lambda one: len(one.models))
    pace = _pace(race)
    if pace is None:
        return None
    first: dict[str, float] = {}
    never: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for model in race.models:
        arm = race.arms[model.results[0]] if model.results else None
        if arm is None or arm.role != "arm":
            continue
        if model.break_even and model.break_even.high is not None:
            seconds = model.break_even.ratio * pace
            first[arm.backend] = min(seconds, first.get(arm.backend, seconds))
        elif model.why == NEVER:
            never.setdefault(arm.backend)
        else:
            unknown.setdefault(arm.backend)
    if not first:
        return None
    words = [f"{plain(name)} {duration(seconds, ROUGH)}"
             for name, seconds in sorted(first.items(), key=lambda one: one[1])]
    text = (f"More workers pay from about this much work in one thread: {listing(words)} "
            f"({plain(race.name)})")
    undecided = [plain(name) for name in unknown if name not in first]
    nowhere = [plain(name) for name in never if name not in first and name not in unknown]
    if nowhere:
        text += f". At no size did {listing(nowhere)} pay"
    if undecided:
        text += f". Whether {listing(undecided)} {'pays' if len(undecided) == 1 else 'pay'} is not decided"
    return Sentence("How much work", text + ".")


def _pace(race: Race) -> float | None:
    """Seconds for one index of the baseline at the largest size."""
    bases = [arm for arm in race.shown if arm.role == "baseline" and arm.ok and arm.size > 0]
    if not bases:
        return None
    largest = max(bases, key=lambda arm: arm.size)
    return largest.median / largest.size if largest.median else None


def run_cost(races: Sequence[Race]) -> Sentence | None:
    """What a run takes with nothing to do, a backend by its cheapest schedule on the most workers, at
    the fewest chunks that give each worker one: with fewer, a backend need not wake any."""
    race = next((race for race in races if measures_chunks(race)), None)
    arms = [arm for arm in race.shown if arm.ok and arm.role == "arm" and arm.median] if race else []
    if not race or not arms:
        return None
    most = max(arm.workers for arm in arms)
    counts = {arm.chunks for arm in arms if arm.workers == most}
    chunks = min((count for count in counts if count >= most), default=max(counts))
    cheapest: dict[str, Arm] = {}
    for arm in arms:
        if (arm.workers, arm.chunks) == (most, chunks):
            known = cheapest.setdefault(arm.backend, arm)
            if (arm.median or 0) < (known.median or 0):
                cheapest[arm.backend] = arm
    words = [f"{plain(arm.compute)} {duration(arm.median or 0, ROUGH)}"
             for arm in sorted(cheapest.values(), key=lambda arm: arm.median or 0)]
    return Sentence("Cost of a run", f"A run of {plural(chunks, 'empty chunk')} on "
                    f"{plural(most, 'worker')} takes: {listing(words)} ({plain(race.name)}).")


def grain(choices: Sequence[Choice]) -> Sentence | None:
    """From how many chunks on none is decided slower, in a race that sweeps their number."""
    swept = [choice for choice in choices if choice.best and not choice.withheld
             and (axis := sweep_axis(choice.race)) and axis.field == "chunks"
             and len({arm.chunks for arm in choice.arms}) > 2]
    if not swept:
        return None
    race = max((choice.race for choice in swept), key=lambda one: len(one.shown))
    swept = [choice for choice in swept if choice.race is race]
    arms = [arm for choice in swept for arm in choice.arms if arm.ok and (
        arm is choice.best or arm.against_best)]
    lost: dict[int, float] = {}  # the least speed of the chunk counts that are decided slower
    for choice in swept:
        for arm in (*choice.slower, *choice.barely):
            if arm in choice.arms:
                speed = arm.against_fastest.ratio
                lost[arm.chunks] = min(speed, lost.get(arm.chunks, speed))
    counts = sorted({arm.chunks for arm in arms})
    name = plain(race.name)
    good = counts[len(counts) - next((i for i, count in enumerate(reversed(counts))
                                      if count in lost), len(counts)):]
    if not good:
        return Sentence("Grain", f"The most chunks, {counts[-1]}, are decided slower on {name}: look at "
                                 "its figure for a number between.", race)
    on = plural(max(arm.workers for arm in arms), "worker")
    if len(good) == len(counts):
        return Sentence("Grain", f"On {name} no number of chunks from "
                                 f"{counts[0]} to {counts[-1]} is decided slower on {on}.", race)
    few = min((count for count in lost if count < good[0]), key=lambda count: lost[count])
    return Sentence("Grain", f"Cut uneven work into {plural(good[0], 'chunk')} or more on {on}. On {name} "
                    f"none up to {counts[-1]} is decided slower; {plural(few, 'chunk')} kept "
                    f"{ratio(lost[few])} of the speed.", race)
