"""The report's section on the history: what it draws and says is what the file holds."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import synthetic_races
from conftest import Render

Document = dict[str, Any]


def point(day: int, commit: str, ratio: float, verdict: str = "faster") -> Document:
    return {"date": f"2026-11-{day:02}T10:00:00Z", "commit": commit, "dirty": False, "conditions": {}, "rounds": 21,
            "ratio": ratio, "interval": [ratio - 0.02, ratio + 0.02], "verdict": verdict, "command": "parlab run pi"}


def history(**changes: Any) -> Document:
    """Two arms: one that changed, one measured at one commit only."""
    changed = {"experiment": "pi", "name": "pi", "group": "g", "label": "tbb:auto x2", "baseline": "serial",
               "metric": "seconds",
               "points": [point(1, "aaaaaaaaaaaa", 2.0), point(2, "bbbbbbbbbbbb", 1.6)],
               "changes": [{"from": "aaaaaaaaaaaa", "to": "bbbbbbbbbbbb", "before": 0, "after": 1, "ratio": 0.8,
                            "command": "parlab race --git aaaaaaaaaaaa..bbbbbbbbbbbb -- build/parlab run pi"}]}
    once = {**changed, "label": "openmp:static x2", "points": [point(1, "aaaaaaaaaaaa", 1.9)], "changes": []}
    return {"schema": "parlab/1-history", "machine": "m", "facts": None, "runs": 2, "runs_of_other_machines": 3,
            "series": [once, changed], **changes}


def rendered(folder: Path, render: Render, document: object) -> tuple[int, str, str]:
    synthetic_races.write_suite(folder, [synthetic_races.primes_race()])
    (folder / "history.json").write_text(document if isinstance(document, str) else json.dumps(document))
    done = render(folder)
    return done.returncode, done.stderr, (folder / "REPORT.md").read_text()


def test_a_change_is_told_with_the_race_that_decides_it(tmp_path: Path, render: Render) -> None:
    code, complaint, text = rendered(tmp_path, render, history())
    assert code == 0, complaint
    part = text[text.index("## History"):text.index("## What did not work")]
    assert "from aaaaaaaaa to bbbbbbbbb the ratio to serial went from 2.00 [1.98, 2.02] to 1.60 [1.58, 1.62]" in part
    assert "parlab race --git aaaaaaaaaaaa..bbbbbbbbbbbb -- build/parlab run pi" in part
    assert "2 runs of this machine are kept" in part and "3 runs of other machines are not compared" in part
    assert "1 arm was measured at several commits, 1 of them changed" in part
    assert len(re.findall(r"^\| pi ", part, re.MULTILINE)) == 2
    assert "openmp" not in part, "measured at one commit only"
    assert "tbb:auto x2" in (tmp_path / "figures" / "ratios-over-commits.svg").read_text()
    assert (tmp_path / "REPORT.html").read_text().count("ratios-over-commits") <= 1


def test_without_several_commits_nothing_is_said(tmp_path: Path, render: Render) -> None:
    document = history()
    document["series"] = document["series"][:1]
    code, complaint, text = rendered(tmp_path, render, document)
    assert code == 0, complaint
    assert "## History" not in text


@pytest.mark.parametrize("document, problem", [
    (history(schema="parlab/2-history"), 'schema is "parlab/2-history", not "parlab/1-history"'),
    (history(runs=-1), "runs is -1"),
    (history(series=[{**history()["series"][1], "changes": [{"before": 0, "after": 7, "command": ""}]}]),
     "series[0].changes[0].after is 7, but there are only 2"),
    (json.dumps(history())[:200], "is truncated in"),
])
def test_a_history_that_cannot_be_read_is_left_out_and_named(
        tmp_path: Path, render: Render, document: object, problem: str) -> None:
    code, complaint, text = rendered(tmp_path, render, document)
    assert code == 1
    assert problem in complaint and "the history is left out" in complaint
    assert "## History" not in text and "## primes" in text
