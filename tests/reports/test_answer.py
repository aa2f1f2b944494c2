"""The rules of the first screen, each checked on made-up results: good, bad and odd ones."""

from __future__ import annotations

import random
import re
from pathlib import Path

import synthetic_races
from raw_results import Document
from report.answer.answer import Answer
from synthetic_loops import NOISY, QUIET, answer, loop
from synthetic_results import race, result, with_baseline

MOST_WORDS = 25


def said(found: Answer, topic: str) -> str:
    return next((one.text for one in found.sentences if one.topic == topic), "")


def test_the_smallest_worst_loss_is_named_not_the_most_wins(tmp_path: Path) -> None:
    even, uneven = ({("a", ""): 2.0, ("b", ""): 1.9}, {("a", ""): 2.0, ("b", ""): 1.9})
    turned = {("a", ""): 1.0, ("b", ""): 2.0}
    text = said(answer(tmp_path, loop("one", even), loop("two", uneven), loop("three", turned)),
                "One backend for all")
    assert text.startswith("**Take b.** On 3 loops it lost at most 5")
    assert "Others lost 50\u202f% (serial) to 50\u202f% (a) at worst." in text
    assert "as well" not in text


def test_those_whose_worst_loss_may_be_as_small_are_named(tmp_path: Path) -> None:
    text = said(answer(tmp_path, loop("one", {("a", ""): 2.0, ("b", ""): 2.0, ("c", ""): 1.0})),
                "One backend for all")
    assert "May do as well: b." in text or "May do as well: a." in text
    assert "Others lost" in text and "(c)" in text


def test_a_backend_that_is_absent_somewhere_is_not_named(tmp_path: Path) -> None:
    text = said(answer(tmp_path, loop("one", {("a", ""): 2.0, ("b", ""): 1.5, ("c", ""): 1.9}),
                       loop("two", {("b", ""): 1.5, ("c", ""): 1.9})), "One backend for all")
    assert text.startswith("**Take c.**") and "Not measured on every loop: a." in text


def test_a_backend_that_failed_somewhere_is_not_named_and_told(tmp_path: Path) -> None:
    bad = loop("two", {("a", ""): 2.0, ("b", ""): 1.5, ("c", ""): 1.9})
    failed = next(one for one in bad["results"] if one["backend"] == "a")
    for one in bad["results"]:  # the next is the fastest now
        one["against_best"] = None
    failed |= {"ok": False, "seconds": [], "comparison": None,
               "failure": {"cause": "no memory", "round": None}}
    best = next(i for i, one in enumerate(bad["results"]) if one["backend"] == "c")
    for one in bad["results"]:
        if one["ok"] and one["role"] == "arm" and one["backend"] != "c":
            one["against_best"] = one["comparison"] | {"best_result": best, "ratio": 0.8,
                                                       "interval": [0.79, 0.81], "verdict": "slower"}
    text = said(answer(tmp_path, loop("one", {("a", ""): 2.0, ("b", ""): 1.5, ("c", ""): 1.9}), bad),
                "One backend for all")
    assert text.startswith("**Take c.**") and "**Failed on some loop: a" in text


def test_without_a_verdict_none_is_named_and_rounds_are_asked_for(tmp_path: Path) -> None:
    found = answer(tmp_path, loop("one", {("a", ""): 2.0, ("b", ""): 1.5}, rounds=3))
    assert said(found, "One backend for all") == (
        "None can be named yet: the one loop has no verdict (too few rounds).")
    assert not said(found, "How much it matters") and found.next and found.next.rounds == 6
    assert not any(cell.decided for cell in found.loops[0].cells.values())


def test_without_a_loop_of_two_backends_the_report_says_so(tmp_path: Path) -> None:
    found = answer(tmp_path, synthetic_races.primes_race())
    assert said(found, "One backend for all").startswith("No loop ran on two backends")
    assert not found.loops and found.next is None


def test_one_worker_says_nothing_of_more(tmp_path: Path) -> None:
    found = answer(tmp_path, loop("one", {("a", ""): 1.0, ("b", ""): 0.9}, workers=1))
    assert said(found, "Workers").startswith("Every arm had one worker")


def test_workers_that_gain_nothing_are_not_praised(tmp_path: Path) -> None:
    found = answer(tmp_path, loop("one", {("a", ""): 0.5, ("b", ""): 0.4}))
    assert said(found, "Workers") == ("2 workers are decided faster than the baseline on none of 1 "
                                      "loop.")
    assert "**Take serial.**" in said(found, "One backend for all")


def test_equal_backends_are_a_choice_by_taste_and_noise_is_not(tmp_path: Path) -> None:
    equal = {("a", ""): 2.0, ("b", ""): 2.0}
    text = said(answer(tmp_path / "quiet", loop("one", equal)), "How much it matters")
    assert text.startswith("On 1 of 1 loop another is as fast within 3") and "taste" in text
    text = said(answer(tmp_path / "noisy", loop("one", equal, spread=NOISY)), "How much it matters")
    assert "the fastest is not decided, most often among" in text and "taste" not in text


def test_a_fastest_beyond_the_others_is_named_with_its_loop(tmp_path: Path) -> None:
    text = said(answer(tmp_path, loop("one", {("a", ""): 2.0, ("b", ""): 1.0})), "How much it matters")
    assert "one is decided fastest: a on one" in text


def test_rankings_that_contradict_are_told_and_not_decided(tmp_path: Path) -> None:
    document = loop("one", {("a", ""): 2.0, ("b", ""): 1.9})
    other = next(one for one in document["results"] if one["backend"] == "b")
    other["against_best"] |= {"verdict": "faster", "ratio": 1.1, "interval": [1.05, 1.2]}
    found = answer(tmp_path, document)
    assert "**Rankings contradict each other** on one" in said(found, "How much it matters")
    assert not found.loops[0].cells["b"].decided


def test_the_schedule_that_loses_is_named_only_where_it_is_decided(tmp_path: Path) -> None:
    speeds = {("a", "fixed"): 1.0, ("a", "free"): 2.0, ("b", ""): 1.9}
    text = said(answer(tmp_path / "quiet", loop("one", speeds)), "Schedule")
    assert "a:fixed keeps 0.50" in text and "a:free 1.00" in text
    same = {("a", "fixed"): 2.0, ("a", "free"): 2.0, ("b", ""): 1.9}
    assert said(answer(tmp_path / "same", loop("one", same)), "Schedule").startswith("No schedule is")
    none = {("a", ""): 2.0, ("b", ""): 1.9}
    assert not said(answer(tmp_path / "none", loop("one", none)), "Schedule")


def sweep(seconds: dict[int, float]) -> Document:
    """One backend on several numbers of chunks."""
    random_ = random.Random(5)

    def draw(value: float) -> list[float]:
        return [value * (1 + random_.uniform(-QUIET, QUIET)) for _ in range(21)]

    case = {"size": 10**6, "unit": "items", "group": "cut"}
    results = with_baseline("cut", draw, 2.0, chunks=1, **case)
    results += [result("cut", ("a", ""), 2, draw(value), chunks=chunks, label=f"a g{chunks}", **case)
                for chunks, value in seconds.items()]
    return race("cut", "How many?", results, 21)


def test_the_grain_named_is_the_least_from_which_none_is_slower(tmp_path: Path) -> None:
    text = said(answer(tmp_path / "few", sweep({1: 2.0, 2: 1.5, 8: 1.0, 64: 1.0})), "Grain")
    assert text == ("Cut uneven work into 8 chunks or more on 2 workers. On cut none up to 64 is decided "
                    "slower; 1 chunk kept 0.50 of the speed.")
    text = said(answer(tmp_path / "hole", sweep({1: 1.0, 2: 1.5, 8: 1.0, 64: 1.0})), "Grain")
    assert text.startswith("Cut uneven work into 8 chunks")
    text = said(answer(tmp_path / "any", sweep({1: 1.0, 8: 1.0, 64: 1.0})), "Grain")
    assert text == "On cut no number of chunks from 1 to 64 is decided slower on 2 workers."
    text = said(answer(tmp_path / "most", sweep({1: 2.0, 8: 1.0, 64: 1.5})), "Grain")
    assert text.startswith("The most chunks, 64, are decided slower on cut")


def test_pays_and_cost_are_read_off_the_races_that_measure_them(tmp_path: Path) -> None:
    found = answer(tmp_path, synthetic_races.sizes_race(), synthetic_races.dispatch_race())
    assert "(pi-sizes)" in said(found, "How much work")
    assert "(dispatch-cost)" in said(found, "Cost of a run")
    alone = answer(tmp_path / "alone", loop("one", {("a", ""): 2.0, ("b", ""): 1.0}))
    assert not said(alone, "How much work") and not said(alone, "Cost of a run")


def test_a_backend_that_nobody_knew_is_a_column_like_any(tmp_path: Path) -> None:
    found = answer(tmp_path, loop("one", {("kept_pool", "warm"): 2.0, ("b", ""): 1.5}))
    assert "kept_pool" in found.loops[0].cells
    assert "**Take kept_pool.**" in said(found, "One backend for all")


def test_comparisons_beside_another_program_are_not_decided(tmp_path: Path) -> None:
    document = loop("one", {("a", ""): 2.0, ("b", ""): 1.0})
    next(one for one in document["results"] if one["backend"] == "b")["against_best"]["beside_load"] = True
    found = answer(tmp_path, document)
    assert not found.loops[0].cells["b"].decided and "beside another program" in found.certainty


def test_all_decided_asks_for_no_more_rounds(tmp_path: Path) -> None:
    found = answer(tmp_path, loop("one", {("a", ""): 2.0, ("b", ""): 1.0}))
    assert found.next is None and "All 2 comparisons" in found.certainty


def sentences_of(text: str) -> list[str]:
    """Parts that one reads in one breath; a list is apart from what leads to it."""
    return [part for part in re.split(r"[.;:]\*{0,2}(?: |$)", text) if part]


def test_no_sentence_is_long(tmp_path: Path) -> None:
    speeds = {(name, ""): 2.0 - 0.1 * place for place, name in enumerate("abcdefgh")}
    few = {(name, ""): 2.0 for name in "ab"}
    found = answer(tmp_path, *(loop(f"loop-{i}", speeds, spread=0.02 * (i % 3)) for i in range(8)),
                   loop("few", few), loop("short", speeds, rounds=3), sweep({1: 2.0, 8: 1.0, 64: 1.0}),
                   synthetic_races.sizes_race(), synthetic_races.dispatch_race())
    assert len(found.sentences) >= 6
    for text in [*(one.text for one in found.sentences), found.certainty]:
        for part in sentences_of(text):
            assert len(part.split()) <= MOST_WORDS, part
