"""What sharing costs, and the book's table: the right arms in them, nothing where nothing ran."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import synthetic_races
from synthetic_results import Document, noisy, race, result, with_baseline
from conftest import Render
from report_page import Page


def ways_race(experiment: str, unit: str, seconds: dict[str, float], **case: Any) -> Document:
    """Ways to do one thing a thousand times, the first being the baseline."""
    random_ = random.Random(3)
    case |= {"size": 1000, "unit": unit, "group": f"1000 {unit} {case}"}
    results: list[Document] = []
    for name, each in seconds.items():
        times = 1000 * each
        if not results:
            results += with_baseline(experiment, lambda s: noisy(random_, s, 9, 0.005), times,
                                     **case, variant=name, label=name)
        else:
            results.append(result(experiment, ("serial", ""), 1, noisy(random_, times, 9, 0.005),
                                  **case, variant=name, label=name))
    return race(f"{experiment}-{unit}", f"What does {experiment} cost?", results, 9)


def micro(rows: dict[str, float]) -> Document:
    """Google Benchmark's own format."""
    return {"benchmarks": [{"name": name, "run_name": name, "run_type": "iteration",
                            "real_time": nanoseconds, "time_unit": "ns"}
                           for name, nanoseconds in rows.items()]}


def test_costs_are_multiples_of_the_cheapest_way(tmp_path: Path, render: Render) -> None:
    folder = synthetic_races.write_suite(tmp_path, [
        ways_race("channels", "messages", {"spsc_ring": 2e-8, "pipe": 1e-6},
                  parameters={"pattern": "stream", "bytes": 8}),
        ways_race("locking", "increments", {"atomic": 1e-8, "value_unlocked": 2e-9, "lock": 4e-8},
                  parameters={"processes": 2})])
    (folder / "micro.json").write_text(json.dumps(micro(
        {"flag/atomic": 0.5, "flag/manager/real_time": 50_000, "flag/bare_unix_socket": 40_000,
         "dispatch/serial/workers:1": 3})), encoding="utf-8")
    done = render(folder)
    assert done.returncode == 0, done.stderr
    text = (folder / "REPORT.md").read_text()
    page = text[text.index("## What sharing costs"):text.index("## channels")]
    rows = {cells[1].strip(): [cell.strip() for cell in cells[2:5]]
            for line in page.splitlines() if len(cells := line.split("|")) == 6}
    assert rows["atomic"][1] == "1.0"
    assert rows["manager"][1] == "100\u202f000" and rows["unix socket (bare)"][2] == "micro"
    assert rows["pipe"][1] in ("49", "50", "51") and rows["lock"][2] == "locking-increments"
    assert "value unlocked" not in rows and "dispatch" not in page


def test_distances_stand_in_one_table_from_near_to_far(tmp_path: Path, render: Render) -> None:
    near = {"thread": 1e-9, "process": 2e-9, "manager": 4e-5, "manager_veth": 9e-5}
    flags = ways_race("sharing_distance", "reads", near, parameters={"task": "flag"})
    calls = ways_race("sharing_distance", "calls", {"manager": 1e-4, "manager_veth": 3e-4},
                      parameters={"task": "call"})
    folder = synthetic_races.write_suite(tmp_path, [flags, calls])
    done = render(folder)
    assert done.returncode == 0, done.stderr
    text = (folder / "REPORT.md").read_text()
    assert "no wire" in text
    page = Page(text)
    table = next(one for one in page.tables() if one.heading == "By thread, process and host")
    assert list(table.heads) == ["way", "flag [µs]", "call [µs]"]
    assert [row[0] for row in table.rows] == ["thread", "process", "manager", "manager veth"]
    assert [bool(row[2].strip()) for row in table.rows] == [False, False, True, True]
    assert float(table.rows[3][1]) > 2 * float(table.rows[2][1]) > 1000 * float(table.rows[0][1])
    assert 250 < float(table.rows[3][2]) < 350


def test_goals_stand_with_what_sharing_costs_and_nowhere_else(tmp_path: Path,
                                                             render: Render) -> None:
    folder = synthetic_races.write_suite(tmp_path, [synthetic_races.peers_race(),
                                                  synthetic_races.overhead_race()])
    assert render(folder).returncode == 0
    page = Page((folder / "REPORT.md").read_text())
    tables = {table.heading: table for table in page.tables() if table.heads[0] == "task"}
    assert set(tables) == {"peers", "sharing-overhead"}
    assert [(row[1], row[4]) for row in tables["sharing-overhead"].rows] == [
        ("pipe, which bounds it", "–"), ("mp_queue (primesieve 11.0)", "met"),
        ("mutex, which bounds it", "missed"), ("bare_pool, which bounds it", "met")]
    headings = [line.lstrip("# ") for line in page.lines if line.startswith("#")]
    assert headings.index("What sharing costs") < headings.index("Against the bare calls") \
        < headings.index("sharing-overhead") < headings.index("Against what you would use otherwise")
    assert "sharing_overhead" not in headings


def test_a_suite_without_sharing_has_no_page_on_it(tmp_path: Path, render: Render) -> None:
    folder = synthetic_races.write_suite(tmp_path, [synthetic_races.primes_race()])
    (folder / "micro.json").unlink(missing_ok=True)
    assert render(folder).returncode == 0
    assert "What sharing costs" not in (folder / "REPORT.md").read_text()


def test_the_books_table_has_what_ran_and_says_what_did_not(tmp_path: Path,
                                                            render: Render) -> None:
    random_ = random.Random(5)
    case = {"size": 10**8, "unit": "divisors", "algorithm": "naive", "group": "prime1",
            "parameters": {"number": "prime1"}}
    results = with_baseline("verify_prime", lambda s: noisy(random_, s, 9, 0.001), 0.4, **case,
                            variant="none")
    for flag, seconds in (("none", 0.2), ("raw_value", 0.21), ("manager", 2.0)):
        results.append(result("verify_prime", ("processes", "static"), 2,
                              noisy(random_, seconds, 9, 0.001), **case, variant=flag,
                              label=f"{flag} processes x2"))
    folder = synthetic_races.write_suite(
        tmp_path, [race("verify-prime-book", "Is one number prime?", results, 9)])
    done = render(folder)
    assert done.returncode == 0, done.stderr
    text = (folder / "REPORT.md").read_text()
    table = text[text.index("### The book's table"):]
    rows = {cells[1].strip(): [cell.strip() for cell in cells[2:7]]
            for line in table.splitlines() if len(cells := line.split("|")) == 8}
    assert rows["serial"][:2] == ["11.8", "1.00"] and rows["serial"][3] == "1.00"
    assert rows["pool without a flag"][1] == "3.93" and rows["pool without a flag"][3] == "2.00"
    assert rows["Manager.Value"][3] in ("0.20", "0.200")
    assert rows["Redis"][4] == "not in this run"
