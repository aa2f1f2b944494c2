"""One backend for all loops, checked on made-up results: losses, the smallest set, the smallest tasks."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from conftest import Render
import synthetic_races
from raw_results import Document
from report.answer.backend_sentences import serving_words
from report.answer.granularity import task_words
from report.answer.regret import Regret
from report.figures import style
from report.tables.regret_table import granularity_table, regret_table
from synthetic_loops import NOISY, Speeds, answer, loop
from synthetic_results import model_of, race, result, with_baseline
from test_figures import drawn_texts

QUICK, SLOW = ("a", ""), ("b", "")
FEW_ROUNDS = 3


def speeds(*values: float) -> Speeds:
    """Backends a, b, c ... and how fast each is."""
    return {(name, ""): value for name, value in zip("abcdefghijkl", values)}


def regret_of(found: list[Regret], name: str) -> Regret:
    return next(one for one in found if one.backend == name)


def test_the_worst_and_the_median_loss_are_those_of_the_loops(tmp_path: Path) -> None:
    found = answer(tmp_path, loop("one", speeds(2, 1.8)), loop("two", speeds(2, 1)),
                   loop("three", speeds(1.5, 2)))
    assert [one.backend for one in found.regrets] == ["a", "b", "serial"]
    first, second, _ = found.regrets
    assert first.worst.ratio == pytest.approx(0.25, abs=0.01) and first.worst_loop.name.startswith("three")
    assert first.median.ratio == pytest.approx(0, abs=0.005)
    assert second.worst.ratio == pytest.approx(0.5, abs=0.01) and second.worst_loop.name.startswith("two")
    assert second.median.ratio == pytest.approx(0.1, abs=0.01)


def test_intervals_hold_the_loss_and_widen_with_the_noise(tmp_path: Path) -> None:
    widths = []
    for spread in (0.01, 0.05):
        found = answer(tmp_path / str(spread), *(loop(str(i), speeds(2, 1.6), 61, spread) for i in range(3)))
        for loss in (regret_of(found.regrets, "b").worst, regret_of(found.regrets, "b").median):
            assert loss.low is not None and loss.high is not None and loss.low <= 0.2 <= loss.high
        widths.append(loss.high - loss.low)
    assert widths[0] < widths[1]


def test_an_interval_that_rounds_do_not_give_stays_open(tmp_path: Path) -> None:
    documents = [loop("one", speeds(2, 1.8)), loop("two", speeds(2, 1.8))]
    for one in documents[1]["results"]:
        if one["backend"] == "b":
            one["against_best"] |= {"interval": [None, None], "verdict": "too few rounds"}
    found = regret_of(answer(tmp_path, *documents).regrets, "b")
    assert found.worst.high is None and found.worst.low is not None
    assert "–]" in next(row for row in regret_table([found]).splitlines() if row.startswith("| b "))


def test_one_that_is_absent_or_failed_stands_below_and_says_so(tmp_path: Path) -> None:
    bad = loop("two", speeds(1.9, 2, 1))
    failed = next(one for one in bad["results"] if one["backend"] == "c")
    failed |= {"ok": False, "seconds": [], "comparison": None, "against_best": None,
               "failure": {"cause": "no memory", "round": None}}
    few = {("a", ""): 2.0, ("c", ""): 2.0}
    found = answer(tmp_path, loop("one", speeds(2, 1, 2)), bad, loop("three", few))
    rows = [[cell.strip() for cell in row.split("|")[1:3]] for row in
            regret_table(found.regrets).splitlines()[2:]]
    assert rows == [["a", "3 of 3"], ["serial", "3 of 3"], ["c", "2 of 3, failed on 1"], ["b", "2 of 3"]]


def test_one_backend_that_loses_little_everywhere_is_enough(tmp_path: Path) -> None:
    found = answer(tmp_path, loop("one", speeds(2, 1.96)), loop("two", speeds(1, 1.92, 2)))
    assert found.serving and found.serving.backends == ("b",)
    text = serving_words(found.serving, found.judged)
    assert text.startswith("**b** alone loses less than 5\u202f% on each of 2 loops: at worst 4\u202f% [")
    found = answer(tmp_path / "sure", loop("one", speeds(2, 1.97)), loop("two", speeds(1, 1.97, 2)))
    assert found.serving and "not decided" not in serving_words(found.serving, found.judged)


def test_the_set_is_no_larger_than_it_must_be_and_loses_least(tmp_path: Path) -> None:
    # c serves two loops, but only a and b together serve all three; d would do for b, at a higher loss.
    found = answer(tmp_path, loop("one", speeds(2, 1, 1.95, 1)), loop("two", speeds(1, 2, 1, 1.93)),
                   loop("three", speeds(1, 2, 1.95, 1.93)))
    assert found.serving and set(found.serving.backends) == {"a", "b"}
    text = serving_words(found.serving, found.judged)
    assert text.startswith("No backend alone loses less than 5\u202f% on each of 3 loops. **b and a** together")
    assert "at worst 0\u202f% [0, 0]." in text


def test_each_its_own_loop_needs_all(tmp_path: Path) -> None:
    count = 6
    found = answer(tmp_path, *(loop(str(i), speeds(*(2.0 if i == j else 1.0 for j in range(count))))
                               for i in range(count)))
    assert found.serving and len(found.serving.backends) == count


def test_a_set_that_noise_does_not_settle_says_so(tmp_path: Path) -> None:
    found = answer(tmp_path, loop("one", speeds(2, 1.9), spread=NOISY), loop("two", speeds(1.9, 2), spread=NOISY))
    assert found.serving and "Whether it is less than 5\u202f% is not decided." in serving_words(
        found.serving, found.judged)


def test_without_a_verdict_nothing_is_said_of_all_loops(tmp_path: Path) -> None:
    found = answer(tmp_path, loop("one", speeds(2, 1), rounds=FEW_ROUNDS))
    assert found.regrets == [] and found.serving is None and found.tasks is None


def test_the_cascade_has_a_line_a_backend_and_needs_two_loops(tmp_path: Path, render: Render) -> None:
    two = [loop("one", speeds(2, 1, 2)), loop("two", {QUICK: 2.0, SLOW: 1.0})]
    assert render(synthetic_races.write_suite(tmp_path / "two", two)).returncode == 0
    texts = drawn_texts(tmp_path / "two" / "figures" / "cascade.svg")
    assert {"a", "b", "serial", "c (1 of 2)"} <= set(texts)
    assert render(synthetic_races.write_suite(tmp_path / "one", two[:1])).returncode == 0
    assert not (tmp_path / "one" / "figures" / "cascade.svg").exists()
    assert style.PAPER in (tmp_path / "two" / "figures" / "cascade.svg").read_text()


def dispatch(costs: dict[str, tuple[float, float]], workers: int = 2) -> Document:
    """Empty chunks: a backend's start and cost of each."""
    random_ = random.Random(11)
    results: list[Document] = []
    lines: dict[str, list[int]] = {}

    def draw(seconds: float) -> list[float]:
        return [seconds * (1 + random_.uniform(-0.01, 0.01)) for _ in range(31)]

    for chunks in (1, 10, 100, 1000):
        case = {"size": chunks, "chunks": chunks, "unit": "chunks", "group": f"dispatch {chunks}"}
        results += with_baseline("dispatch", draw, 2e-9 * chunks, **case, label=f"{chunks} serial")
        for name, (start, each) in costs.items():
            lines.setdefault(name, []).append(len(results))
            results.append(result("dispatch", (name, ""), workers, draw(start + each * chunks), repeats=50,
                                  **case, label=f"{chunks} {name} x{workers}"))
    document = race("dispatch", "What does an empty run cost?", results, 31)
    return document | {"models": [model_of(results, own, name) for name, own in lines.items()]}


@pytest.mark.parametrize("workers", [2, 4])
def test_half_the_speed_is_kept_where_work_equals_cost(tmp_path: Path, workers: int) -> None:
    found = answer(tmp_path, dispatch({"a": (1e-5, 2e-7), "b": (1e-6, 1e-6)}, workers)).tasks
    assert found and found.workers == workers
    first, second = found.rows
    assert first.arm.backend == "a" and first.many.ratio == pytest.approx(workers * 2e-7, rel=0.05)
    assert first.many.low < first.many.ratio < first.many.high
    assert 1 not in first.by_count, "one task keeps one worker busy"
    for count in found.counts:  # the work of a worker takes as long as the whole run of empty tasks
        assert first.by_count[count] * count / workers == pytest.approx(1e-5 + 2e-7 * count, rel=0.02)
    assert second.arm.backend == "b" and "METG(50\u202f%)" in task_words(found)


def test_a_cost_that_may_be_nothing_has_an_upper_end_only(tmp_path: Path) -> None:
    document = dispatch({"a": (1e-3, 1e-7)})
    document["models"][0] |= {"each_seconds": -1e-9, "each_interval": [-5e-9, 3e-9]}
    found = answer(tmp_path, document).tasks
    assert found and "a below 6.0 ns" in task_words(found)
    assert "| below 6.0 ns | [0 s, 6.0 ns] |" in granularity_table(found)


def test_a_backend_is_named_by_the_schedule_whose_upper_end_is_least(tmp_path: Path) -> None:
    found = answer(tmp_path, synthetic_races.dispatch_race()).tasks
    assert found
    for row in found.by_backend:
        assert row.ceiling == min(one.ceiling for one in found.rows if one.arm.backend == row.arm.backend)
    assert len({row.arm.backend for row in found.by_backend}) == len(found.by_backend)
