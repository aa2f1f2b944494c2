"""No number stands in the report that the data beside it do not give.

Each check computes what it expects from the times and takes it off the page; what is left over must
hold no digit.
"""

from __future__ import annotations

import functools
import random
import re
import statistics
from typing import Any

import case_checks as cases
import paired_statistics as stats
import regret_checks as regret
import scaling_checks as scaling
import sharing_checks as sharing
import table_checks as checks
from answer_checks import explain_answer
from grid_checks import HEADS, check_grid, percent_is
from raw_results import Document, RawResults, answer_of, arms_of, with_label
from report_page import DURATION, NUMBER, PERCENT, UNITS, Page, shows, shows_duration, value_of
from trust_checks import explain_trust

SCALES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
DIGITS_TRIED = 60  # of some thousand; another seed tries others


def explain_tables(page: Page, results: RawResults) -> None:
    """Every table, cell by cell."""
    micros: set[str] = set()
    for table in page.tables():
        heads = table.heads
        if heads[:4] == HEADS:
            check_grid(table.rows, heads, results)
        elif heads[:2] == ["loop", "level"]:
            checks.check_ports(table, results)
        elif heads[0] == "benchmark":
            micros |= checks.check_micro(table, results)
        elif table.heading == sharing.COSTS:
            sharing.check_costs(table, results)
        elif table.heading == sharing.DISTANCE:
            sharing.check_distance(table, results)
        elif table.heading == sharing.BOOK:
            sharing.check_book(table, results)
        elif heads[:2] == ["your loop", "shown by"]:
            cases.check_patterns(table.rows, results)
        elif heads[:2] == ["backend", "loops"]:
            regret.check_losses(table, results)
        elif heads[-2:] == ["many", "interval"]:
            regret.check_tasks(table, results)
        elif heads[0] == "fact":
            check_environment(table.rows, results)
        else:
            check = (checks.check_against if heads[:2] == ["task", "against"] else
                     checks.check_sweep if heads[0].startswith("time per run") else
                     checks.check_models if heads[1].startswith("a run") else
                     functools.partial(checks.check_arms, results=results))
            check(table, results.race_named(table.heading))
        for number in table.lines:
            page.explain(number)
    for found in page.take(rf"({NUMBER}) benchmarks?", page.under("Micro benchmarks")):
        assert int(found[1]) == len(micros)


def explain_ports(page: Page, results: RawResults) -> None:
    """By what the bounds of the loops were found."""
    under = page.under("How near the loops are to the processor's ports")
    if results.ports is None:
        assert not under
        return
    found = page.take(rf"([a-z0-9]+) \((LLVM version [\d.]+)\)", under)
    assert [(one[1], one[2]) for one in found] == [(results.ports["rows"][0]["model"], results.ports["llvm"])]
    clock = page.take(rf"({NUMBER}) GHz", under)
    assert [float(one[1]) for one in clock] == [round(results.ports["clock_hertz"] / 1e9, 2)]


def check_environment(rows: list[list[str]], results: RawResults) -> None:
    """Facts as the files state them, memory sizes in a unit that fits."""
    for name, shown in rows:
        facts = [race["context"].get(name.replace(" ", "_")) for race in results.races.values()]
        if name in ("caches", "memory bytes"):
            stated = re.findall(rf"([^,;]*?) ?({NUMBER}) ([KMG]iB)(?:, |; |$)", shown)
            assert stated and "".join(f"{n} {v} {u}".strip() for n, v, u in stated) == \
                re.sub("[,;] ", "", shown)
            assert all(any(shows(number, size, SCALES[unit]) for fact in facts
                           for key, size in (fact if isinstance(fact, dict) else {"": fact}).items()
                           if key == label) for label, number, unit in stated), shown
            continue
        texts = [text for fact in facts if (text := worded(fact))]
        parts = [min(texts), max(texts)] if name == "date" else texts
        joined = (" to " if name == "date" else "; ").join(dict.fromkeys(parts))
        assert checks.unescaped(shown) == joined


def worded(fact: Any) -> str:
    """A fact in words: yes, 2, oneTBB 2021.8."""
    if isinstance(fact, dict):
        return ", ".join(f"{name} {worded(value)}" for name, value in fact.items())
    return {"True": "yes", "False": "no", "None": ""}.get(str(fact), str(fact))


def explain_texts(page: Page, results: RawResults) -> None:
    """Words of the files themselves: questions, mechanisms, commands, causes, names."""
    texts = {text for race in results.races.values() for text in (
        race["run"]["question"], race["run"]["why"], race["run"]["name"],
        race["context"]["command"])}
    texts |= {result[key] for race in results.races.values() for result in race["results"]
              for key in ("label",)}
    texts |= {part for race in results.races.values() for result in race["results"]
              for name, part in result.get("facts", {}).items() if name in ("task", "bound")}
    texts |= {part for one in results.suite["failed"] for part in one.values()}
    texts |= {run["name"] for run in (results.micro or {"benchmarks": []})["benchmarks"]}
    for text in sorted((" ".join(text.split()) for text in texts), key=len, reverse=True):
        for number, line in enumerate(page.lines):
            if re.search(r"\d", text):
                page.lines[number] = re.sub(rf"(?<![\w.]){re.escape(text)}(?![\w.])", "", line)


def explain_sentences(page: Page, results: RawResults) -> None:
    """Verdict sentences: at the top as the headlines have them, then below their races."""
    top = [line for number in page.under("Verdicts") if (line := page.lines[number])[:2] == "- "]
    headlines = results.headlines["headlines"]
    assert [checks.unescaped(line[2:].replace("**", "")) for line in top] == \
        [told(headline) for headline in headlines]
    assert all(f"**{headline['verdict']}**" in line for headline, line in zip(headlines, top))
    for headline in headlines:
        check_sentence(headline, results.races[headline["file"]])
    for number, line in enumerate(page.lines):
        if line in top:
            page.explain(number)
    run = next(iter(results.races.values()))["run"]
    for words, value in (("more than", run["margin"]), ("at most", run["alpha"]),
                         ("hold at", 1 - run["alpha"])):
        for found in page.take(rf"{words} ({PERCENT})", page.under("Verdicts")):
            assert percent_is(found[1], value)


def told(headline: Document) -> str:
    """A sentence that says its verdict."""
    sentence, verdict = headline["sentence"], headline["verdict"]
    return sentence if verdict in sentence else f"{sentence}: {verdict}"


def check_sentence(headline: Document, race: Document) -> None:
    """The ratio and interval in a sentence are those of its comparison, or their inverses."""
    results = race["results"]
    found = re.search(rf"({NUMBER})x \[([^,]+), ([^\]]+)\]", headline["sentence"])
    if headline["verdict"] in ("too noisy", "too few rounds") and not found:
        return
    pair = [results[headline[key]]["seconds"] for key in ("against", "result")]
    rule = stats.rule_for(race, results[headline["result"]], 1 - headline["confidence"])
    outcome = stats.compare(*pair, rule)
    low, high = outcome.interval.low, outcome.interval.high
    turned = outcome.verdict == "slower" and "the time of" in headline["sentence"]
    if turned:
        low, high = high and 1 / high, low and 1 / low
    assert shows(found[1], 1 / outcome.ratio if turned else outcome.ratio), headline["sentence"]
    for text, end in ((found[2], low), (found[3], high)):
        assert text in ("0", "inf", "?") if end is None else shows(text, end), headline["sentence"]


def explain_opening(page: Page, results: RawResults) -> None:
    """The line below the title."""
    first = next(iter(results.races.values()))["context"]
    line = page.lines[2]
    date, clock, cores, elapsed = re.search(
        rf"Measured (\S+) (\S+) UTC on .*, (\d+) cores?.*, ({DURATION})\.$", line).groups()
    assert first["date"].startswith(f"{date}T{clock}") and int(cores) == first["usable_cores"]
    assert shows_duration(elapsed, results.suite["elapsed_seconds"])
    assert all(checks.unescaped(line).count(first[key]) for key in ("cpu", "commit", "version"))
    page.explain(2)


def explain_races(page: Page, results: RawResults) -> None:
    """What stands around a race's figure and table."""
    for race in results.races.values():
        lines, run = page.under(race["run"]["name"]), race["run"]
        page.take(r"\]\([^)]*\)", lines)
        page.take(r"\b1 is the bound", lines)
        taken = [len(result["seconds"]) for result in race["results"] if result["ok"]] or [run["rounds"]]
        for found in page.take(rf"(?:(\d+) to )?(\d+) rounds?, ({DURATION});", lines):
            assert (int(found[1] or min(taken)), int(found[2])) == (min(taken), run["rounds"])
            assert shows_duration(found[3], run["elapsed_seconds"])
        for found in page.take(rf"In CPython \S+ on (\d+) cores?, (messages [^,]+) wait ({NUMBER}) (\S+) \(median\)[^,]+"
                               rf", at worst ({NUMBER}) (\S+)$", lines):
            assert int(found[1]) == race["context"]["usable_cores"]
            metrics = with_label(race, found[2])["metrics"]
            assert shows(found[3], statistics.median(metrics["delay_median_seconds"]), UNITS[found[4]])
            assert shows(found[5], max(metrics["delay_worst_seconds"]), UNITS[found[6]])
        for found in page.take(r"right answer, (.+)\.$", lines):
            answers = {str(answer_of(result)) for result in race["results"] if result["ok"]}
            assert answers == {found[1].replace("\u202f", "")}
        for found in page.take(rf"({NUMBER}) arms? in numbers", lines):
            assert int(found[1]) == len(arms_of(race))
        cases.explain_section(page, lines, race, results)
        for headline in results.headlines["headlines"]:
            for number in lines:
                if checks.unescaped(page.lines[number].replace("**", "")) == f"- {told(headline)}":
                    page.explain(number)


def explain_ending(page: Page, results: RawResults) -> None:
    """Failures and method."""
    races = list(results.races.values())
    rounds = sorted({race["run"]["rounds"] for race in races})
    method = page.under("Method")
    for found in page.take(r"renewed every (\d+) rounds?", method):
        assert int(found[1]) in {race["run"].get("renewed_every") for race in races}
    for found in page.take(r"(?<!every )\b(\d+)(?:–(\d+))? rounds", method):
        assert (int(found[1]), int(found[2] or found[1])) == (rounds[0], rounds[-1])
    run = races[0]["run"]
    for found in page.take(rf"±?{PERCENT}", method):
        expected = (run["gate_margin"],) if found[0][0] == "±" else (
            run["margin"], run["alpha"], 1 - run["alpha"])
        assert any(percent_is(found[0].lstrip("±"), value) for value in expected)
    lines = page.under("What did not work")
    causes = [result["failure"] for race in races for result in race["results"] if result["failure"]]
    for found in page.take(r"(\S+ \S+) in round (\d+)", lines):
        assert any(cause["cause"].endswith(found[1]) and cause["round"] + 1 == int(found[2])
                   for cause in causes)
    for found in page.take(r"All (\S+) arms of (\d+) races?", lines):
        assert value_of(found[1]) == sum(len(arms_of(race)) for race in races)
        assert int(found[2]) == len(races)
    for found in page.take(PERCENT, page.under("Which backend when")):
        assert percent_is(found[0], run["margin"])


def explain_all(page: Page, results: RawResults) -> None:
    """Raises unless each number of the page is one that the data give."""
    for explain in (scaling.explain_scaling, explain_ports, explain_tables, explain_opening, explain_answer, regret.explain_all_loops, cases.explain_memory,
                    explain_sentences, explain_trust, explain_texts, explain_races, explain_ending):
        explain(page, results)
    sharing.explain_sharing(page)
    assert page.unexplained() == []


def test_every_number_is_explained_by_the_data(rendered: RawResults) -> None:
    explain_all(Page(rendered.report), rendered)


def test_a_digit_changed_anywhere_is_found(rendered: RawResults) -> None:
    """The check above can fail: on a digit of any kind of number, wherever it stands."""
    text = rendered.report
    digits = [match.start() for match in re.finditer(r"\d", text)]
    unseen = []
    for place in random.Random(1).sample(digits, min(DIGITS_TRIED, len(digits))):
        other = str((int(text[place]) + 5) % 10)
        try:
            explain_all(Page(text[:place] + other + text[place + 1:]), rendered)
        except (AssertionError, AttributeError, KeyError, StopIteration, ValueError):
            continue
        unseen.append(text[max(0, place - 60):place + 20])
    assert not unseen, "\n".join(unseen)


def test_every_digit_of_the_first_screen_is_checked(rendered: RawResults) -> None:
    """As above, for each digit of the answer."""
    text = rendered.report
    start, end = text.index("## The answer"), text.index("\n## ", text.index("## The answer"))
    unseen = []
    for found in re.finditer(r"\d", text[start:end]):
        place = start + found.start()
        other = str((int(text[place]) + 5) % 10)
        page = Page(text[:place] + other + text[place + 1:])
        try:
            explain_answer(page, rendered)
            explain_texts(page, rendered)
            page.take(r"\]\([^)]*\)")
            assert not any(re.search(r"\d", page.lines[n]) for n in page.under("The answer"))
        except (AssertionError, AttributeError, KeyError, StopIteration, ValueError):
            continue
        unseen.append(text[max(0, place - 60):place + 20])
    assert not unseen, "\n".join(unseen)
