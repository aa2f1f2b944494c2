"""Numbers of an arm's own: read with their file, shown in their unit, refused where they are none."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import synthetic_races
from conftest import Render
from raw_results import Document
from report.load.checked_fields import BadFile
from report.load.result_files import load_race
from report.tables.arm_tables import arms_table
from report.tables.columns import column_named
from report.text.formats import memory, singular


def race_file(folder: Path, metrics: dict[str, list[object]]) -> Path:
    """A race whose last arm that ran has these numbers, and the others none."""
    document = synthetic_races.primes_race()
    document["results"][-1]["metrics"] = metrics
    path = folder / "primes.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def cells(path: Path, name: str) -> tuple[str, list[str]]:
    race = load_race(path)
    column = column_named(f"metric {name}")(race, race.shown)
    return column.head, column.cells


def test_bytes_and_seconds_are_shown_in_their_units(tmp_path: Path) -> None:
    path = race_file(tmp_path, {"pss_bytes": [3 << 20, 1 << 20, 2 << 20], "wait_seconds": [2e-6],
                                "polls": [7, 9]})
    assert cells(path, "pss_bytes")[1][-1] == "2.00 MiB"
    assert cells(path, "wait_seconds")[0] == "wait [µs]"
    assert cells(path, "polls")[1][-2:] == ["–", "8.00"]


def test_units_fit_their_values() -> None:
    shown = [memory(count) for count in (0, 33.8, 1056, 16_624, 5 << 20, 3 << 30)]
    assert shown == ["0 B", "33.8 B", "1.03 KiB", "16.2 KiB", "5.00 MiB", "3.00 GiB"]
    assert [singular(noun) for noun in ("darts", "switches", "primes", "")] == [
        "dart", "switch", "prime", ""]


def test_a_column_that_no_arm_fills_is_left_out(tmp_path: Path) -> None:
    race = load_race(race_file(tmp_path, {"polls": [7, 9]}))
    head = arms_table(race, ["time", "metric polls", "metric pss_bytes"]).splitlines()[0]
    assert "polls" in head and "pss" not in head


def test_a_number_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"metrics\.pss_bytes\[1\] is a string"):
        load_race(race_file(tmp_path, {"pss_bytes": [1, "much"]}))


def of_cpu(document: Document) -> Document:
    """A race whose ratios are of CPU time."""
    return document | {"run": document["run"] | {"metric": "cpu"}}


@pytest.mark.parametrize("made", [synthetic_races.pi_race, synthetic_races.primes_race, synthetic_races.sizes_race])
def test_figures_and_sentences_say_which_metric_they_show(tmp_path: Path, render: Render,
                                                           made: Callable[[], Document]) -> None:
    for name, document in (("cpu", of_cpu(made())), ("time", made())):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "race.json").write_text(json.dumps(document), encoding="utf-8")
        assert render(folder / "race.json", "--out", folder / "out").returncode == 0
        figure = (folder / "out" / "figures" / "race.svg").read_text(encoding="utf-8")
        said = {word: word in figure for word in ("ratio of cpu", "speed-up", "ideal on", "as fast")}
        text = (folder / "out" / "REPORT.md").read_text(encoding="utf-8")
        if name == "cpu":
            assert said == {"ratio of cpu": True, "speed-up": False, "ideal on": False, "as fast": False}
            assert "Ratios and verdicts are of cpu" in text and not re.search(r"\| speed-up \|", text)
            assert "times as fast as" not in text and "Speed-up of every arm" not in text
            assert "Which backend when" not in text, "costs rank no backends"
        else:
            assert said["speed-up"] and not said["ratio of cpu"]
