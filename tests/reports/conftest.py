"""Folders of result files that the tests of the report read: made-up ones, and real ones at hand.

The committed sample is checked like any other; PARLAB_RESULTS names one more folder, for example
that of the last `make report`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).parent / "checks"), str(ROOT / "reports")]

import synthetic_memory
import synthetic_races  # noqa: E402  (found by the line above)
from raw_results import RawResults  # noqa: E402

SAMPLE = ROOT / "reports" / "sample"
Render = Callable[..., "subprocess.CompletedProcess[str]"]


def real_folders() -> list[Path]:
    """Folders with the results of a real suite."""
    named = os.environ.get("PARLAB_RESULTS")
    folders = [SAMPLE] + ([Path(named)] if named else [])
    return [folder for folder in folders if (folder / "suite.json").exists()]


@pytest.fixture(scope="session")
def render() -> Render:
    """The report's program as a user runs it."""
    def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, str(ROOT / "reports" / "render.py"), *map(str, arguments)],
            capture_output=True, text=True, timeout=300, check=False)
    return run


@pytest.fixture(scope="session", params=[
    "made up", "made up and noisy", "made up as once", "made up of memory", *map(str, real_folders())])
def rendered(request: pytest.FixtureRequest, render: Render,
             tmp_path_factory: pytest.TempPathFactory) -> RawResults:
    """A suite's results, with the report that was rendered from them beside them."""
    out = tmp_path_factory.mktemp("report")
    if request.param == "made up":
        source = synthetic_races.write_suite(out)
    elif request.param == "made up and noisy":
        source = synthetic_races.write_suite(out, synthetic_races.noisy_races())
    elif request.param == "made up as once":
        source = synthetic_races.write_suite(out, synthetic_races.earlier_races())
    elif request.param == "made up of memory":
        source = synthetic_races.write_suite(
            out, [*synthetic_memory.memory_races(), synthetic_races.peers_race()])
    else:
        source = Path(request.param)
    done = render(source, "--out", out)
    assert done.returncode == 0, done.stderr
    return RawResults(out)
