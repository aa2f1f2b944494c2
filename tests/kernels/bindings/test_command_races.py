"""Races of commands from Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import parlab
import pytest
from conftest import ROOT


@pytest.fixture(scope="module")
def race() -> "parlab.Race":
    return parlab.race({"short": "sleep 0.005", "long": ["sleep", "0.2"]}, rounds=9)


def test_the_slower_command_is_told(race: "parlab.Race") -> None:
    assert race.ok and race.metric == "seconds" and race.limit is None and race.baseline == "short"
    short, long = race.records
    assert (short["label"], long["label"]) == ("short", "long") and long["speedup"] < 0.5
    assert long["command"] == "sleep 0.2" and long["median_seconds"] >= 0.2
    assert 0 < long["cpu_seconds"] < 0.2 and long["page_faults"] > 10 and long["peak_bytes"] > 1e5
    assert len(race.samples) == 3 * 9 and "user_seconds" in race.samples[0]
    assert "long" in race.headlines[0]


def test_it_is_a_table_and_a_plot(race: "parlab.Race") -> None:
    assert "long" in race._repr_html_() and "speed-up" in repr(race)
    assert [label.get_text() for label in race.plot().get_yticklabels()] == ["long"]


def test_pandas_takes_all_figures(race: "parlab.Race") -> None:
    pytest.importorskip("pandas")
    frame = race.to_frame()
    assert list(frame["label"]) == ["short", "long"] and frame["peak_bytes"].min() > 1e5


def test_it_is_saved_and_loaded(race: "parlab.Race", tmp_path: Path) -> None:
    race.save(tmp_path / "race.json")
    assert parlab.load(tmp_path / "race.json") == race


def test_the_report_shows_it(race: "parlab.Race", tmp_path: Path) -> None:
    race.save(tmp_path / "race.json")
    done = subprocess.run([sys.executable, ROOT / "reports" / "render.py", tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "REPORT.md").read_text()
    section = text[text.index("\n## race"):]
    assert race.headlines[0][:20] in section and "figures/race.svg" in section
    head = next(line for line in section.splitlines() if line.startswith("| arm"))
    assert "page faults" in head and "cpu [" in head and "peak" in head
    assert "empty chunk" not in text  # a run of a command is not the cost of a chunk


def test_verdicts_on_another_figure() -> None:
    race = parlab.race(["true", [sys.executable, "-c", "0"]], metric="memory", rounds=8)
    assert race.metric == "peak_bytes" and race.records[1]["verdict"] == "slower"
    assert "ratio of peak_bytes" in repr(race) and "peak_bytes of true" in race.plot().get_xlabel()


def test_a_failed_command_leaves_the_others() -> None:
    race = parlab.race(["true", "exit 3", ["no-such-program-as-this"]], rounds=2)
    assert not race.ok
    assert [record["ok"] for record in race.records] == [True, False, False]
    assert race.records[1]["cause"] == "exit code 3 instead of 0"


def test_options_are_those_of_the_program(tmp_path: Path) -> None:
    file = tmp_path / "input"
    file.write_text("given")
    race = parlab.race(["cat; printf %s {n}$A$HOME", "printf given{n}x"], lists={"n": np.array([1, 2])},
                       env={"A": "x", "HOME": None}, stdin=file.as_posix(), rounds=np.int64(1), quiet=True,
                       fail_on="slower=5%")
    assert race.ok and len(race.records) == 4
    assert race.records[1]["label"] == "cat; printf %s 2$A$HOME"
    assert race.limit and {arm["side"] for arm in race.limit["arms"]} == {"open"}
    same = parlab.race(["cat; printf %s $A$HOME", "printf givenx"], env={"A": "x", "HOME": None},
                       stdin=file.as_posix(), same_output=True, rounds=1)
    assert same.ok


@pytest.mark.parametrize("commands, options, kind, complaint", [
    ("sleep 1", {}, TypeError, "commands must be a list"),
    (None, {}, TypeError, "commands must be a list"),
    ([3], {}, TypeError, "a command must be a string, not 3"),
    ([["sleep", 3]], {}, TypeError, "a word of a command must be a string, not 3"),
    (["a\0b"], {}, TypeError, "without zero bytes"),
    ([["git", "--", "x"]], {}, ValueError, "may not be --"),
    ([], {}, ValueError, "there is no command"),
    ([[]], {}, ValueError, "a command is empty"),
    ({1: "true"}, {}, TypeError, "a name must be a string"),
    (["true"], {"metric": "walls"}, ValueError, "did you mean 'wall'"),
    (["true"], {"env": "A=1"}, TypeError, "env must be a dict"),
    (["true"], {"lists": {"n": [1]}}, ValueError, "no command holds {n}"),
    (["true"], {"nonsense": 1}, ValueError, "nonsense"),
])
def test_what_cannot_be_is_refused(commands: Any, options: dict[str, Any], kind: type, complaint: str) -> None:
    with pytest.raises(kind, match=complaint.replace("{", r"\{")) as raised:
        parlab.race(commands, **options)
    assert isinstance(raised.value, parlab.Error)
