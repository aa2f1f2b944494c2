"""Races from Python: the program's result files as records, tables and plots."""

from __future__ import annotations

import copy
import json
import os
import re
import signal
import threading
from collections.abc import Callable
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
    assert list(tmp_path.iterdir()) == [tmp_path / "race.json"]


def test_saving_refuses_what_is_no_number_and_keeps_the_old_file(race: "parlab.Race",
                                                                 tmp_path: Path) -> None:
    race.save(tmp_path / "race.json")
    before = (tmp_path / "race.json").read_bytes()
    broken = parlab.Race(race.document | {"alpha": float("nan")})
    with pytest.raises(ValueError):
        broken.save(tmp_path / "race.json")
    assert (tmp_path / "race.json").read_bytes() == before
    assert list(tmp_path.iterdir()) == [tmp_path / "race.json"]


def put(*path: Any) -> Callable[[Any], None]:
    """Sets the value at a path; the last of the arguments is the value."""
    def spoil(document: Any) -> None:
        *steps, last, value = path
        for step in steps:
            document = document[step]
        document[last] = value
    return spoil


WRONG = [(put("schema", "parlab/9"), 'schema is "parlab/9"'), (put("schema", 7), "schema is a number"),
         (put("results", []), "results is empty"), (put("results", 0, "seconds", 1, None),
                                                    r"results\[0\].seconds\[1\] is null"),
         (put("results", 1, "seconds", 0, float("nan")), r"results\[1\].seconds\[0\] is NaN"),
         (put("results", 2, "comparison", "interval", [1]), r"results\[2\].comparison.interval has 1"),
         (put("results", 2, "metrics", {"lost": [1]}), r"results\[2\].metrics.lost has fewer"),
         (put("results", 2, "label", None), r"results\[2\].label is null"),
         (put("run", {}), "run.experiment is missing"), (put("headlines", {}), "headlines is an object")]


@pytest.mark.parametrize("spoil, words", WRONG, ids=[words for _, words in WRONG])
def test_a_damaged_file_is_refused_with_its_place(race: "parlab.Race", tmp_path: Path,
                                                  spoil: Callable[[Any], None], words: str) -> None:
    document = copy.deepcopy(race.document)
    spoil(document)
    (tmp_path / "bad.json").write_text(json.dumps(document))
    with pytest.raises(parlab.BadInput, match="^" + re.escape(str(tmp_path / "bad.json")) + ": " + words):
        parlab.load(tmp_path / "bad.json")


@pytest.mark.parametrize("share, words", [(0.0, "is truncated in its first"), (0.3, "is truncated in "),
                                          (0.99, "is truncated in ")])
def test_a_cut_file_is_refused_with_the_place_where_it_ends(race: "parlab.Race", tmp_path: Path,
                                                            share: float, words: str) -> None:
    text = json.dumps(race.document)
    (tmp_path / "cut.json").write_text(text[:int(share * len(text))])
    with pytest.raises(parlab.BadInput, match="cut.json: " + words):
        parlab.load(tmp_path / "cut.json")


def test_a_cut_in_any_token_is_told_as_one(tmp_path: Path) -> None:
    whole = r'{"a": [null, true, false, -12.5e-3, 1E+2, "\u00e9\n\\ \"x", {}], "b": "\ud834\udd1e", "ü": 0}'.encode()
    for size in range(1, len(whole)):
        (tmp_path / "cut.json").write_bytes(whole[:size])
        with pytest.raises(parlab.BadInput, match="is truncated in "):
            parlab.load(tmp_path / "cut.json")
    for wrong in (b'{"a": nil}', b'{"a": 1.}', b'{"a" 1', b'{"a": "\\q', b'{"a": [1 2'):
        (tmp_path / "wrong.json").write_bytes(wrong)
        with pytest.raises(parlab.BadInput, match="is not JSON"):
            parlab.load(tmp_path / "wrong.json")


def test_what_is_no_file_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="none.json"):
        parlab.load(tmp_path / "none.json")
    with pytest.raises(parlab.BadInput, match="cannot be read"):
        parlab.load(tmp_path)
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
    with pytest.raises(parlab.BadInput, match="is not UTF-8 text"):
        parlab.load(tmp_path / "bytes.json")


def test_unknown_fields_are_left_alone(race: "parlab.Race", tmp_path: Path) -> None:
    document = copy.deepcopy(race.document)
    document["novelty"] = document["results"][0]["novelty"] = {"a": [1]}
    (tmp_path / "new.json").write_text(json.dumps(document))
    loaded = parlab.load(tmp_path / "new.json")
    assert loaded.records == race.records and loaded.document["novelty"] == {"a": [1]}


def test_whole_numbers_of_64_bits_are_exact(tmp_path: Path) -> None:
    race = parlab.run("pi", darts=1000, backend="serial", rounds=1, seed=2**64 - 1)
    race.save(tmp_path / "race.json")
    loaded = parlab.load(tmp_path / "race.json")
    assert loaded.document["results"][0]["parameters"]["seed"] == 2**64 - 1


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


LOOP = """
const auto size = parlab::parameter("size", 50'000ull);
auto kernel = [](std::uint64_t i) { return i * i % 7; };
"""


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_advice_is_a_choice_with_reasons_and_code(own_cache: None, tmp_path: Path) -> None:
    advice = parlab.advise(LOOP, name="squares", backend=["openmp:static", "threads:static"], workers=2, budget="15s",
                           size=100_000)
    assert advice.choice["backend"] in ("serial", "openmp", "threads")
    assert advice.document["kernel"] == "squares" and advice.document["size"] == 100_000
    assert "".join(advice.sentences[:1]) in repr(advice) and advice._repr_html_().count("<p>") == len(advice.sentences)
    ratio, low, high = advice.speedup
    assert low is not None and high is not None and low <= ratio <= high
    assert {record["backend"] for record in advice.records} <= {"openmp", "threads"} and advice.records
    advice.write_header(tmp_path / "choice.hpp")
    assert (tmp_path / "choice.hpp").read_text() == advice.header and "for_parts" in advice.header


def test_advice_says_what_is_wrong_without_the_programs_prefix(own_cache: None) -> None:
    with pytest.raises(parlab.BadInput, match="^advise: one worker"):
        parlab.advise(LOOP, workers=1)
    with pytest.raises(parlab.BadInput, match="budget"):
        parlab.own(LOOP).advise(workers=2, budget="soon")
    with pytest.raises(parlab.RunFailed, match="serial failed|wrong answer|writes"):
        parlab.advise("constexpr std::uint64_t size = 1000;\n"
                      "parlab::array<std::uint64_t> last(1);\n"
                      "void kernel(std::uint64_t i) { last[0] = i; }", workers=2, budget="20s")
