"""Checks of what is said of one case: the sentences of sections and of kinds of loops."""

from __future__ import annotations

import re

import table_checks as checks
from answer_checks import check_cost, check_grain, rows_of
from grid_checks import is_case, percent_is
from raw_results import Document, RawResults, arms_of, with_label
from regret_checks import empty_race, is_task, tasks_of, upper_end
from report.answer.patterns import PATTERNS
from report_page import DURATION, NUMBER, PERCENT, Page, shows, shows_duration, shows_interval

SENTENCE = re.compile(
    rf"(?:(?P<case>.+?): )?(?:(?P<withheld>too noisy|too few rounds), no verdict\.|"
    rf"(?P<failed>all arms failed)\.|no arm is decided faster than the baseline, (?P<base>.+)\.|"
    rf"\*\*(?P<name>.+?)\*\* is (?P<ratio>{NUMBER}) (?P<ends>\[.+?\]) times as fast as (?P<over>.+?)"
    rf"(?:, perhaps by less than (?P<margin>{PERCENT}))?(?P<beside>, beside load)?\."
    rf"(?: May be as fast: (?P<near>.+)\.)?)", re.IGNORECASE)
EXPERIMENTS = {"even": ["pi"], "uneven": ["primes"], "trending": ["primes"], "clustered": ["julia"],
               "memory-bound": ["diffusion"], "gather": ["spmv"], "large results": ["histogram"], "tiny": ["dispatch"], "early exit": ["verify_prime"],
               "waits": ["http_clients", "crawl"]}
MAY_BE_AS_FAST = ("equivalent", "not resolved", "too few rounds", "faster")


def groups_of(race: Document) -> list[list[Document]]:
    """The arms of a race, group by group, where any is compared by its time."""
    names = dict.fromkeys(arm["group"] for arm in arms_of(race))
    groups = [[arm for arm in arms_of(race) if arm["group"] == name] for name in names]
    return [group for group in groups
            if any(arm["role"] == "arm" and not arm.get("paced") for arm in group)]


def fits(text: str, race: Document, group: list[Document]) -> bool:
    """Whether a sentence is right for a group."""
    found = SENTENCE.fullmatch(checks.unescaped(text))
    assert found, text
    if not is_case(found["case"] or "", group):
        return False
    verdicts = [arm[key]["verdict"] for arm in group for key in ("comparison", "against_best") if arm[key]]
    if found["failed"]:
        return not any(arm["ok"] for arm in group)
    if found["withheld"]:
        return found["withheld"].lower() in verdicts
    best = checks.best_of(race, group[0])
    base = checks.base_of(race, best)
    stated = best["comparison"]
    if found["base"]:
        return set(found["base"].split()) <= checks.words_of(base) and (
            stated is None or stated["verdict"] not in ("faster", "differs"))
    outcome = checks.compare(race, base, best)
    near = [arm for arm in group if arm["ok"] and arm is not best and arm["role"] == "arm"
            and checks.compare(race, best, arm).verdict in MAY_BE_AS_FAST]
    return (set(found["name"].split()) <= checks.words_of(best)
            and set(found["over"].split()) <= checks.words_of(base)
            and shows(found["ratio"], outcome.ratio)
            and shows_interval(found["ends"], outcome.interval.low, outcome.interval.high)
            and outcome.verdict == ("differs" if found["margin"] else "faster")
            and (not found["margin"] or percent_is(found["margin"], race["run"]["margin"]))
            and bool(found["beside"]) == bool(stated.get("beside_load")) and names_fit(found["near"], near))


def names_fit(text: str | None, arms: list[Document]) -> bool:
    """Whether some of these arms are named and the rest counted."""
    parts = re.split(", | and ", text) if text else []
    more = [int(part.removesuffix(" more")) for part in parts if re.fullmatch(r"\d+ more", part)]
    names = [part for part in parts if not re.fullmatch(r"\d+ more", part)]
    return len(names) + sum(more) == len(arms) and all(any(
        set(name.split()) <= checks.words_of(arm) for arm in arms) for name in names)


def explain_section(page: Page, numbers: list[int], race: Document, results: RawResults) -> None:
    """A section's own sentence, on its case of the largest size or on its cost, and what is said of goals."""
    for number in numbers:
        line = page.lines[number]
        if line.startswith("- ") and SENTENCE.fullmatch(checks.unescaped(line[2:])):
            largest = max(arm["size"] for group in groups_of(race) for arm in group)
            assert any(fits(line[2:], race, group) for group in groups_of(race)
                       if group[0]["size"] == largest), line
            page.explain(number)
        elif line.startswith("- A run of "):
            check_cost(line[2:], [], results)
            page.explain(number)
        elif found := re.fullmatch(r"Of (\d+) goals?: (.+)\.", line):
            said = [checks.goal_outcome(race, arm) for arm in arms_of(race)
                    if arm["ok"] and arm.get("facts", {}).get("goal") is not None]
            counts = {word: int(count) for count, word in re.findall(r"(\d+) ([a-z ]+?)(?:,| and|$)", found[2])}
            met, missed = said.count("met"), said.count("missed")
            expected = {"met": met, "missed": missed, "without an answer": len(said) - met - missed}
            assert int(found[1]) == len(said)
            assert counts == {word: count for word, count in expected.items() if count}, line
            page.explain(number)


def explain_memory(page: Page, results: RawResults) -> None:
    """What races say of memory, in lines that still name their arms."""
    for race in results.races.values():
        for number in page.under(race["run"]["name"]):
            line = page.lines[number]
            if line.startswith("- ") and (" GB/s" in line or line.startswith("- A load that waits")):
                check_memory(line[2:], race, results)
                page.explain(number)


def check_memory(text: str, race: Document, results: RawResults) -> None:
    """What memory delivers, or how much of that the fastest arm of the largest case moves."""
    arms = [arm for arm in arms_of(race) if arm["ok"]]
    if race["run"]["experiment"] == "stream":
        for moved, to in re.findall(rf"Memory delivers ({NUMBER}) GB/s, to (.+?)\.(?: A |$)", text):
            fastest = checks.bytes_per_second(with_label(race, checks.unescaped(to)))
            assert shows(moved, fastest, 1e9)
            assert fastest == max(checks.bytes_per_second(arm) or 0 for arm in arms)
        for waited, where in re.findall(rf"one before it takes ({DURATION}), in (.+?)\.$", text):
            shortest = min(arm["load_seconds"] for arm in arms if arm.get("load_seconds"))
            assert shows_duration(waited, shortest)
            assert with_label(race, checks.unescaped(where))["load_seconds"] == shortest
        return
    found = re.fullmatch(rf"(.+) moves ({NUMBER}) GB/s, ({NUMBER})\u202f% of what memory delivers"
                         r"(: part of it stays in the cache)?\.", text)
    assert found, text
    arm, bound = with_label(race, checks.unescaped(found[1])), checks.memory_bound(results.races.values())
    moved = checks.bytes_per_second(arm)
    assert arm is checks.best_of(race, arm) and arm["size"] == max(one["size"] for one in arms)
    assert bound and shows(found[2], moved, 1e9) and shows(found[3], 100 * moved / bound)
    assert bool(found[4]) == (moved > bound)


def check_patterns(rows: list[list[str]], results: RawResults) -> None:
    """Every kind of loop: what the race named gives, or that there is none."""
    assert [re.match(r"\*\*(.+?)\*\*", row[0])[1] for row in rows] == list(EXPERIMENTS)
    for (kind, shown, says), (name, experiments) in zip(rows, EXPERIMENTS.items()):
        races = [race for race in results.races.values() if race["run"]["experiment"] in experiments]
        if shown == "not measured":
            command = next(one.command for one in PATTERNS if one.name == name)
            assert says == f"`{command}` shows it." and not shows_kind(name, races)
            continue
        race = next(race for race in results.races.values()
                    if shown == "[{0}](#{0})".format(race["run"]["name"]))
        if name == "tiny":
            check_tiny(says, results)
            continue
        assert race in races, kind
        if name == "trending":
            check_grain(checks.unescaped(says), rows_of(results), results)
        else:
            assert any(fits(says, race, group) for group in groups_of(race)), says


def shows_kind(name: str, races: list[Document]) -> bool:
    """Whether a race has what would show a kind: many backends, many chunks, an end found early."""
    for race in races:
        for group in groups_of(race):
            backends = {arm["backend"] for arm in group if arm["role"] == "arm"}
            work = {(arm["variant"], arm["algorithm"], arm["size"]) for arm in group}
            if name in ("even", "uneven", "clustered", "memory-bound", "gather", "large results"):
                trial = name != "uneven" or group[0]["algorithm"] == "trial"
                if len(backends) > 1 and len(work) == 1 and trial:
                    return True
            elif name == "early exit" and any(arm["answer"] == "composite" for arm in group):
                return True
    return name == "waits" and bool(races) or name == "tiny" and any(race["models"] for race in races)


def check_tiny(says: str, results: RawResults) -> None:
    """The smallest task of the best backend, and of the worst."""
    expected = tasks_of(empty_race(results))
    workers = next(iter(expected.values()))[1][0]["workers"]
    told = re.findall(rf"((?:below )?{DURATION}) \(([^)]+)\)", says)
    assert len(told) == min(2, len({name.split(":")[0] for name in expected})), says
    for shown, name in told:
        model, _ = expected[name]
        assert is_task(shown, model, workers)
        assert upper_end(model) == min(upper_end(other) for key, (other, _) in expected.items()
                                       if key.split(":")[0] == name.split(":")[0])
