"""What the templates see: the report's parts, each with the words and numbers it needs."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

from report.answer.answer import Answer, answer_of
from report.answer.case_words import case_sentence
from report.answer.cost_sentences import run_cost
from report.answer.memory_words import memory_words
from report.figures.call_costs import call_words, measures_calls
from report.figures.loads import has_loads
from report.figures.lock_holders import spans_of
from report.figures.model import is_held_to_model
from report.figures.timeline import timelines
from report.load.checked_fields import shown
from report.load.history_results import Series
from report.load.race_result import Arm, Headline, Race
from report.load.suite_results import Suite
from report.tables.axis import measures_chunks, sweep_axis
from report.tables.grid import Choice, choices
from report.tables.peer_table import is_against, rows_of
from report.tables.trust import Trust, judge
from report.text.formats import listing, memory, plural


MOST_SERIES = 12  # of the history: two columns of six panels


def figure_file(race: Race, which: str = "") -> str:
    """The figure's place beside the report: the data's name where that is a plain one, else a name
    made from it, that every file system, page and link takes."""
    stem = race.path.stem
    if not re.fullmatch(r"[\w.+-]{1,100}", stem, flags=re.ASCII):
        digest = hashlib.sha256(os.fsencode(stem)).hexdigest()[:8]
        stem = re.sub(r"[^\w.+-]+", "_", stem, flags=re.ASCII)[:80] + "-" + digest
    return f"figures/{stem}{which}.svg"


@dataclass(frozen=True)
class Section:
    """One race as the report shows it."""

    race: Race
    choices: list[Choice]
    headlines: list[Headline]

    @property
    def figure(self) -> str:
        """The figure's path beside the report; empty where there is nothing to draw."""
        return quote(figure_file(self.race)) if self.kind else ""

    @property
    def loads(self) -> str:
        """The path of the figure of what each worker computed; empty where that is not known."""
        known = any(has_loads(arm) for arm in self.race.shown)
        return quote(figure_file(self.race, "-loads")) if known else ""

    @property
    def lock_holders(self) -> str:
        """The path of the figure of who held the lock when; empty where no arm has a trace."""
        traced = any(spans_of(arm) for arm in self.race.shown)
        return quote(figure_file(self.race, "-timeline")) if traced else ""

    @property
    def kind(self) -> str:
        """Which kind of figure fits."""
        if is_against(self.race):
            has_goal = any(row.fact["goal"] is not None for row in rows_of(self.race))
            return "goals" if has_goal else ""
        if measures_calls(self.race):
            return "calls"
        if self.race.scaling and self.race.scaling.series:
            return "scaling"
        timed = [arm for arm in self.race.shown if arm.ok and arm.seconds]
        compared = any(arm.comparison for arm in timed)
        if timelines(self.race):
            return "timeline"
        if is_held_to_model(self.race):
            return "model"
        if sweep_axis(self.race) and (compared or measures_chunks(self.race)):
            return "sweep"
        return "speedups" if compared else ""

    @property
    def axis(self) -> str:
        """The name of what is swept, if anything is."""
        axis = sweep_axis(self.race)
        return axis.name if axis else ""

    @property
    def sentence(self) -> str:
        """What its case of the largest size says, or what is cheapest, in Markdown; empty where headlines
        say it, and where times are compared with goals."""
        if self.headlines or not self.choices or is_against(self.race):
            return ""
        if measures_calls(self.race):
            return call_words(self.choices[0])
        if measures_chunks(self.race):
            cost = run_cost([self.race])
            return cost.text if cost else ""
        return case_sentence(self.main_choice) if self.main_choice else ""

    @property
    def main_choice(self) -> Choice | None:
        """The case of the largest size, of those the one of the most arms."""
        return max(self.choices, key=lambda one: (one.arms[0].size, len(one.arms)), default=None)

    @property
    def memory(self) -> str:
        """What memory delivers, or how much of that the fastest arm takes, in Markdown; empty where it is
        not known."""
        return memory_words(self.race, self.main_choice)

    @property
    def failed(self) -> list[Arm]:
        return [arm for arm in self.race.arms if not arm.ok]

    @property
    def common_answer(self) -> object:
        """What all arms answered, where that is one short value; None otherwise."""
        answers = [arm.answer for arm in self.race.arms if arm.ok]
        if answers and isinstance(answers[0], dict):
            answers = [answer.get("got") for answer in answers]
        first = answers[0] if answers else None
        short = isinstance(first, (int, float, str)) and len(str(first)) <= 40
        return first if short and all(answer == first for answer in answers) else None

    @property
    def data(self) -> str:
        """The data file's address beside the report."""
        return quote(os.fsencode(self.race.path.name))

    @property
    def data_name(self) -> str:
        """The data file's name, as text."""
        return shown(self.race.path.name)


@dataclass(frozen=True)
class Experiment:
    """Races of one experiment."""

    name: str
    sections: list[Section]

    @property
    def template(self) -> str:
        """Its own template, where there is one; empty for a name that cannot be a file's."""
        return f"experiments/{self.name}.md.j2" if re.fullmatch(r"[a-z]\w*", self.name) else ""

    @property
    def question(self) -> str:
        """The question that all its races ask; empty where each asks its own."""
        questions = {section.race.question for section in self.sections}
        return questions.pop() if len(questions) == 1 else ""

    @property
    def why(self) -> str:
        """The mechanism that all its races show; empty where each has its own."""
        whys = {section.race.why for section in self.sections}
        return whys.pop() if len(whys) == 1 else ""


@dataclass(frozen=True)
class Report:
    """All of it, in the order of the page."""

    suite: Suite
    trust: Trust
    experiments: list[Experiment]

    @property
    def sections(self) -> list[Section]:
        return [section for experiment in self.experiments for section in experiment.sections]

    @property
    def race(self) -> Race:
        """The first race: its machine and method are the report's where all agree."""
        return self.suite.races[0]

    @property
    def grid(self) -> list[Choice]:
        """The choices worth a row: empty chunks and calls are a cost to know, not work to place,
        and peers no backends."""
        return [choice for section in self.sections
                if ranks(section.race)
                for choice in section.choices]

    @cached_property
    def answer(self) -> Answer:
        """What the first screen says."""
        return answer_of(self.grid, self.suite.races, self.trust, self.suite.spending,
                         self.suite.command)

    @property
    def heat_map(self) -> str:
        """The path of the figure of loops by backends; empty without loops."""
        return "figures/loops-by-backends.svg" if self.answer.loops else ""

    @property
    def cascade(self) -> str:
        """The path of the figure of what backends keep over all loops; empty where one has no more."""
        return "figures/cascade.svg" if len(self.answer.judged) > 1 else ""

    @property
    def history(self) -> list[Series]:
        """Arms that were measured at several commits of this machine, those that changed first."""
        return self.suite.history.shown[:MOST_SERIES] if self.suite.history else []

    @property
    def history_words(self) -> str:
        """How many arms of the history there are, and how many are shown. Requires one."""
        assert self.suite.history
        several = self.suite.history.shown
        words = f"{plural(len(several), 'arm')} {'was' if len(several) == 1 else 'were'} measured at several commits"
        changed = sum(bool(one.changes) for one in several)
        words += f", {changed} of them changed" if changed else ", none changed beyond its intervals"
        return words + (f"; {MOST_SERIES} are shown." if len(several) > MOST_SERIES else ".")

    @property
    def history_figure(self) -> str:
        """The path of the figure of ratios over commits; empty without any."""
        return "figures/ratios-over-commits.svg" if self.history else ""

    @property
    def failed(self) -> list[tuple[Section, Arm]]:
        return [(section, arm) for section in self.sections for arm in section.failed]

    @property
    def failures(self) -> int:
        """How many things did not work."""
        micro = self.suite.micro.failures if self.suite.micro else ()
        return len(self.failed) + len(self.suite.never_ran) + len(self.suite.faults) + len(micro)

    @property
    def commands_that_failed(self) -> list[str]:
        commands = [section.race.context.command for section, _ in self.failed]
        commands += [one.command for one in self.suite.never_ran if one.command]
        return list(dict.fromkeys(commands))

    @property
    def arms(self) -> int:
        """How many arms raced, baselines included."""
        return sum(len(race.shown) for race in self.suite.races)

    @property
    def stillness(self) -> str:
        """The path of the figure of the baselines over the rounds; empty without gates."""
        return "figures/baselines-over-rounds.svg" if self.trust.gates else ""

    @property
    def rounds(self) -> str:
        """Rounds of a race, or from fewest to most."""
        counts = {race.rounds for race in self.suite.races}
        return "–".join(map(str, sorted({min(counts), max(counts)})))

    @property
    def isolations(self) -> str:
        """How arms are kept apart, in the words of the files."""
        return listing(list(dict.fromkeys(map(_isolation, self.suite.races))))

    @property
    def environments(self) -> list[tuple[str, str]]:
        """Facts about the machine and the build; where races differ, each value named once."""
        rows = []
        for name in dict.fromkeys(key for race in self.suite.races for key in race.context.details):
            if name in ("command", "load_before", "load_after", "steal_seconds"):
                continue
            values = dict.fromkeys(_worded(name, race.context.details.get(name))
                                   for race in self.suite.races)
            if name == "date":
                values = dict.fromkeys([min(values), max(values)])
            words = (" to " if name == "date" else "; ").join(value for value in values if value)
            if words:
                rows.append((name.replace("_", " "), words))
        return rows


def ranks(race: Race) -> bool:
    """Whether its arms are ways to place the same work, compared by their times: no costs to know, no
    peers, no numbers of workers alone."""
    return not (measures_chunks(race) or race.scaling or is_against(race) or measures_calls(race) or
                race.metric != "seconds")


def _isolation(race: Race) -> str:
    """How a race's arms are kept apart, in the word of its file."""
    if race.isolation != "renewed" or race.renewed_every is None:
        return race.isolation
    return f"renewed every {plural(race.renewed_every, 'round')}"


def _worded(name: str, value: object) -> str:
    """A fact as text."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_worded(name, item)}" for key, item in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)) and name in ("caches", "memory_bytes"):
        return memory(value)
    return "" if value is None else str(value)


def build(suite: Suite) -> Report:
    """Sorts a suite into the report's parts. Requires a race."""
    experiments: dict[str, Experiment] = {}
    for race in suite.races:
        section = Section(race, choices(race),
                          [line for line in suite.headlines if line.file == race.path.name])
        name = race.experiment
        experiments.setdefault(name, Experiment(name, [])).sections.append(section)
    return Report(suite, judge(suite), list(experiments.values()))
