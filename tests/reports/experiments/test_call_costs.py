"""The figure and the section of what a call costs."""

from __future__ import annotations

import random
import re
from pathlib import Path

import synthetic_races
from conftest import Render
from synthetic_results import Document, noisy, race, result, with_baseline

CALLS, ROUNDS = 10_000, 11


def call_race() -> Document:
    """Calls of 100 ns and 400 ns in a loop of 40 ns, beside a baseline of 50 ns without one."""
    random_ = random.Random(12)

    def draw(seconds: float) -> list[float]:
        return noisy(random_, seconds, ROUNDS, 0.002)

    case = {"size": CALLS, "unit": "calls", "group": "calls scalar", "parameters": {"task": "scalar"}}
    results = with_baseline("python_call", draw, 50e-9 * CALLS, **case, variant="C++", label="C++")
    for name, seconds in (("compiled", 140e-9), ("looked up", 440e-9)):
        arm = result("python_call", ("serial", ""), 1, draw(seconds * CALLS), **case, variant=name, label=name)
        arm["metrics"] = {"loop_seconds": [40e-9] * ROUNDS}
        results.append(arm)
    return race("python-call", "What does a call cost?", results, ROUNDS)


def test_a_call_is_drawn_without_its_loop_and_told_in_nanoseconds(tmp_path: Path, render: Render) -> None:
    assert render(synthetic_races.write_suite(tmp_path, [call_race()])).returncode == 0
    drawn = (tmp_path / "figures" / "python-call.svg").read_text()
    for words in ("scalar, 10", r"(49|50)\.\d ns", r"(99\.\d|100|101) ns", r"(39\d|40\d) ns",
                  r"2\.(79|8\d)×", r"8\.(7|8)\d×"):
        assert re.search(words, drawn), words
    report = (tmp_path / "REPORT.md").read_text()
    assert "(figures/python-call.svg)" in report and "Time of one call by every arm" in report
    assert "loop [ns]" in report and "Which backend when" not in report


def test_the_section_begins_with_each_call_the_cheapest_first(tmp_path: Path, render: Render) -> None:
    folder = synthetic_races.write_suite(tmp_path / "in", [call_race()])
    assert render(folder / "python-call.json", "--out", tmp_path / "out").returncode == 0
    text = (tmp_path / "out" / "REPORT.md").read_text()
    found = re.search(r"^- 10.000 calls: one call takes C\+\+ (\S+) ns, compiled (\S+) ns and looked up (\S+) "
                      r"ns, without the loop around it\.$", text, re.MULTILINE)
    assert found and [round(float(one) / 10) for one in found.groups()] == [5, 10, 40]
    assert text.index(found[0]) < text.index("figures/python-call.svg")


def test_a_race_without_the_loops_time_is_drawn_with_it(tmp_path: Path, render: Render) -> None:
    document = call_race()
    for arm in document["results"]:
        arm["metrics"] = {}
    assert render(synthetic_races.write_suite(tmp_path, [document])).returncode == 0
    drawn = (tmp_path / "figures" / "python-call.svg").read_text()
    assert re.search(r"(43\d|44\d) ns", drawn) and re.search(r"(139|14\d) ns", drawn)
    assert "loop [" not in (tmp_path / "REPORT.md").read_text()


def test_an_arm_that_failed_is_left_out_of_the_figure(tmp_path: Path, render: Render) -> None:
    document = call_race()
    document["results"][-1] |= {"ok": False, "seconds": [], "failure": {"cause": "died", "round": 1}}
    assert render(synthetic_races.write_suite(tmp_path, [document])).returncode == 0
    assert "looked up" not in (tmp_path / "figures" / "python-call.svg").read_text()
    assert "died" in (tmp_path / "REPORT.md").read_text()
