"""The gallery: results of several machines side by side, each number that of its file."""

from __future__ import annotations

import json
from xml.etree import ElementTree
from pathlib import Path

import synthetic_races
from conftest import Render


def machine(folder: Path, cpu: str, factor: float = 1.0) -> None:
    """A machine's folder: the race of primes, with its ratios multiplied."""
    race = synthetic_races.primes_race()
    race["context"]["cpu"] = cpu
    for result in race["results"]:
        if comparison := result.get("comparison"):
            comparison["ratio"] *= factor
            comparison["interval"] = [end and end * factor for end in comparison["interval"]]
    synthetic_races.write_suite(folder, [race])


def test_machines_stand_side_by_side(tmp_path: Path, render: Render) -> None:
    machine(tmp_path / "desk", "Desk CPU")
    machine(tmp_path / "rack", "Rack CPU", 2.0)
    done = render("--gallery", tmp_path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "GALLERY.md").read_text()
    assert "Desk CPU" in text and "Rack CPU" in text
    race = synthetic_races.primes_race()
    arms = [result for result in race["results"] if result["role"] == "arm" and result["comparison"] and result["ok"]]
    assert arms
    lines = text.splitlines()
    for arm in arms:
        line = next(line for line in lines if line.startswith(f"| {arm['label']} "))
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        desk, rack = float(cells[-2].split()[0]), float(cells[-1].split()[0])
        assert abs(desk - arm["comparison"]["ratio"]) < 0.06 * desk, line
        assert abs(rack - 2 * arm["comparison"]["ratio"]) < 0.06 * rack, line
    figure = ElementTree.parse(tmp_path / "figures" / "primes-chunks-by-machine.svg")  # well-formed
    marks = [element for element in figure.iter() if element.tag.endswith("use") and "#m" in str(element.attrib)]
    assert len(marks) >= 2 * len(arms), "a mark per arm and machine"
    page = (tmp_path / "GALLERY.html").read_text()
    assert "Rack CPU" in page and "<figure" in page and "%BODY%" not in page
    again = render("--gallery", tmp_path)
    assert again.returncode == 0, f"its own figures are no machine: {again.stderr}"


def test_what_is_bad_is_named_and_the_rest_is_shown(tmp_path: Path, render: Render) -> None:
    machine(tmp_path / "desk", "Desk CPU")
    machine(tmp_path / "mixed", "Rack CPU")
    other = synthetic_races.pi_race()
    other["context"]["cpu"] = "Another CPU"
    (tmp_path / "mixed" / "pi-backends.json").write_text(json.dumps(other))
    (tmp_path / "mixed" / "suite.json").unlink()
    (tmp_path / "empty").mkdir()
    done = render("--gallery", tmp_path)
    assert done.returncode == 1
    assert "mixed: mixes two machines" in done.stderr and "empty: holds no result file" in done.stderr
    assert "Desk CPU" in (tmp_path / "GALLERY.md").read_text()
    assert not list(tmp_path.glob(".report-*"))


def test_nothing_to_show_is_bad_input(tmp_path: Path, render: Render) -> None:
    for arguments in (["--gallery", tmp_path], ["--gallery", tmp_path / "none"], [],
                      [tmp_path, "--gallery", tmp_path]):
        done = render(*arguments)
        assert done.returncode == 2, arguments
        assert done.stderr and not list(tmp_path.iterdir())
