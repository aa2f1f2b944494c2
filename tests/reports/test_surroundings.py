"""What arms were started with, and where: axes like any other, in tables and names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import synthetic_races
from report.load.checked_fields import BadFile
from report.load.race_result import Race
from report.load.result_files import load_race
from report.tables.names import names_in, raced


def race_with(folder: Path, surroundings: list[dict[str, object]]) -> Race:
    """A race whose arms alike but for these, one after the other."""
    document = synthetic_races.primes_race()
    first = next(result for result in document["results"] if result["role"] == "arm")
    for result in document["results"]:
        if result["role"] == "arm":
            for name in ("backend", "schedule", "workers", "variant", "algorithm", "chunks", "grain"):
                result[name] = first[name]
            if surroundings:
                result.update(surroundings.pop(0))
    path = folder / "primes.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return load_race(path)


def test_arms_that_differ_in_a_variable_are_named_by_it(tmp_path: Path) -> None:
    policies = ("active", "passive")
    race = race_with(tmp_path, [{"environment": {"OMP_WAIT_POLICY": policy, "A": "1"}, "pin": "none"}
                                for policy in policies])
    arms = raced(race.shown)[:2]
    assert list(names_in(arms).values()) == [f"OMP_WAIT_POLICY={policy}" for policy in policies]


def test_arms_that_differ_in_their_pin_are_named_by_it(tmp_path: Path) -> None:
    race = race_with(tmp_path, [{"environment": {}, "pin": pin} for pin in ("compact", "spread")])
    assert list(names_in(raced(race.shown)[:2]).values()) == ["pin=compact", "pin=spread"]


def test_results_of_before_have_none(tmp_path: Path) -> None:
    race = race_with(tmp_path, [])
    assert all("pin" not in arm.parameters for arm in race.shown)


def test_a_variable_that_is_no_text_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="environment.A"):
        race_with(tmp_path, [{"environment": {"A": 1}, "pin": "none"}])


def test_one_backend_beside_serial_is_named_by_itself_not_by_its_chunks(tmp_path: Path) -> None:
    race = race_with(tmp_path, [])  # all arms alike
    alone = raced(race.shown)[0]
    pair = [next(arm for arm in race.shown if arm.role == "baseline"), alone]
    assert list(names_in(pair).values()) == ["serial", alone.compute]
