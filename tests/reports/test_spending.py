"""A suite whose rounds went where verdicts needed them: what the report says of the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import synthetic_races
from conftest import Render

Document = dict[str, Any]


def suite_of(folder: Path, **spent: Any) -> Path:
    """A suite of one race with a budget."""
    synthetic_races.write_suite(folder, [synthetic_races.primes_race()])
    path = folder / "suite.json"
    document = json.loads(path.read_text()) | {
        "command": "parlab suite --profile quick --out DIR --budget 4min --resume",
        "budget_seconds": 240, "open": {"headlines": 3, "rows": 1}, "ended_early": ""} | spent
    path.write_text(json.dumps(document))
    return folder


def report_of(render: Render, folder: Path) -> str:
    done = render(folder)
    assert done.returncode == 0, done.stderr
    return (folder / "REPORT.md").read_text()


def test_what_is_open_stands_on_the_first_screen_with_the_command_that_goes_on(
        render: Render, tmp_path: Path) -> None:
    text = report_of(render, suite_of(tmp_path))
    assert "The budget of 4 min 00 s ended with 3 sentences and 1 row of the tables open." in text
    assert "\nbuild/parlab suite --profile quick --out DIR --resume --budget 5min\n" in text


def test_nothing_open_asks_for_nothing(render: Render, tmp_path: Path) -> None:
    text = report_of(render, suite_of(tmp_path, open={"headlines": 0, "rows": 0}))
    assert "Every comparison was decided within the budget." in text and "--resume" not in text


def test_an_interrupted_suite_says_so_first(render: Render, tmp_path: Path) -> None:
    text = report_of(render, suite_of(tmp_path, ended_early="interrupted"))
    first_screen = text[:text.index("## Which")] if "## Which" in text else text[:3000]
    assert "**It ended early: interrupted**" in first_screen and "--resume" in first_screen


def test_without_a_budget_the_race_with_most_open_goes_on(render: Render, tmp_path: Path) -> None:
    assert "--resume" not in report_of(render, suite_of(tmp_path, budget_seconds=None))


def decided_sooner(document: Document, index: int, rounds: int) -> None:
    """One arm as it is where its comparisons were decided sooner."""
    arm = document["results"][index]
    for result in document["results"]:
        result["rounds"] = len(result["seconds"])
    arm["seconds"] = arm["seconds"][:rounds]
    arm["rounds"] = rounds


def test_an_arm_that_was_decided_sooner_has_fewer_rounds(render: Render, tmp_path: Path) -> None:
    folder = suite_of(tmp_path)
    path = folder / "primes-chunks.json"
    document = json.loads(path.read_text())
    decided_sooner(document, 3, 9)
    path.write_text(json.dumps(document))
    assert "9 to 15 rounds, " in report_of(render, folder)


@pytest.mark.parametrize("rounds, seconds, problem", [
    (9, 8, "results[3].seconds has 8 values for 9 rounds"),
    (16, 16, "results[3].rounds is 16 of 15")])
def test_rounds_that_do_not_fit_are_refused(render: Render, tmp_path: Path, rounds: int, seconds: int,
                                            problem: str) -> None:
    folder = suite_of(tmp_path)
    path = folder / "primes-chunks.json"
    document = json.loads(path.read_text())
    arm = document["results"][3]
    arm["seconds"] = (arm["seconds"] * 2)[:seconds]
    arm["rounds"] = rounds
    path.write_text(json.dumps(document))
    done = render(folder)
    assert done.returncode == 2 and problem in done.stderr
