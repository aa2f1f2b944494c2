"""Figures of requests: the timeline, and times against their model."""

from __future__ import annotations

import json
import random
from pathlib import Path

from report.figures import model, style, timeline
from report.load.result_files import load_race
from report.page.sections import Section
from synthetic_results import noisy, race, result, with_baseline


def load(folder: Path, document: dict) -> object:
    path = folder / "http_clients.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return load_race(path)


def answered(times: list[list[float]]) -> dict:
    return {"got": f"{len(times)} answers", "timeline": times}


def timeline_race() -> dict:
    random_ = random.Random(1)
    case = {"size": 2, "unit": "requests", "group": "requests"}
    results = with_baseline("http_clients", lambda s: noisy(random_, s, 7, 0.01), 0.2, **case)
    results.append(result("http_clients", ("serial", ""), 1, noisy(random_, 0.1, 7, 0.01), **case))
    for place, one in enumerate(results):
        one |= {"variant": f"way {place}", "label": f"way {place}",
                "answer": answered([[0.0, 0.1], [0.05, 0.15]])}
    return race("http_clients-timeline", "How to wait?", results, 7)


def test_a_timeline_is_drawn_once_an_arm(tmp_path: Path) -> None:
    loaded = load(tmp_path, timeline_race())
    assert [arm.role for arm in timeline.timelines(loaded)] == ["baseline", "arm"]
    section = Section(loaded, [], [])
    assert section.kind == "timeline"
    assert section.common_answer == "2 answers"
    with style.plain_style():
        timeline.draw(loaded, tmp_path / "timeline.svg")
    assert (tmp_path / "timeline.svg").read_text().count("<svg") == 1


def test_an_answer_that_is_no_timeline_is_none() -> None:
    for answer in (7, "a", None, {"timeline": 3}, {"timeline": [[1]]}, {"timeline": [[0, "x"]]}):
        assert timeline.timeline_of(answer) == []


def sweep_race(variant: str) -> dict:
    random_ = random.Random(2)
    results = []
    for at_once in (5, 10, 50):
        case = {"size": 100, "unit": "requests", "group": f"{at_once} at once",
                "parameters": {"at_once": at_once}}
        seconds = 2.0 / at_once
        some = with_baseline("http_clients", lambda s: noisy(random_, s, 7, 0.01), seconds, **case)
        for one in some:
            one |= {"variant": variant, "label": f"{variant} {at_once} {one['role']}"}
        base = len(results)
        measured = result("http_clients", ("serial", ""), 1, noisy(random_, 1.02 * seconds, 7, 0.01), **case)
        measured |= {"variant": "coroutines", "label": f"coroutines {at_once}"}
        if measured.get("comparison"):
            measured["comparison"]["baseline_result"] = base
        results += [*some, measured]
    return race("http_clients-sweep", "How many at once?", results, 7)


def test_a_sweep_is_drawn_against_its_model_only_where_it_has_one(tmp_path: Path) -> None:
    held = load(tmp_path, sweep_race("ideal"))
    assert model.is_held_to_model(held)
    assert Section(held, [], []).kind == "model"
    with style.plain_style():
        model.draw(held, tmp_path / "model.svg")
    assert "<svg" in (tmp_path / "model.svg").read_text()
    assert not model.is_held_to_model(load(tmp_path, sweep_race("serial")))
