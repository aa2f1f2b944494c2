"""What a report shows, and where it puts it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import synthetic_races
import pytest
from conftest import ROOT, SAMPLE, Render
from raw_results import RawResults

TEMPLATES = ROOT / "reports" / "templates"


def test_a_failed_arm_is_shown_with_its_cause_and_command(tmp_path: Path, render: Render) -> None:
    race = synthetic_races.pi_race()
    done = render(synthetic_races.write_suite(tmp_path, [race]))
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "REPORT.md").read_text()
    ending = text[text.index("## What did not work"):]
    assert "processes:static x2: killed by SIGKILL in round 4" in ending
    assert race["context"]["command"] in ending
    assert re.search(r"\| processes:static x2 .*\| +failed \|", text)
    assert "killed by SIGKILL" in (tmp_path / "figures" / "pi-backends.svg").read_text()


def test_a_run_that_cannot_be_trusted_says_so_above_its_answers(rendered: RawResults) -> None:
    """And one that can does not."""
    text = rendered.report
    start, trust = text.index("## The answer"), text.index("## Can this run be trusted?")
    refused = text[trust:].split("\n\n")[1].startswith("**No.**")
    assert text[start:].split("\n\n")[1].startswith("*This run cannot be trusted") == refused
    assert ("Do not rely on it" in text[start:trust]) == refused


def test_a_wrong_answer_is_a_failure(tmp_path: Path, render: Render) -> None:
    race = synthetic_races.dispatch_race()
    race["results"][-1] |= {"ok": False, "answer": 3, "comparison": None, "against_best": None}
    assert render(synthetic_races.write_suite(tmp_path, [race])).returncode == 0
    assert "answered 3, expected 78539816" in (tmp_path / "REPORT.md").read_text()


def test_a_race_of_which_every_arm_failed_is_shown(tmp_path: Path, render: Render) -> None:
    race = synthetic_races.pi_race()
    for result in race["results"]:
        result |= {"ok": False, "seconds": [], "comparison": None, "against_best": None,
                   "failure": {"cause": "no memory", "round": None}}
    race |= {"gates": [], "models": [], "headlines": []}
    folder = synthetic_races.write_suite(tmp_path, [race, synthetic_races.dispatch_race()])
    assert render(folder).returncode == 0
    text = (tmp_path / "REPORT.md").read_text()
    assert text.count("no memory") >= len(race["results"]) and "none: all failed" in text


def test_what_left_no_result_is_named(rendered: RawResults) -> None:
    for one in rendered.suite["failed"]:
        assert one["cause"].split(": ")[-1] in rendered.report


def test_loose_files_make_a_report_with_their_data_beside_it(tmp_path: Path,
                                                             render: Render) -> None:
    source = synthetic_races.write_suite(tmp_path / "in", [synthetic_races.dispatch_race(),
                                                         synthetic_races.primes_race()])
    files = [source / "primes-chunks.json", source / "dispatch-cost.json"]
    done = render(*files, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(tmp_path / "out" / "REPORT.md")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "REPORT.md", "REPORT.html", "figures", "primes-chunks.json", "dispatch-cost.json"}
    text = (tmp_path / "out" / "REPORT.md").read_text()
    assert text.index("## primes") < text.index("## dispatch")
    for target in re.findall(r"\]\((?!#)([^)]+)\)", text):
        assert (tmp_path / "out" / target).exists(), target


def test_a_folder_without_an_index_shows_its_result_files(tmp_path: Path, render: Render) -> None:
    synthetic_races.write_suite(tmp_path, [synthetic_races.primes_race()])
    for name in ("suite.json", "headlines.json"):
        (tmp_path / name).unlink()
    (tmp_path / "notes.json").write_text('{"by": "someone"}')
    assert render(tmp_path).returncode == 0
    assert "## primes" in (tmp_path / "REPORT.md").read_text()


def test_a_second_report_leaves_nothing_of_the_first(tmp_path: Path, render: Render) -> None:
    synthetic_races.write_suite(tmp_path)
    assert render(tmp_path).returncode == 0
    synthetic_races.write_suite(tmp_path, [synthetic_races.dispatch_race()])
    assert render(tmp_path).returncode == 0
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {
        "dispatch-cost.svg", "baselines-over-rounds.svg"}
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_an_experiment_needs_no_file_of_the_report(tmp_path: Path, render: Render) -> None:
    race = synthetic_races.primes_race()
    race["run"] |= {"experiment": "toy", "name": "toy", "question": "Does a *new* <one> | work?"}
    assert render(synthetic_races.write_suite(tmp_path, [race])).returncode == 0
    text = (tmp_path / "REPORT.md").read_text()
    assert "## toy" in text and r"Does a \*new\* &lt;one> \| work?" in text
    assert "<one>" not in (tmp_path / "REPORT.html").read_text()


def test_whole_numbers_beyond_doubles_are_exact(tmp_path: Path, render: Render) -> None:
    race = synthetic_races.pi_race()
    largest, seed = 2**64 - 59, 2**53 + 1
    for result in race["results"]:
        result |= {"size": 2**64 - 1, "answer": largest, "expected": largest,
                   "parameters": {"seed": seed + (result["role"] == "arm")}}
    assert render(synthetic_races.write_suite(tmp_path, [race])).returncode == 0
    text = (tmp_path / "REPORT.md").read_text()
    for number in (largest, 2**64 - 1):
        assert f"{number:,}".replace(",", "\u202f") in text


def test_a_median_of_an_even_count_lies_between_the_two_in_the_middle(tmp_path: Path,
                                                                    render: Render) -> None:
    race = synthetic_races.primes_race(rounds=6)
    for result in race["results"]:
        if result["role"] != "baseline again":
            result["seconds"] = [0.001, 0.001, 0.001, 0.003, 0.003, 0.003]
    (tmp_path / "primes.json").write_text(json.dumps(race))
    assert render(tmp_path).returncode == 0
    assert "2.00" in (tmp_path / "REPORT.md").read_text()


def test_too_few_rounds_leave_ends_open(tmp_path: Path, render: Render) -> None:
    race = synthetic_races.primes_race(rounds=3)
    assert render(synthetic_races.write_suite(tmp_path, [race])).returncode == 0
    assert "[–, –]" in (tmp_path / "REPORT.md").read_text()


@pytest.mark.parametrize("template", sorted(TEMPLATES.glob("*.j2")), ids=lambda path: path.name)
def test_templates_hold_no_number_of_their_own(template: Path) -> None:
    text = re.sub(r"\{[{%#].*?[}%#]\}", "", template.read_text(), flags=re.DOTALL)
    assert not re.search(r"\d", text.replace('markdown="1"', ""))


def test_the_sample_is_what_its_data_give(tmp_path: Path, render: Render) -> None:
    shutil.copytree(SAMPLE, tmp_path / "sample")
    assert render(tmp_path / "sample").returncode == 0
    assert (tmp_path / "sample" / "REPORT.md").read_text() == (SAMPLE / "REPORT.md").read_text()
