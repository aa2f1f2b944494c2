"""The figure of who held CPython's lock, and arms whose pace others set."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import synthetic_races
import pytest
from conftest import Render
from synthetic_results import noisy, race, result

from report.figures.lock_holders import FREE, HOLDS, WAITS, spans_of
from report.load.result_files import load_race

ROUNDS = 11


def traced(spans: list[tuple[int, int, float, float]], **metrics: list[float]) -> dict[str, list[Any]]:
    """Metrics as an arm gives them: the trace with its first round."""
    numbers: dict[str, list[Any]] = dict(metrics)
    for i, span in enumerate(spans):
        for name, value in zip(("worker", "kind", "begin_seconds", "end_seconds"), span):
            numbers[f"span_{i}_{name}"] = [value] + [None] * (ROUNDS - 1)
    return numbers


@pytest.fixture
def gil() -> dict[str, Any]:
    """One thread, two that release the lock, and messages beside a third, on one core."""
    random_ = random.Random(5)
    fields = {"size": 4, "unit": "pieces", "parameters": {"cores": "1 core"}}

    def arm(variant: str, seconds: float, **more: Any) -> dict[str, Any]:
        return result("gil", ("serial", ""), 1, noisy(random_, seconds, ROUNDS, 0.002), variant=variant,
                      label=variant + more.pop("suffix", ""), **fields | {"group": "C"} | more)

    document = race("gil", "What does the lock cost?", [
        arm("C in one thread", 0.02, role="baseline", metrics=traced([(0, HOLDS, 0, 0.02)])),
        arm("C in one thread", 0.02, role="baseline again", suffix=" again"),
        arm("C in two threads", 0.01, metrics=traced([(0, FREE, 0, 0.01), (1, FREE, 0, 0.01)]))],
        ROUNDS)
    document["results"].append(
        arm("messages beside C", 0.05, group="messages", role="baseline", paced=True, unit="messages",
            metrics=traced([(0, HOLDS, 0, 0.012), (1, WAITS, 0.005, 0.012)],
                           delay_median_seconds=[0.007] * ROUNDS,
                           delay_worst_seconds=[0.007] * (ROUNDS - 1) + [0.031])))
    document["remarks"] = [{"result": 3, "sentence": "messages beside C wait 7 ms"}]
    return document


def test_strips_stand_for_what_each_worker_did(gil: dict[str, Any], tmp_path: Path, render: Render) -> None:
    folder = synthetic_races.write_suite(tmp_path, [gil])
    assert render(folder).returncode == 0
    drawn = (tmp_path / "figures" / "gil-timeline.svg").read_text()
    for words in ("1 core", "C in two threads", "thread 2", "computes", "reads", "7.00 ms, 31.0 ms",
                  "runs, holds the lock", "in C, has released it", "a message waits"):
        assert f"<!-- {words} -->" in drawn
    arm = load_race(tmp_path / "gil.json").arms[2]
    spans = [(span.worker, span.kind, span.end) for span in spans_of(arm)]
    assert spans == [(0, FREE, 0.01), (1, FREE, 0.01)]


def test_a_pace_that_others_set_is_no_speed(gil: dict[str, Any], tmp_path: Path, render: Render) -> None:
    assert render(synthetic_races.write_suite(tmp_path, [gil])).returncode == 0
    text = (tmp_path / "REPORT.md").read_text()
    assert "- messages beside C wait 7 ms\n" in text
    grid = text[text.index("## Which backend when"):text.index("## gil")]
    assert "two threads" in grid and "messages" not in grid
    row = next(line for line in text.splitlines() if line.startswith("| messages beside C"))
    assert [cell.strip() for cell in row.split("|")[2:-1]] == ["7.00", "31.0"]
