"""Checks of what the report says on whether a run can be trusted."""

from __future__ import annotations

import re

from grid_checks import is_case, percent_is
from raw_results import Document, RawResults, arms_of
from report_page import DURATION, NUMBER, PERCENT, Page, shows, shows_duration, shows_interval


def explain_trust(page: Page, results: RawResults) -> None:
    """The findings on noise, load and failures."""
    lines = page.under("Can this run be trusted?")
    races = list(results.races.values())
    context = min((race["context"] for race in races), key=lambda context: context["date"])
    gates = [(race, gate) for race in races for gate in race["gates"]]
    once = "gate_margin" in races[0]["run"]
    failed = [gate for _, gate in gates if not gate["ok"]]  # now: those that show a bias
    for found in page.take(r"In (\d+) of (\d+) cases?", lines):
        assert (int(found[1]), int(found[2])) == (len(failed), len(gates))
    for found in page.take(r"all (\d+) cases", lines):
        assert int(found[1]) == len(gates) and not failed
    for found in page.take(r"Of (\d+) baselines? that ran twice, (\d+|none) differ", lines):
        assert (int(found[1]), found[2]) == (len(gates), str(len(failed) or "none")) and not once
    for found in page.take(rf"Wider by ({PERCENT})(?=: .* itself ({NUMBER}) (\[\S+, \S+\]))", lines):
        assert any(percent_is(found[1], gate["guard"] - 1) and shows(found[2], gate["ratio"])
                   and shows_interval(found[3], *gate["interval"]) for gate in failed), found[0]
    for found in page.take(rf"±({PERCENT})", lines):
        assert percent_is(found[1], races[0]["run"]["gate_margin"])
    wanted = [(race, gate) for race, gate in gates if not gate["ok"]] or gates
    shown = [match for number in lines if (match := re.search(
        rf"([\w-]+)(?: \((.+)\))?, baseline against itself ({NUMBER}) (\[\S+, \S+\])",
        page.lines[number]))]
    more = page.take(r"And (\d+) (?:others|by less)", lines)
    assert len(shown) + sum(int(found[1]) for found in more) == (len(failed) or min(1, len(gates)))
    for found in shown:
        assert any(is_gate(found, race, gate) for race, gate in wanted), found[0]
        page.take(re.escape(found[0]), lines)
    cores = [int(found[1]) for found in page.take(r"(\d+) cores?", lines)]
    assert set(cores) == {context["usable_cores"]}
    before = page.take(rf"(?:Load|load was) ({NUMBER})", lines)[0][1]
    assert shows(before, context["load_before"][0], digits=2)
    for found in page.take(rf"at most ({NUMBER})", lines):
        assert shows(found[1], max(race["context"]["load_after"][0] for race in races), digits=2)
    compared = [arm["comparison"] for race in races for arm in arms_of(race)
                if arm["comparison"] and arm["role"] == "arm"]
    beside = sum(one.get("beside_load", False) for one in compared)
    stated = page.take(r"beside (\d+) of (\d+) comparisons?", lines)
    assert [(int(found[1]), int(found[2])) for found in stated] == (
        [(beside, len(compared))] if beside else [])
    time = sum(race["run"]["elapsed_seconds"] * race["context"]["usable_cores"] for race in races)
    for found in page.take(PERCENT, lines):
        stolen = sum(race["context"]["steal_seconds"] for race in races)
        assert percent_is(found[0], stolen / time)
    spent = page.take(rf"rest of the ({DURATION}) .* (\d+) sentences? and (\d+) rows? of the tables are still open", lines)
    still = results.suite.get("open")
    assert [(int(found[2]), int(found[3])) for found in spent] == (
        [(still["headlines"], still["rows"])] if still and not results.suite.get("ended_early") else [])
    assert all(shows_duration(found[1], results.suite["budget_seconds"]) for found in spent)
    page.take(r"--resume --budget 5min$")  # as long as a budget's report asks for, whatever it was
    micro = (results.micro or {"benchmarks": []})["benchmarks"]
    failures = (sum(not result["ok"] for race in races for result in race["results"])
                + sum(one.get("name", one.get("file")) not in names_of(results)
                      for one in results.suite["failed"])
                + sum(bool(run.get("error_occurred")) for run in micro))
    stated = page.take(r"(\d+) failures?", lines)
    assert [int(found[1]) for found in stated] == ([failures] if failures else [])


def check_budget(line: str, results: RawResults) -> None:
    """What became of the budget: its length, and what it left open."""
    still, budget = results.suite.get("open"), results.suite.get("budget_seconds")
    found = re.search(rf"(?:The budget of ({DURATION}) ended|It ended early: .*\*\*,) with (\d+) sentences? and "
                      r"(\d+) rows? of the tables open\.", line)
    is_told = bool(still) and bool(results.suite.get("ended_early") or budget and (still["headlines"] or still["rows"]))
    assert bool(found) == is_told, line
    if found:
        assert found[1] is None or shows_duration(found[1], budget), line
        assert (int(found[2]), int(found[3])) == (still["headlines"], still["rows"]), line


def is_gate(found: re.Match[str], race: Document, gate: Document) -> bool:
    """Whether a line's race, case and A/A interval are those of a gate."""
    group = [arm for arm in arms_of(race) if arm["group"] == gate["group"]]
    return (found[1] == race["run"]["name"] and is_case(found[2] or "", group)
            and shows(found[3], gate["ratio"]) and shows_interval(found[4], *gate["interval"]))


def names_of(results: RawResults) -> set[str]:
    """Names of the races that left a file."""
    return {race["run"]["name"] for race in results.races.values()} | set(results.races)
