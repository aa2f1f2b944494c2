"""The estimate of lasting_bias.py on races with a known bias, and the program on a real one."""

import random
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "experiments/doctor/lasting_bias.py"
bias_of = runpy.run_path(str(SCRIPT))["bias_of"]


def races(process_sd: float, noise_sd: float, starts: int) -> list[list[float]]:
    draw = random.Random(1)
    made = []
    for _ in range(starts):
        standing = draw.gauss(0, process_sd) - draw.gauss(0, process_sd)  # of twin and baseline
        made.append([standing + draw.gauss(0, noise_sd) for _ in range(8)])
    return made


@pytest.mark.parametrize("process_sd", [0.005, 0.02, 0.08])
def test_finds_the_bias_behind_the_noise(process_sd: float) -> None:
    assert bias_of(races(process_sd, 0.01, 2000)).process == pytest.approx(process_sd, rel=0.12)


def test_finds_next_to_none_where_there_is_none() -> None:
    bias = bias_of(races(0, 0.01, 2000))
    assert bias.process < 0.0015
    assert bias.between == pytest.approx(bias.noise, rel=0.15)


def test_is_not_misled_by_disturbed_rounds() -> None:
    disturbed = races(0.02, 0.002, 2000)
    for race in disturbed:
        race[3] += 1
    assert bias_of(disturbed).process == pytest.approx(0.02, rel=0.12)


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(SCRIPT), *words], cwd=ROOT, capture_output=True, text=True, check=False)


def test_prints_a_row_for_each_remedy() -> None:
    done = run("--starts", "2", "--loop", "stream in cache")
    assert done.returncode == 0, done.stderr
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in done.stdout.splitlines()[2:]]
    assert [row[:2] for row in rows] == [["stream in cache", remedy] for remedy in
                                         ("none", "huge pages", "one processor", "both")]
    assert all(cell.endswith("%") and float(cell[:-1]) >= 0 for row in rows for cell in row[2:])


@pytest.mark.parametrize("words, complaint", [
    (["--starts", "1"], "'1' is not an integer of 2 or more"),
    (["--loop", "siev"], "unknown loop 'siev'; valid: sieve"),
    (["--parlab", "none/parlab"], "cannot run none/parlab"),
])
def test_refuses_what_makes_no_sense(words: list[str], complaint: str) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert done.stdout == ""
