"""A file that cannot be reported: a line names file and field, and the rest is reported (exit 1); where
nothing is left to report, nothing is written (exit 2)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import synthetic_races
import pytest
from conftest import Render

Spoil = Callable[[Any], None]


def spoiled(folder: Path, name: str, spoil: Spoil) -> Path:
    """A suite's folder with one file changed."""
    synthetic_races.write_suite(folder, [synthetic_races.primes_race()])
    document = json.loads((folder / name).read_text())
    spoil(document)
    (folder / name).write_text(json.dumps(document))
    return folder


def put(*path: Any) -> Spoil:
    """Sets the value at a path; the last of the arguments is the value."""
    def spoil(document: Any) -> None:
        *steps, last, value = path
        for step in steps:
            document = document[step]
        document[last] = value
    return spoil


def drop(*path: Any) -> Spoil:
    """Removes the field at a path."""
    def spoil(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        del document[path[-1]]
    return spoil


RACE = "primes-chunks.json"
WRONG_FIELDS: list[tuple[str, Spoil, str]] = [
    (RACE, put("results", 3, "seconds", 2, float("nan")), "results[3].seconds[2] is NaN"),
    (RACE, put("results", 3, "seconds", 2, float("inf")), "results[3].seconds[2] is Infinity"),
    (RACE, put("results", 3, "seconds", 2, None), "results[3].seconds[2] is null"),
    (RACE, put("results", 3, "seconds", 2, 0), "results[3].seconds[2] is 0"),
    (RACE, put("results", 3, "seconds", 2, -1.5), "results[3].seconds[2] is -1.5"),
    (RACE, put("results", 3, "seconds", 2, "fast"), "results[3].seconds[2] is a string"),
    (RACE, put("results", 3, "seconds", 2, True), "results[3].seconds[2] is true or false"),
    (RACE, put("results", 3, "seconds", [0.1]), "results[3].seconds has 1 values for 15 rounds"),
    (RACE, put("results", 2, "peak_rss_bytes", float("nan")), "results[2].peak_rss_bytes is NaN"),
    (RACE, put("results", 2, "workers", 0), "results[2].workers is 0"),
    (RACE, put("results", 2, "workers", 1.5), "results[2].workers is 1.5"),
    (RACE, put("results", 4, "comparison", "verdict", "quicker"),
     'results[4].comparison.verdict is "quicker"'),
    (RACE, put("results", 4, "comparison", "ratio", 0), "results[4].comparison.ratio is 0"),
    (RACE, put("results", 4, "comparison", "interval", [2, 1]),
     "results[4].comparison.interval runs from 2 down to 1"),
    (RACE, put("results", 4, "comparison", "interval", [1]),
     "results[4].comparison.interval has 1"),
    (RACE, put("results", 4, "comparison", "baseline_result", 99),
     "results[4].comparison.baseline_result is 99"),
    (RACE, put("results", 4, "role", "judge"), 'results[4].role is "judge"'),
    (RACE, put("results", 4, "label", "serial"), 'results[4].label is "serial"'),
    (RACE, drop("results", 4, "backend"), "results[4].backend is missing"),
    (RACE, drop("run", "question"), "run.question is missing"),
    (RACE, drop("context", "commit"), "context.commit is missing"),
    (RACE, drop("schema"), "schema is missing"),
    (RACE, put("schema", "parlab/9"), 'schema is "parlab/9", not "parlab/1"'),
    (RACE, put("results", []), "results is empty"),
    (RACE, put("results", {}), "results is an object"),
    (RACE, put("context", "load_before", []), "context.load_before is empty"),
    (RACE, put("gates", 0, "ok", "yes"), "gates[0].ok is a string"),
    (RACE, put("run", "rounds", 10**400), "run.rounds is too large"),
    ("headlines.json", put("headlines", 0, "result", 500), "headlines[0].result is 500"),
    ("headlines.json", put("headlines", 0, "file", "x.json"), 'headlines[0].file is "x.json"'),
    ("headlines.json", put("schema", "parlab/1"), 'schema is "parlab/1", not "parlab/1-headlines"'),
    ("suite.json", put("files", ["../secret.json"]), 'files[0] is "../secret.json"'),
    ("suite.json", put("elapsed_seconds", float("nan")), "elapsed_seconds is NaN"),
    ("micro.json", put("benchmarks", 0, "real_time", float("nan")),
     "benchmarks[0].real_time is NaN"),
    ("micro.json", put("benchmarks", 0, "time_unit", "h"), 'benchmarks[0].time_unit is "h"'),
    ("ports.json", put("rows", 1, "bound", 0), "rows[1].bound is 0"),
    ("ports.json", put("rows", []), "rows is empty"),
    ("ports.json", put("rows", 1, "model", "znver5"), "rows has several models"),
    ("ports.json", put("schema", "parlab/1"), 'schema is "parlab/1", not "parlab/1-ports"'),
]


def assert_refused(done: Any, file: Path, words: str) -> None:
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith(f"parlab report: {file}: {words}"), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


def assert_untouched(folder: Path, before: set[str]) -> None:
    assert {path.name for path in folder.iterdir()} == before


@pytest.mark.parametrize("name, spoil, words", WRONG_FIELDS, ids=[case[2] for case in WRONG_FIELDS])
def test_a_wrong_field_is_named(tmp_path: Path, name: str, spoil: Spoil, words: str) -> None:
    from report.load import checked_fields
    from report.load import suite_results
    folder = spoiled(tmp_path / "suite", name, spoil)
    if name == RACE:
        with pytest.raises(checked_fields.BadFile) as refused:  # the only race
            suite_results.load_suite(folder)
        assert str(refused.value).startswith(f"{folder / name}: {words}")
        return
    loaded = suite_results.load_suite(folder)
    assert [race.path.name for race in loaded.races] == [RACE]
    assert [fault.path for fault in loaded.faults] == [folder / name]
    assert loaded.faults[0].problem.startswith(words)


@pytest.mark.parametrize("share, where", [
    (0.5, "results["), (0.005, "context"), (0.0, "its first")])
def test_a_truncated_file_is_named_with_the_field_where_it_ends(
        tmp_path: Path, render: Render, share: float, where: str) -> None:
    synthetic_races.write_suite(tmp_path, [synthetic_races.primes_race()])
    text = (tmp_path / RACE).read_text()
    (tmp_path / RACE).write_text(text[:int(share * len(text))])
    before = {path.name for path in tmp_path.iterdir()}
    assert_refused(render(tmp_path), tmp_path / RACE, f"is truncated in {where}")
    assert_untouched(tmp_path, before)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:200])


@pytest.mark.parametrize("bad, words, instead", [
    (RACE, "is truncated in", "without it"), ("headlines.json", "is truncated in", "by itself"),
    ("micro.json", "is truncated in", "left out"), ("ports.json", "is truncated in", "left out"),
    ("suite.json", "is truncated in", "of the folder")])
def test_the_rest_is_rendered_and_the_fault_named(tmp_path: Path, render: Render, bad: str,
                                                  words: str, instead: str) -> None:
    races = [synthetic_races.primes_race(), synthetic_races.pi_race()]
    for race in races:  # as the program writes them
        race["headlines"] = synthetic_races.headlines_of([race])["headlines"]
    synthetic_races.write_suite(tmp_path, races)
    cut(tmp_path / bad)
    done = render(tmp_path)
    assert done.returncode == 1, done.stderr
    assert done.stdout.strip() == str(tmp_path / "REPORT.md")
    assert done.stderr.startswith(f"parlab report: {tmp_path / bad}: {words}")
    assert done.stderr.count("\n") == 1 and instead in done.stderr
    text = (tmp_path / "REPORT.md").read_text()
    assert ("## primes" in text) == (bad != RACE) and "## pi" in text
    ending = text[text.index("## What did not work"):]
    assert f"**{bad}** cannot be reported: {words}" in ending
    assert "1 failure" in text or "failures" in text
    sure = "for those of one race" if bad == "headlines.json" else "for all of them together"
    assert sure in text
    assert (tmp_path / "REPORT.html").exists() and (tmp_path / "figures" / "pi-backends.svg").exists()


def test_a_missing_file_of_a_suite_is_a_fault_of_its_own(tmp_path: Path, render: Render) -> None:
    synthetic_races.write_suite(tmp_path, [synthetic_races.primes_race(), synthetic_races.pi_race()])
    (tmp_path / RACE).unlink()
    done = render(tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"parlab report: {tmp_path / RACE}: cannot be read (No such file")
    assert "## pi" in (tmp_path / "REPORT.md").read_text()


def test_a_race_that_the_report_cannot_show_is_a_fault(tmp_path: Path, monkeypatch: Any) -> None:
    from report.page import document
    from report.load import suite_results
    folder = synthetic_races.write_suite(tmp_path, [synthetic_races.primes_race(), synthetic_races.pi_race()])
    table = document.arm_tables.race_table

    def picky(race: Any, *rest: Any, **more: Any) -> str:
        if race.name == "primes-chunks":
            raise KeyError("surprise")
        return table(race, *rest, **more)

    monkeypatch.setattr(document.arm_tables, "race_table", picky)
    shown = document.write_report(suite_results.load_suite(folder), folder)
    assert [race.name for race in shown.races] == ["pi-backends"]
    assert "KeyError: 'surprise'" in shown.faults[0].problem
    text = (folder / "REPORT.md").read_text()
    assert "## primes" not in text and "primes-chunks.json** cannot be reported" in text


def test_an_earlier_report_outlives_files_of_which_none_is_good(tmp_path: Path,
                                                                render: Render) -> None:
    synthetic_races.write_suite(tmp_path, [synthetic_races.primes_race()])
    assert render(tmp_path).returncode == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    cut(tmp_path / RACE)
    before[tmp_path / RACE] = (tmp_path / RACE).read_bytes()
    assert_refused(render(tmp_path), tmp_path / RACE, "is truncated in")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


ODD_NAMES = ["a b.json", "a%20b.json", "r\udce9sultat.json", 'q"u<o>t&e.json', "x\\1\\g<0>.json",
             "[link](x).json", "new\nline.json", "$\\bad$.json", "..json", "-dash.json", "h#a?sh.json",
             "L" * 250 + ".json", "\u5b57.json", "*bold*|_x_.json"]


def test_names_of_any_characters_are_shown(tmp_path: Path, render: Render) -> None:
    import re
    from urllib.parse import unquote
    for number, name in enumerate(ODD_NAMES):
        race = synthetic_races.primes_race(rounds=6)
        odd = name.removesuffix(".json").encode("utf-8", "replace").decode()
        race["run"] |= {"name": odd, "experiment": ["report", "_race", "../x", odd][number % 4],
                        "question": f"What of {odd}?"}
        for result in race["results"]:
            result["label"] += f" {odd}\x01"
        (tmp_path / name).write_text(json.dumps(race), encoding="utf-8")
    done = render(tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    text = (tmp_path / "REPORT.md").read_text(encoding="utf-8")
    figures = re.findall(r"\]\((figures/[^)]+)\)", text)
    assert len(set(figures)) >= len(ODD_NAMES)
    for target in figures:
        assert (tmp_path / unquote(target)).exists(), target
    page = (tmp_path / "REPORT.html").read_text(encoding="utf-8")
    assert page.count('<svg role="img"') == len(figures) and "<o>" not in page
    import xml.etree.ElementTree as xml
    for figure in (tmp_path / "figures").iterdir():
        xml.parse(figure)


def test_a_half_character_is_shown_as_a_mark(tmp_path: Path, render: Render) -> None:
    race = synthetic_races.primes_race(rounds=6)
    race["run"]["question"] = "Which \ud800 half, and \U0001f600 whole?"
    synthetic_races.write_suite(tmp_path, [race])
    assert "\\ud800" in (tmp_path / RACE).read_text()
    assert render(tmp_path).returncode == 0
    assert "Which \ufffd half, and \U0001f600 whole?" in (tmp_path / "REPORT.md").read_text()


@pytest.mark.parametrize("text, words", [
    ("[]", "holds a list"), ("7", "holds a number"), ('{"a": }', "is not JSON"),
    ('{"schema": "other/2"}', 'schema is "other/2"'), ("[" * 100000, "is not a result file")])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, render: Render, text: str,
                                           words: str) -> None:
    (tmp_path / "pi.json").write_text(text)
    assert_refused(render(tmp_path / "pi.json"), tmp_path / "pi.json", words)
    assert_untouched(tmp_path, {"pi.json"})


def test_bytes_that_are_no_text_are_refused(tmp_path: Path, render: Render) -> None:
    (tmp_path / "pi.json").write_bytes(b"\xff\xfe\x00")
    assert_refused(render(tmp_path / "pi.json"), tmp_path / "pi.json", "is not UTF-8 text")


def test_a_missing_or_empty_folder_is_refused(tmp_path: Path, render: Render) -> None:
    assert_refused(render(tmp_path / "no"), tmp_path / "no", "is not a folder")
    assert_refused(render(tmp_path), tmp_path, "holds no result file")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "notes.json").write_text('{"by": "someone"}')
    assert_refused(render(tmp_path), tmp_path, "holds no result file")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, render: Render) -> None:
    folder = synthetic_races.write_suite(tmp_path / "suite", [synthetic_races.primes_race()])
    (tmp_path / "file").write_text("in the way")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        done = render(folder, "--out", out)
        assert done.returncode == 2 and str(tmp_path / "file") in done.stderr
        assert done.stderr.count("\n") == 1
