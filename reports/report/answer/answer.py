"""The first screen: which backend, workers, grain, at what cost, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from report.answer.backend_sentences import Sentence, free_choice, one_for_all, schedule, workers
from report.answer.certainty import Next, certainty, next_race
from report.answer.cost_sentences import grain, pays_from, run_cost
from report.answer.loops import Loop, loops_of
from report.load.race_result import Race
from report.tables.grid import Choice
from report.tables.trust import Trust


@dataclass(frozen=True)
class Answer:
    """What the measurements answer, each sentence by its own rule."""

    loops: list[Loop]
    sentences: list[Sentence]
    certainty: str
    next: Next | None  # None where nothing is open


def answer_of(choices: Sequence[Choice], races: Sequence[Race], trust: Trust) -> Answer:
    """Reads the answer off a report's choices and races."""
    loops = loops_of(choices)
    found = [one_for_all(loops), free_choice(loops), workers(loops), schedule(loops), grain(choices),
             pays_from(races), run_cost(races)]
    return Answer(loops, [one for one in found if one], certainty(loops, trust), next_race(loops))
