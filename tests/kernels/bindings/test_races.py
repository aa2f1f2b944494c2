"""Races from Python: the program's result files as records, tables and plots."""

from __future__ import annotations

from pathlib import Path

import parlab
import pytest


@pytest.fixture(scope="module")
def race() -> "parlab.Race":
    return parlab.compare("pi", backend=["serial", "threads:static"], workers=2, darts=1e5, rounds=6)


def test_a_comparison_gives_one_record_an_arm(race: "parlab.Race") -> None:
    assert race.ok and [record["role"] for record in race.records] == ["baseline", "arm"]
    assert race.records[1]["backend"] == "threads" and race.records[1]["speedup"] > 0
    assert len(race.samples) == 3 * 6 and {sample["round"] for sample in race.samples} == set(range(6))
    assert race.records[0]["answer"] == parlab.count_darts(1e5, seed=1)


def test_it_is_shown_as_a_table_and_as_a_plot(race: "parlab.Race") -> None:
    shown = race._repr_html_()
    assert shown.count("<tr>") == 3 and "threads:static" in shown and "serial" in repr(race)
    axes = race.plot()
    assert [label.get_text() for label in axes.get_yticklabels()] == [race.records[1]["label"]]
    assert "serial" in axes.get_xlabel()


def test_it_is_saved_and_loaded(race: "parlab.Race", tmp_path: Path) -> None:
    race.save(tmp_path / "race.json")
    assert parlab.load(tmp_path / "race.json") == race
    (tmp_path / "other.json").write_text('{"schema": "other"}')
    with pytest.raises(ValueError, match="no result file"):
        parlab.load(tmp_path / "other.json")


def test_pandas_takes_the_records(race: "parlab.Race") -> None:
    pytest.importorskip("pandas")
    assert list(race.to_frame()["role"]) == ["baseline", "arm"]


def test_what_the_program_refuses_is_a_value_error() -> None:
    with pytest.raises(parlab.BadInput, match="did you mean 'darts'|--dart"):
        parlab.run("pi", dart=1)
