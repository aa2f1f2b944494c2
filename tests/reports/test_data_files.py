"""Every comparison, gate, verdict and headline of the data files, computed again from the times."""

from __future__ import annotations

import json
import math
import statistics
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cost_lines
import paired_statistics as stats
import pytest
from raw_results import Document, RawResults, answer_of

CLOSE = 1e-9
PROGRAM = Path(__file__).resolve().parents[2] / "build" / "parlab"


def same_end(stated: float | None, computed: float | None) -> bool:
    if stated is None or computed is None:
        return stated is computed
    return math.isclose(stated, computed, rel_tol=CLOSE)


def assert_outcome(stated: Document, base: Document, arm: Document, rule: stats.Rule,
                   gate_holds: bool = True) -> None:
    """A stated comparison is the one that the times give."""
    outcome = stats.compare(base["seconds"], arm["seconds"], rule)
    where = f"{arm['label']} against {base['label']}"
    assert math.isclose(stated["ratio"], outcome.ratio, rel_tol=CLOSE), where
    assert same_end(stated["interval"][0], outcome.interval.low), where
    assert same_end(stated["interval"][1], outcome.interval.high), where
    if "verdict" in stated:
        if gate_holds:
            assert stated["verdict"] == outcome.verdict, where
        else:
            assert stated["verdict"] in ("too noisy", "too few rounds"), where
    if "rounds" in stated:
        assert (stated["rounds"], stated["block"]) == (outcome.rounds, outcome.block), where
    if "confidence" in stated:
        assert math.isclose(stated["confidence"], 1 - rule.alpha, rel_tol=CLOSE), where
    if "p" in stated:
        smallest = stats.smallest_alpha(base["seconds"], arm["seconds"], rule)
        assert math.isclose(stated["p"], smallest, rel_tol=1e-6), where
    if "reason" in stated:
        needed, taken = (stats.rounds_needed(rule.alpha) * outcome.block,
                         min(len(base["seconds"]), len(arm["seconds"])))
        assert stated["rounds_needed"] == needed, where
        assert stated["reason"] == ("" if taken >= needed else
                                    f"too few rounds: {taken} of {needed} needed"), where
        assert (taken < needed) == (outcome.interval.low is None), where
        assert math.isclose(stated["guard"], rule.guard, rel_tol=CLOSE), where
    if stated.get("tells") is not None:
        low, high = outcome.interval.low, outcome.interval.high
        assert low is not None and high is not None, where
        ends = max(high / outcome.ratio, outcome.ratio / low)
        assert math.isclose(stated["tells"], (1 + rule.margin) * ends - 1, rel_tol=1e-6), where


def gate_of(race: Document, result: Document) -> bool:
    """Whether the gate of a result's group holds, computed from the times; it does where there is
    none any more."""
    if stats.kind_of(race["run"]) == stats.ANYTIME:
        return True
    members = [r for r in race["results"] if r["group"] == result["group"]]
    pair = [r for role in ("baseline", "baseline again") for r in members if r["role"] == role]
    if len(pair) < 2 or not all(r["ok"] for r in pair):
        return True
    outcome = stats.compare(pair[0]["seconds"], pair[1]["seconds"], stats.rule_for(race, result))
    return stats.passes_gate(outcome.interval, race["run"]["gate_margin"])


def test_the_dependence_of_eight_rising_rounds_is_three_quarters() -> None:
    # The same numbers stand in dependence_test.cpp.
    base = {"group": "g", "role": "baseline", "ok": True, "seconds": [math.exp(i) for i in range(1, 9)]}
    arm = {"group": "g", "role": "arm", "ok": True, "seconds": [1.0] * 8}
    assert math.isclose(stats.pooled_dependence([base, arm]), 0.75)
    other = arm | {"seconds": [base["seconds"][i] * math.exp((-1) ** i) for i in range(8)]}
    assert stats.pooled_dependence([base, arm, other]) == 0
    assert [stats.block_for(r) for r in (0, 0.2, 0.5, 0.9)] == [1, 2, 4, 8]


@pytest.mark.skipif(not PROGRAM.exists(), reason="build/parlab is missing: make program")
def test_a_real_race_is_judged_as_its_times_say(tmp_path: Path) -> None:
    file = tmp_path / "race.json"
    subprocess.run([PROGRAM, "run", "pi", "--darts", "1e4", "--backend", "each", "--workers", "1,2", "--rounds",
                    "16", "--json", file, "--quiet"], check=True)
    race = json.loads(file.read_text())
    assert math.isclose(race["run"]["dependence"], stats.pooled_dependence(race["results"]), abs_tol=CLOSE)
    results, compared = race["results"], 0
    for arm in results:
        if arm["comparison"]:
            assert_outcome(arm["comparison"], results[arm["comparison"]["baseline_result"]], arm,
                           stats.rule_for(race, arm))
            compared += 1
    assert compared > 4


def test_the_dependence_of_rounds_is_that_of_all_pairs(rendered: RawResults) -> None:
    for race in rendered.races.values():
        if "dependence" in race["run"]:
            assert math.isclose(race["run"]["dependence"], stats.pooled_dependence(race["results"]), abs_tol=CLOSE)


def test_comparisons_are_those_of_the_times(rendered: RawResults) -> None:
    compared = 0
    for race in rendered.races.values():
        for arm in race["results"]:
            for key, other in (("comparison", "baseline"), ("against_best", "best")):
                part = arm[key]
                if part is None:
                    continue
                base = race["results"][part[f"{other}_result"]]
                assert base["label"] == part[other]
                if arm["role"] == "arm":
                    assert_outcome(part, base, arm, stats.rule_for(race, arm), gate_of(race, arm))
                compared += 1
    assert compared


def test_arms_that_ran_are_compared_and_failed_ones_are_not(rendered: RawResults) -> None:
    for race in rendered.races.values():
        for result in race["results"]:
            base = next(r for r in race["results"]
                        if r["group"] == result["group"] and r["role"] == "baseline")
            # What is timed from outside has no second run of its baseline, and no comparison.
            twice = any(r["group"] == result["group"] and r["role"] == "baseline again" for r in race["results"])
            expected = result["ok"] and base["ok"] and result["role"] == "arm" and twice
            if result["role"] == "arm":
                assert (result["comparison"] is not None) == expected, result["label"]
            if result["ok"]:
                # Under a budget an arm whose comparisons are decided gets no more rounds.
                assert 0 < len(result["seconds"]) <= race["run"]["rounds"], result["label"]
                assert result["failure"] is None
            else:
                assert result["failure"]["cause"], result["label"]


def test_the_best_of_a_group_gains_most_on_the_baseline(rendered: RawResults) -> None:
    for race in rendered.races.values():
        for group in {result["group"] for result in race["results"]}:
            members = [r for r in race["results"]
                       if r["group"] == group and r["ok"] and r["role"] != "baseline again"]
            named = {r["against_best"]["best_result"] for r in members if r["against_best"]}
            if len(members) < 2 or not any(r["comparison"] for r in members):
                continue
            assert len(named) == 1, group
            best = race["results"][named.pop()]
            base = next(r for r in members if r["role"] == "baseline")

            def gain(result: Document) -> float:
                return statistics.median(math.log(b / a) for b, a in zip(  # of the rounds of both
                    base["seconds"], result["seconds"], strict=False))

            # Medians of blocks may rank near-equals otherwise; that is not an error.
            assert gain(best) >= max(map(gain, members)) - math.log1p(race["run"]["margin"])


def test_gates_are_those_of_the_times(rendered: RawResults) -> None:
    for race in rendered.races.values():
        run, results = race["run"], race["results"]
        again = [r for r in results if r["role"] == "baseline again" and r["ok"]]
        assert len(race["gates"]) == len(again)
        for gate in race["gates"]:
            base, second = results[gate["baseline_result"]], results[gate["again_result"]]
            assert (base["role"], second["role"]) == ("baseline", "baseline again")
            kind = stats.kind_of(run)
            outcome = stats.against_itself(base["seconds"], second["seconds"],
                                           stats.Rule(run["alpha"], run["margin"], kind,
                                                      dependence=run.get("dependence")))
            assert math.isclose(gate["ratio"], outcome.ratio, rel_tol=CLOSE), race["run"]["name"]
            interval = stats.Interval(*gate["interval"])
            assert same_end(interval.low, outcome.interval.low), race["run"]["name"]
            assert same_end(interval.high, outcome.interval.high), race["run"]["name"]
            if kind == stats.FIXED:
                assert gate["ok"] == stats.passes_gate(interval, run["gate_margin"])
                continue
            assert math.isclose(gate["guard"], stats.guard_of(interval), rel_tol=CLOSE)
            assert gate["ok"] == (gate["guard"] == 1)


def check_family(headlines: Sequence[Document], races: Sequence[Document], alpha: float,
                 sentences: int | None) -> None:
    """Headlines are a family at that level: so many planned, or judged by Holm."""
    pairs: list[tuple[Any, Any]] = []
    for headline, race in zip(headlines, races, strict=True):
        results = race["results"]
        pairs.append((results[headline["against"]], results[headline["result"]]))
    rules = [stats.rule_for(race, arm, alpha) for race, (_, arm) in zip(races, pairs)]
    if sentences is None:
        levels = stats.holm_levels([(base["seconds"], arm["seconds"]) for base, arm in pairs], rules)
    else:
        assert len(headlines) <= sentences
        levels = [alpha / (sentences * headline["choices"]) for headline in headlines]
        assert all(headline["choices"] in (1, rivals_of(race, arm))
                   for headline, race, (_, arm) in zip(headlines, races, pairs))
    for headline, race, (base, arm), rule, level in zip(headlines, races, pairs, rules, levels,
                                                        strict=True):
        assert_outcome(headline, base, arm, rule.at(level), gate_of(race, arm))


def rivals_of(race: Document, result: Document) -> int:
    """Arms of a result's group that the fastest is chosen among."""
    return sum(one["group"] == result["group"] and one["role"] == "arm" for one in race["results"])


def test_headlines_are_judged_as_one_family(rendered: RawResults) -> None:
    headlines = rendered.headlines["headlines"]
    check_family(headlines, [rendered.races[line["file"]] for line in headlines],
                 rendered.headlines["alpha"], rendered.headlines.get("sentences"))
    for race in rendered.races.values():
        check_family(race["headlines"], [race] * len(race["headlines"]), race["run"]["alpha"],
                     race["run"].get("sentences"))


def same_location(value: float, ends: Sequence[float | None],
                  computed: cost_lines.Location) -> bool:
    """Fits are differences of near-equals: less exact than medians."""
    pairs = zip((value, *ends), (computed[0], computed[1].low, computed[1].high))
    return all(stated is other is None or stated is not None and other is not None
               and math.isclose(stated, other, rel_tol=1e-6, abs_tol=1e-13)
               for stated, other in pairs)


def of_common_rounds(series: list[list[float]]) -> list[list[float]]:
    """Each of them as far as all go: under a budget some arms have more rounds than others."""
    rounds = min(map(len, series))
    return [values[:rounds] for values in series]


def test_cost_models_are_those_of_the_times(rendered: RawResults) -> None:
    for race in rendered.races.values():
        results, run = race["results"], race["run"]
        rule = stats.Rule(run["alpha"], run["margin"], stats.kind_of(run))
        for model in race["models"]:
            arms = [results[index] for index in model["results"]]
            sizes = [arm["size"] for arm in arms]
            times = of_common_rounds([arm["seconds"] for arm in arms])
            start, each = cost_lines.cost(sizes, times, rule)
            assert same_location(model["start_seconds"], model["start_interval"], start)
            assert same_location(model["each_seconds"], model["each_interval"], each)
            serial = [next(r for r in results if r["group"] == arm["group"]
                           and r["role"] == "baseline")["seconds"] for arm in arms]
            is_serial = serial == [arm["seconds"] for arm in arms]
            both = of_common_rounds([*serial, *(arm["seconds"] for arm in arms)])
            serial, times = both[:len(arms)], both[len(arms):]
            even = None if is_serial else cost_lines.break_even(sizes, serial, times, rule)
            assert (model["break_even"] is None) == (even is None), model["label"]
            if model["break_even_why"] == "not resolved":
                assert cost_lines.why_no_break_even(sizes, serial, times, rule) == "not resolved"
            if even is not None:
                stated = model["break_even"]
                assert same_location(stated["size"], stated["interval"], even), model["label"]


def test_arms_that_ran_on_one_case_gave_the_same_right_answer(rendered: RawResults) -> None:
    for race in rendered.races.values():
        answers: dict[str, Any] = {}
        for result in (one for one in race["results"] if one["ok"]):
            case = json.dumps([result[key] for key in (
                "kernel", "variant", "algorithm", "size", "parameters")], sort_keys=True)
            assert answers.setdefault(case, answer_of(result)) == answer_of(result), result["label"]


@pytest.mark.parametrize("kind, rounds, rank", [
    *(("fixed", *row) for row in [(5, 0), (6, 1), (9, 2), (12, 3), (21, 6), (41, 14)]),
    *(("anytime", *row) for row in [(6, 0), (7, 1), (12, 2), (16, 3), (20, 4), (41, 11), (125, 44)])])
def test_intervals_take_the_tabled_order_statistics(kind: str, rounds: int, rank: int) -> None:
    """Ranks for 95 %: fixed, any table of the sign test's intervals for the median."""
    interval = stats.order_interval([float(i) for i in range(1, rounds + 1)], 0.05, kind)
    expected = (float(rank), float(rounds + 1 - rank)) if rank else (None, None)
    assert (interval.low, interval.high) == expected
