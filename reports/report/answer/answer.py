"""The first screen: which backend, workers, grain, at what cost, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from report.answer.backend_sentences import Sentence, free_choice, one_for_all, schedule, workers
from report.answer.certainty import Next, Resume, certainty, next_step
from report.answer.cost_sentences import grain, pays_from, run_cost
from report.answer.granularity import Granularities, granularities
from report.answer.loops import Loop, comparable, loops_of
from report.answer.patterns import Evidence, Row, rows_of
from report.answer.regret import Regret, ServingSet, regrets_of, smallest_set
from report.load.race_result import Race
from report.load.suite_results import Spending
from report.tables.grid import Choice
from report.tables.trust import Trust


@dataclass(frozen=True)
class Answer:
    """What the measurements answer, each sentence by its own rule."""

    loops: list[Loop]
    sentences: list[Sentence]
    certainty: str
    next: Next | Resume | None  # None where nothing is open
    judged: list[Loop]  # those that rank backends together: comparable, with verdicts
    regrets: list[Regret]  # over the judged
    serving: ServingSet | None  # None where none is judged
    tasks: Granularities | None  # None where no race times empty chunks
    patterns: list[Row]


def answer_of(choices: Sequence[Choice], races: Sequence[Race], trust: Trust,
              spending: Spending | None = None, command: str = "") -> Answer:
    """Reads the answer off a report's choices and races."""
    loops = loops_of(choices)
    found = [one_for_all(loops), free_choice(loops), workers(loops), schedule(loops), grain(choices),
             pays_from(races), run_cost(races)]
    tasks = granularities(races)
    judged = [loop for loop in comparable(loops) if loop.judged]
    return Answer(loops, [one for one in found if one], certainty(loops, trust, spending),
                  next_step(loops, spending, command), judged, regrets_of(judged), smallest_set(judged), tasks,
                  rows_of(Evidence(choices, loops, tasks)))
