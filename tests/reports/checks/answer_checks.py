"""Checks of the first screen: every number of its sentences, computed from the times once more."""

from __future__ import annotations

import math
import re
import statistics
from dataclasses import dataclass

import table_checks as checks
from grid_checks import is_case, percent_is
from raw_results import Document, RawResults, arms_of, offers_a_choice
from report_page import DURATION, NUMBER, PERCENT, Page, seconds_of, shows
from trust_checks import check_budget

HEADING = "The answer"
WITHHELD = ("too noisy", "too few rounds")
LOSS = rf"(?:over )?{PERCENT}"


@dataclass(frozen=True)
class Row:
    """A loop: a group's arms by backend, with the speed of each against the fastest."""

    race: Document
    arms: list[Document]
    best: Document
    withheld: bool
    outcomes: dict[str, checks.stats.Outcome]  # by label, all but the best

    def is_named(self, name: str) -> bool:
        """Whether `pi-sizes (1e5 darts)` is this loop."""
        found = re.fullmatch(r"([\w.-]+)(?: \((.*)\))?", name)
        return bool(found) and found[1] == self.race["run"]["name"] and is_case(found[2] or "", self.arms)

    @property
    def backends(self) -> set[str]:
        return {arm["backend"] for arm in self.arms}

    def speed(self, arm: Document) -> float:
        return 1.0 if arm is self.best else self.outcomes[arm["label"]].ratio

    def cell(self, backend: str) -> Document | None:
        """The arm of a backend that came nearest to the fastest."""
        own = [arm for arm in self.arms if arm["backend"] == backend
               and (arm is self.best or arm["label"] in self.outcomes)]
        return self.best if self.best in own else max(own, key=self.speed, default=None)

    def loss(self, backend: str) -> tuple[float, float, float | None]:
        """What a backend loses, with the ends of the interval."""
        arm = self.cell(backend)
        if arm is self.best:
            return 0.0, 0.0, 0.0
        outcome = self.outcomes[arm["label"]]
        low, high = outcome.interval.low, outcome.interval.high
        return (max(0.0, 1 - outcome.ratio), 0.0 if high is None else max(0.0, 1 - high),
                None if low is None else max(0.0, 1 - low))

    def is_open(self, arm: Document) -> bool:
        stated = arm["against_best"]
        return (self.withheld or stated["verdict"] not in ("slower", "differs", "equivalent")
                or stated.get("beside_load", False))


def rows_of(results: RawResults) -> list[Row]:
    """All loops: groups of two backends or more that ran one and the same work."""
    rows = []
    for race in results.races.values():
        if not offers_a_choice(race):
            continue
        for group in dict.fromkeys(arm["group"] for arm in arms_of(race)):
            arms = [arm for arm in arms_of(race) if arm["group"] == group]
            work = {(a["kernel"], a["variant"], a["algorithm"], a["size"]) for a in arms}
            if len(work) > 1 or len({a["backend"] for a in arms if a["role"] == "arm"}) < 2:
                continue
            best = checks.best_of(race, arms[0])
            verdicts = [arm[key]["verdict"] for arm in arms for key in ("comparison", "against_best")
                        if arm[key]]
            withheld = "too noisy" in verdicts or all(one in WITHHELD for one in verdicts)
            gate = next(one for one in race["gates"] if one["group"] == group)
            withheld |= "gate_margin" in race["run"] and not gate["ok"]
            rows.append(Row(race, arms, best, withheld, {
                arm["label"]: checks.compare(race, best, arm) for arm in arms
                if arm["ok"] and arm is not best}))
    return rows


def explain_answer(page: Page, results: RawResults) -> None:
    """Every sentence of the first screen, then the line of trust."""
    rows, lines, rounds = rows_of(results), page.under(HEADING), None
    topics = {"One backend for all": check_one_for_all, "How much it matters": check_free_choice,
              "Workers": check_workers, "Schedule": check_schedule, "Grain": check_grain,
              "How much work": check_pays, "Cost of a run": check_cost}
    for number in lines:
        if found := re.match(r"- \*\*([^:*]+):\*\* (.*)$", page.lines[number]):
            topics[found[1]](checks.unescaped(found[2]), rows, results)
            page.explain(number)
        elif page.lines[number].startswith("**How sure?**"):
            rounds = check_certainty(page.lines[number], rows, results)
            page.explain(number)
    commands = {race["context"]["command"] for race in results.races.values()}
    for number in lines:
        if found := re.search(r"--rounds (\d+)", page.lines[number]):
            assert int(found[1]) == rounds and any(re.sub(r"--rounds[ =]\S+", f"--rounds {found[1]}", command)
                       == page.lines[number] for command in commands)
            page.explain(number)


def is_loss(text: str, share: float) -> bool:
    """Whether `8 %` or `over 99 %` is that loss."""
    if text.startswith("over "):
        return share >= 0.995 and percent_is(text[5:], 0.99)
    return share < 0.995 and percent_is(text, share)


def comparable(rows: list[Row]) -> list[Row]:
    everything = {name for row in rows for name in row.backends}
    return [row for row in rows if 2 * len(row.backends) >= len(everything)]


def check_one_for_all(text: str, rows: list[Row], results: RawResults) -> None:
    """The backend named has the smallest worst loss of those measured everywhere."""
    judged = [row for row in comparable(rows) if not row.withheld]
    few, unjudged = len(rows) - len(comparable(rows)), len(comparable(rows)) - len(judged)
    for count, pattern in ((few, r"(\d+) loops? on which fewer"), (unjudged, r"(\d+) loops? without")):
        found = re.search(pattern, text)
        assert (int(found[1]) if found else 0) == (count if judged else 0), text
    if not judged:
        assert text.startswith("None can be named yet" if rows else "No loop ran"), text
        return
    names = {name for row in judged for name in row.backends
             if all(name in one.backends and one.cell(name) for one in judged)}
    losses = {name: [row.loss(name) for row in judged] for name in names}
    worst = {name: max(loss[0] for loss in found) for name, found in losses.items()}
    found = re.match(rf"\*\*Take (\S+)\.\*\* On (\d+ loops|the one loop) it lost at most ({LOSS}) "
                     rf"\[(\S+), (\S+)\] of the fastest's speed, and ({LOSS}) in the median", text)
    if not found:
        assert text.startswith("None ran on all") and not names, text
        return
    name, on = found[1], found[2]
    assert on == ("the one loop" if len(judged) == 1 else f"{len(judged)} loops")
    assert worst[name] == min(worst.values()) and is_loss(found[3], worst[name]), text
    assert shows(found[4], 100 * max(loss[1] for loss in losses[name]), digits=9)
    highs = [loss[2] for loss in losses[name]]
    assert shows(found[5], None if None in highs else 100 * max(highs), digits=9)
    assert is_loss(found[6], statistics.median(loss[0] for loss in losses[name]))
    bound = max([worst[name], *(high for high in highs if high is not None)])
    near = {one for one in names - {name} if max(loss[1] for loss in losses[one]) <= bound}
    told = re.search(r"May do as well: (.+?)\.(?: |$)", text)
    check_named(told[1] if told else "", sorted(near))
    far = sorted(worst[one] for one in names - near - {name})
    told = re.search(rf"Others lost ({LOSS}) \((\S+)\)(?: to ({LOSS}) \((\S+)\))? at worst", text)
    assert bool(told) == bool(far) and (not told or bool(told[3]) == (len(far) > 1)), text
    for place, share in ((1, far[:1]), (3, far[1:][-1:])):
        for expected in share:
            assert is_loss(told[place], expected) and worst[told[place + 1]] == expected, text


def check_named(text: str, names: list[str]) -> None:
    """`a, b and 2 more` names these, or as many."""
    parts = [part for part in re.split(r", (?![^()]*\))| and ", text) if part]
    more = [int(part.removesuffix(" more")) for part in parts if re.fullmatch(r"\d+ more", part)]
    shown = [part for part in parts if not re.fullmatch(r"\d+ more", part)]
    assert len(shown) + sum(more) == len(names), text
    assert set(shown) <= set(names), text


def check_loops(text: str, rows: list[Row]) -> None:
    """As check_named, of loops."""
    parts = re.split(r", (?![^()]*\))| and (?![^()]*\))", text)
    more = sum(int(part.removesuffix(" more")) for part in parts if re.fullmatch(r"\d+ more", part))
    shown = [part for part in parts if not re.fullmatch(r"\d+ more", part)]
    assert len(shown) + more == len(rows), text
    assert all(any(row.is_named(part) for row in rows) for part in shown), text


def others_of(row: Row) -> list[Document]:
    """The nearest arms of the backends that are not the fastest's."""
    return [arm for name in row.backends - {row.best["backend"]} if (arm := row.cell(name))]


def check_free_choice(text: str, rows: list[Row], results: RawResults) -> None:
    """How many loops are open, shared or decided."""
    judged = [row for row in rows if not row.withheld and others_of(row)]
    unsettled = [row for row in judged if any(map(row.is_open, others_of(row)))]
    shared = [row for row in judged if row not in unsettled and any(
        arm["against_best"] and arm["against_best"]["verdict"] == "equivalent"
        and arm["backend"] != row.best["backend"] for arm in row.arms)]
    alone = [row for row in judged if row not in unsettled and row not in shared]
    for words, found in (("the fastest is not decided", unsettled), ("another is as fast", shared),
                         ("one is decided fastest", alone)):
        told = re.search(rf"On (\d+) of (\d+) loops? {words}", text)
        assert bool(told) == bool(found), text
        assert not told or (int(told[1]), int(told[2])) == (len(found), len(judged)), text
    for found in re.finditer(rf"within ({PERCENT})", text):
        assert percent_is(found[1], judged[0].race["run"]["margin"])
    if unsettled:
        told = re.search(r"most often among (.*?)\.(?: |$)", text)[1]
        for name, count in re.findall(r"(\S+) \((\d+)\)", told):
            assert int(count) == sum(row.best["backend"] == name or any(
                arm["backend"] == name and row.is_open(arm) for arm in others_of(row))
                for row in unsettled), text
    if alone:
        told = re.search(r"one is decided fastest: (.*?)\.(?: |$)", text)[1]
        check_loops(re.sub(r"(^|, | and )\S+ on ", r"\1", told), alone)
    turned = [row for row in judged if any(arm["against_best"] and arm["against_best"]["verdict"]
                                           == "faster" for arm in row.arms)]
    told = re.search(r"each other\*\* on (.*?): an arm", text)
    assert bool(told) == bool(turned)
    if told:
        check_loops(told[1], turned)


def check_workers(text: str, rows: list[Row], results: RawResults) -> None:
    """How many loops gain, and the span of their speed-ups."""
    judged = [row for row in rows if not row.withheld]
    counts = {arm["workers"] for row in judged for arm in row.arms if arm["role"] == "arm"}
    if counts == {1}:
        assert text.startswith("Every arm had one worker")
        return
    gains = [row for row in judged if row.best["workers"] > 1 and row.best["comparison"]
             and row.best["comparison"]["verdict"] == "faster"]
    found = re.match(rf"(?:Up to )?(\d+) workers (?:ran (\d+) of (\d+) loops? ({NUMBER})(?: to "
                     rf"({NUMBER}))? times as fast|are decided faster than the baseline on none of "
                     r"(\d+) loops?)", text)
    assert int(found[1]) == max(counts)
    if found[6]:
        assert not gains and int(found[6]) == len(judged)
        return
    assert (int(found[2]), int(found[3])) == (len(gains), len(judged))
    ratios = [checks.compare(row.race, checks.base_of(row.race, row.best), row.best).ratio
              for row in gains]
    assert shows(found[4], min(ratios)) and shows(found[5] or found[4], max(ratios)), text
    told = re.search(r"Not shown on (.*?)\.(?: |$)", text)
    if told:
        check_loops(told[1], [row for row in judged if row not in gains])
    for more in re.finditer(r"On (\d+) of them fewer", text):
        most = max(counts)
        assert int(more[1]) == sum(any(
            1 < arm["workers"] < most and (arm is row.best or arm["against_best"] and arm[
                "against_best"]["verdict"] not in ("slower", "differs"))
            for arm in row.arms if arm["ok"] and arm["role"] == "arm") for row in gains)


def check_schedule(text: str, rows: list[Row], results: RawResults) -> None:
    """The schedule that loses most, and the one that it loses to."""
    if count := re.search(r"on (\d+) loops? with a choice", text):
        assert int(count[1]) == sum(not row.withheld and any(len({
            arm["schedule"] for arm in row.arms if arm["backend"] == name and arm["ok"]}) > 1
            for name in row.backends) for row in rows)
        return
    found = re.match(rf"It can .*?\. On (.+\)|\S+) (\S+) keeps ({NUMBER}) of .*, (\S+) ({NUMBER})\.$", text)
    row = next(row for row in rows if row.is_named(found[1]) and all(any(
        f"{arm['backend']}:{arm['schedule']}" == name and arm["ok"] and shows(number, row.speed(arm))
        for arm in row.arms) for name, number in ((found[2], found[3]), (found[4], found[5]))))
    assert found[2].split(":")[0] == found[4].split(":")[0] and not row.withheld


def check_grain(text: str, rows: list[Row], results: RawResults) -> None:
    """From how many chunks on none is slower, and what the fewest keep."""
    race = next(race for race in results.races.values() if re.search(
        rf"On {re.escape(race['run']['name'])} (?:no|none)|slower on "
        rf"{re.escape(race['run']['name'])}:", text))
    arms = [arm for arm in race["results"] if arm["role"] == "arm" and arm["ok"]]
    lost: dict[int, list[float]] = {}
    for arm in arms:
        if arm["against_best"] and arm["against_best"]["verdict"] in ("slower", "differs"):
            best = checks.best_of(race, arm)
            lost.setdefault(arm["chunks"], []).append(checks.compare(race, best, arm).ratio)
    counts = sorted({arm["chunks"] for arm in arms})
    first = max([0, *(i + 1 for i, count in enumerate(counts) if count in lost)])
    if found := re.match(r"The most chunks, (\d+),", text):
        assert int(found[1]) == counts[-1] and first == len(counts)
        return
    assert int(re.search(r"on (\d+) workers?", text)[1]) == max(arm["workers"] for arm in arms)
    if found := re.search(r"from (\d+) to (\d+) is decided slower", text):
        assert (int(found[1]), int(found[2])) == (counts[0], counts[-1]) and not first
        return
    found = re.match(rf"Cut uneven work into (\d+) chunks? or more .* none up to (\d+) is .*; (\d+) "
                     rf"chunks? kept ({NUMBER}) of the speed\.$", text)
    assert (int(found[1]), int(found[2])) == (counts[first], counts[-1]), text
    least = min(min(found_) for count, found_ in lost.items() if count < counts[first])
    assert int(found[3]) in lost and shows(found[4], least) and min(lost[int(found[3])]) == least


def is_rough(text: str, seconds: float) -> bool:
    """Whether a duration is that one to two digits."""
    shown = seconds_of(text)
    if seconds >= 99.5:  # in whole seconds, or in minutes
        return abs(shown - seconds) <= (0.5 if seconds < 3600 else 30) * (1 + 1e-6)
    return abs(shown - float(f"{seconds:.1e}")) <= 1e-6 * shown


def durations_in(text: str) -> list[tuple[str, str]]:
    """Each time of a list with the name before it."""
    return [(shown, name) for name, shown in re.findall(rf"([^\s,]+) ({DURATION})", text)]


def check_pays(text: str, rows: list[Row], results: RawResults) -> None:
    """Each time is a break-even size at the pace of the largest baseline."""
    race = next(race for race in results.races.values() if f"({race['run']['name']})" in text)
    base = max((arm for arm in race["results"] if arm["role"] == "baseline"),
               key=lambda arm: arm["size"])
    pace = statistics.median(base["seconds"]) / base["size"]
    first: dict[str, float] = {}
    whys: dict[str, set[str]] = {}  # of arms that are not shown to pay
    for model in race["models"]:
        name = race["results"][model["results"][0]]["backend"]
        if model["break_even"] and model["break_even"]["interval"][1] is not None:
            first[name] = min(first.get(name, float("inf")), pace * model["break_even"]["size"])
        elif race["results"][model["results"][0]]["role"] == "arm":
            whys.setdefault(name, set()).add(model["break_even_why"] or "an open end")
    others = {name: why for name, why in whys.items() if name not in first}
    parts = text.rstrip(".").split(". ")
    never = next((part for part in parts if part.startswith("At no size")), "")
    undecided = next((part for part in parts if part.startswith("Whether")), "")
    for name, why in others.items():
        words = re.split(r"[ ,]+", never if why == {"never pays"} else undecided)
        assert name in words, (name, why, text)
    assert bool(never) == any(why == {"never pays"} for why in others.values())
    assert bool(undecided) == any(why != {"never pays"} for why in others.values())
    told = durations_in(text)
    assert [name for _, name in told] == sorted(first, key=lambda name: first[name])
    assert all(is_rough(shown, first[name]) for shown, name in told), text


def check_cost(text: str, rows: list[Row], results: RawResults) -> None:
    """Each time is the least median of a backend's schedules at the fewest chunks that reach all workers."""
    race = next(race for race in results.races.values() if f"({race['run']['name']})" in text)
    arms = [arm for arm in race["results"] if arm["role"] == "arm" and arm["ok"]]
    most = max(arm["workers"] for arm in arms)
    found = re.match(r"A run of (\d+) empty chunks? on (\d+) workers? takes: ", text)
    enough = [arm["chunks"] for arm in arms if arm["workers"] == most and arm["chunks"] >= most]
    assert int(found[2]) == most and int(found[1]) == (
        min(enough) if enough else max(arm["chunks"] for arm in arms if arm["workers"] == most))
    least: dict[str, float] = {}
    for arm in arms:
        if (arm["workers"], arm["chunks"]) == (most, int(found[1])):
            seconds = statistics.median(arm["seconds"])
            least[arm["backend"]] = min(seconds, least.get(arm["backend"], seconds))
    told = durations_in(text)
    assert [name.split(":")[0] for _, name in told] == sorted(least, key=lambda name: least[name])
    for shown, name in told:
        backend, _, schedule = name.partition(":")
        assert is_rough(shown, least[backend])
        assert any(arm["backend"] == backend and arm["schedule"] == schedule and
                   statistics.median(arm["seconds"]) == least[backend] for arm in arms)


def rounds_of(row: Row, arm: Document) -> float:
    """Rounds after which a comparison's interval may leave the margin's end, 1.5 to 8 times as many."""
    rounds, margin = row.race["run"]["rounds"], row.race["run"]["margin"]
    outcome = row.outcomes[arm["label"]]
    low, high = outcome.interval.low, outcome.interval.high
    if low is None or high is None:
        return 2 * rounds
    half = (math.log(high) - math.log(low)) / 2
    room = abs(abs(math.log(outcome.ratio)) - math.log(1 + margin))
    return rounds * max(1.5, min(8.0, (half / room) ** 2))


def check_certainty(line: str, rows: list[Row], results: RawResults) -> int | None:
    """Calibration, what stayed open, and the race that has most of it; the rounds that it asks for."""
    races = list(results.races.values())
    gates = [gate for race in races for gate in race["gates"]]
    found = re.search(rf"A/A: (\d+) of (\d+) baselines? that ran twice (left ±({PERCENT})|differ)", line)
    assert (int(found[1]), int(found[2])) == (sum(not gate["ok"] for gate in gates), len(gates))
    if found[4]:
        assert percent_is(found[4], races[0]["run"]["gate_margin"])
    cells = [(row, arm) for row in rows for arm in others_of(row)]
    undecided = [pair for pair in cells if pair[0].is_open(pair[1])]
    told = re.search(r"(\d+) of the (\d+) comparisons?|All (\d+) comparisons? ", line)
    assert bool(told) == bool(cells)
    if told:
        assert (told[1] or "0", told[2] or told[3]) == (str(len(undecided)), str(len(cells))), line
    if beside := re.search(r"(\d+) of them ran beside", line):
        assert int(beside[1]) == sum(arm["against_best"].get("beside_load", False) for _, arm in cells)
    check_budget(line, results)
    if most := re.search(rf"Most open: (\S+), with (\d+)\. In about ({DURATION}) this", line):
        counts = {}
        for row, _ in undecided:
            counts[row.race["run"]["name"]] = counts.get(row.race["run"]["name"], 0) + 1
        assert counts[most[1]] == int(most[2]) == max(counts.values()), line
        race = next(race for race in races if race["run"]["name"] == most[1])
        rounds = math.ceil(statistics.median(
            rounds_of(row, arm) for row, arm in undecided if row.race is race))
        seconds = race["run"]["elapsed_seconds"] * rounds / race["run"]["rounds"]
        assert is_rough(most[3], seconds), line
        return rounds
    return None
