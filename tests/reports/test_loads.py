"""The figure of what each worker computed."""

from __future__ import annotations

from pathlib import Path

import synthetic_races
from conftest import Render


def test_a_race_that_tells_its_loads_shows_them(tmp_path: Path, render: Render) -> None:
    race = synthetic_races.pi_race()
    rounds = race["run"]["rounds"]
    for result in race["results"]:
        result["metrics"] = {"worker_1_seconds": [0.75] * rounds, "worker_2_seconds": [0.25] * rounds}
    assert render(synthetic_races.write_suite(tmp_path, [race])).returncode == 0
    drawn = (tmp_path / "figures" / "pi-backends-loads.svg").read_text()
    assert "busiest 1.50" in drawn and "least 0.50" in drawn
    assert "(figures/pi-backends-loads.svg)" in (tmp_path / "REPORT.md").read_text()


def test_a_race_without_loads_or_with_one_worker_shows_none(tmp_path: Path, render: Render) -> None:
    race = synthetic_races.pi_race()
    for result in race["results"]:
        result["metrics"] = {"worker_1_seconds": [1.0] * race["run"]["rounds"]}
    assert render(synthetic_races.write_suite(tmp_path, [race])).returncode == 0
    assert not list((tmp_path / "figures").glob("*-loads.svg"))
