"""The report's part on scaling: its numbers are those of the files, and each gap is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import synthetic_races
from conftest import Render

Document = dict[str, Any]


def located(value: float | None, low: float | None = None, high: float | None = None) -> Document:
    return {"value": value, "interval": None if value is None else [low, high]}


def fit(value: float | None, why: str = "") -> Document:
    return {**located(value, None if value is None else value - 0.01, None if value is None else value + 0.01),
            "why": why}


def scaling(**changes: Any) -> Document:
    """One series on 2 and 4 workers, of which 2 are within the cores."""
    points = [{"result": 0, "workers": 2, "within_cores": True, "beside_load": False,
               "efficiency": located(0.95, 0.93, 0.97), "karp_flatt": located(0.053, 0.031, 0.075)},
              {"result": 1, "workers": 4, "within_cores": False, "beside_load": True,
               "efficiency": located(0.5, 0, 0.6), "karp_flatt": located(0.333, 0.2, None)}]
    why = "1 number of workers above 1 within the 2 usable cores is too few for 2 parameters"
    strong = {"label": "pi on threads:static, strong", "mode": "strong", "one_worker": 0,
              "against_serial": False, "points": points, "amdahl": {"serial_fraction": fit(0.053)},
              "usl": {"contention": fit(None, why), "coherence": fit(None, why)},
              "points_fitted": 1, "points_beyond_cores": 1}
    messages = {"label": "mpi:static", "latency_seconds": located(2.5e-6, 2e-6, 3e-6),
                "bytes_per_second": located(4e9, 3e9, None)}
    return {"cores": 2, "series": [strong], "messages": messages, "why_no_messages": "", **changes}


def plan(**changes: Any) -> Document:
    def planned(ranks: int, seconds: float, measured: list[float]) -> Document:
        return {"ranks": ranks, "cores": 2, "seconds": seconds, "grain": 1000, "schedule": "static",
                "limit": "messages", "efficiency": 0.9, "core_hours": 1e-5, "measured_seconds": measured}
    return {"schema": "parlab/1-plan", "subject": "With 1e9 darts", "context": {"command": "parlab plan pi"},
            "plans": [planned(2, 1.0, [0.9, 1.0, 1.25]), planned(4, 1.5, [1.0, 1.0, 1.1]),
                      planned(1000, 0.01, [])], **changes}


def reported(folder: Path, render: Render, told: object, planned: object = None) -> tuple[int, str, str]:
    race = synthetic_races.primes_race()
    race["run"]["experiment"] = "scaling"  # whose template it is
    if told is not None:
        race["scaling"] = told
    synthetic_races.write_suite(folder, [race])
    if planned is not None:
        (folder / "plan.json").write_text(json.dumps(planned))
    done = render(folder)
    report = folder / "REPORT.md"
    return done.returncode, done.stderr, report.read_text() if report.exists() else ""


def test_numbers_are_those_of_the_files(tmp_path: Path, render: Render) -> None:
    code, complaint, text = reported(tmp_path, render, scaling(), plan())
    assert code == 0, complaint
    part = text[text.index("### How far"):]
    assert "0.950 [0.930, 0.970]" in part and "beyond the cores, beside load" in part
    assert "0.500 [–, 0.600]" in part and "0.333 [0.200, –]" in part
    assert "0.0530 [0.0430, 0.0630]" in part and part.count("not identifiable") == 2
    assert "- Not identifiable: 1 number of workers above 1" in part
    assert "2.50 [2.00, 3.00] µs" in part and "4.00 [3.00, –] GB/s" in part
    assert part.index("### How far") < part.index("### Projection against measurement")
    assert "+50 %" in part and "+0 %" in part
    assert "Of 2 plans that were run here" in part and "by +50 % at most" in part
    figure = next((tmp_path / "figures").glob("primes*.svg")).read_text()
    assert "<svg" in figure


def test_what_was_not_measured_is_said(tmp_path: Path, render: Render) -> None:
    code, complaint, text = reported(
        tmp_path, render, scaling(messages=None, why_no_messages="this build has no MPI"))
    assert code == 0, complaint
    assert "was not measured: this build has no MPI." in text
    assert "### Projection" not in text


def test_a_race_that_tells_none_has_no_such_part(tmp_path: Path, render: Render) -> None:
    code, complaint, text = reported(tmp_path, render, None)
    assert code == 0, complaint
    assert "### How far" not in text and "### Projection" not in text


def test_a_plan_is_told_without_a_race(tmp_path: Path, render: Render) -> None:
    code, complaint, text = reported(tmp_path, render, None, plan())
    assert code == 0, complaint
    assert "### How far" not in text
    assert "Of 2 plans that were run here" in text[text.index("### Projection"):]


@pytest.mark.parametrize("document, problem", [
    (plan(schema="parlab/2-plan"), 'schema "parlab/2-plan"'),
    (plan(plans=[{**plan()["plans"][0], "ranks": 0}]), "plans[0].ranks is 0"),
    (plan(plans=[{**plan()["plans"][0], "measured_seconds": [0]}]), "plans[0].measured_seconds"),
])
def test_a_plan_that_cannot_be_read_is_left_out_and_named(tmp_path: Path, render: Render, document: Document,
                                                          problem: str) -> None:
    code, complaint, text = reported(tmp_path, render, scaling(), document)
    assert code == 1
    assert problem in complaint + text
    assert "### Projection" not in text and "### How far" in text


@pytest.mark.parametrize("document", [
    scaling(cores=0), scaling(series=[{"label": "x"}]),
    scaling(series=[{**scaling()["series"][0], "mode": "sideways"}]),
    scaling(series=[{**scaling()["series"][0],
                     "points": [{**scaling()["series"][0]["points"][0], "result": 10_000}]}]),
])
def test_damaged_scaling_is_refused(tmp_path: Path, render: Render, document: Document) -> None:
    code, complaint, _ = reported(tmp_path, render, document)
    assert code == 2
    assert "scaling" in complaint
