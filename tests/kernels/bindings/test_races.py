"""Races from Python: the program's result files as records, tables and plots."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

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


def test_the_arms_own_numbers_stand_in_the_samples() -> None:
    race = parlab.run("locking", ways="atomic,value_unlocked", increments=1000, processes=2, rounds=2)
    assert [sample["lost_updates"] for sample in race.samples if sample["label"] == "atomic"] == [0, 0]


def children() -> set[str]:
    tasks = Path("/proc/self/task").iterdir()
    return {pid for task in tasks for pid in (task / "children").read_text().split()}


def test_ctrl_c_ends_the_race_and_its_arms() -> None:
    before = children()
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        parlab.run("pi", backend="threads", workers=2, darts=1e7, rounds=100_000)
    timer.join()
    assert children() == before


def test_a_notebook_is_told_what_goes_on(tmp_path: Path, monkeypatch: Any) -> None:
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    for name in ("JUPYTER_DATA_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(Path(parlab.__file__).parents[1]))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in (
        "import parlab\nparlab.run('pi', darts=1e5, backend='threads', workers=1, rounds=2)",
        "parlab.run('pi', darts=1e5, backend='threads', workers=1, rounds=2, quiet=True);",
        "parlab.run('pi', dart=1)")])
    nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3", allow_errors=True).execute()
    told, quiet, failed = ([output for output in cell["outputs"] if output["output_type"] != "stream"]
                           for cell in notebook["cells"])
    assert told[0]["data"]["text/plain"].startswith("pi: 2 rounds of 3 arms in ")
    assert "<table>" in told[1]["data"]["text/html"] and not quiet
    assert failed[-1]["ename"] == "BadInput"
