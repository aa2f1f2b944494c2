"""Which of these loops is yours, and each section's own sentence, checked on made-up results."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest
import synthetic_memory
import synthetic_races
from conftest import Render
from raw_results import Document, RawResults
from report.answer.answer import Answer
from report.answer.patterns import PATTERNS
from report.tables.pattern_table import pattern_table
from synthetic_loops import NOISY, QUIET, Speeds, answer
from synthetic_results import race, result, with_baseline

TWO = {("a", ""): 2.0, ("b", ""): 1.5}


def case(experiment: str, speeds: Speeds, *, size: int = 10**6, rounds: int = 21, spread: float = QUIET,
         name: str = "", **fields: Any) -> Document:
    """A race of one experiment on several backends."""
    random_ = random.Random(f"{experiment} {size}")

    def draw(seconds: float) -> list[float]:
        return [seconds * (1 + random_.uniform(-spread, spread)) for _ in range(rounds)]

    fields = {"size": size, "unit": "items", "group": f"{experiment} {size}", **fields}
    results = with_baseline(experiment, draw, 0.1, **fields)
    results += [result(experiment, compute, 2, draw(0.1 / speed), **fields)
                for compute, speed in speeds.items()]
    return race(name or experiment, "Which one?", results, rounds)


def says(found: Answer, name: str) -> tuple[str, str]:
    """The race that shows a kind and its words; empty where there is none."""
    shown = next(row.shown for row in found.patterns if row.pattern.name == name)
    return (shown.race.name, shown.words) if shown else ("", "")


def test_each_kind_is_shown_by_its_experiment_and_no_other(tmp_path: Path) -> None:
    kinds = {"even": ("pi", {}), "uneven": ("primes", {"algorithm": "trial"}), "clustered": ("julia", {}),
             "memory-bound": ("diffusion", {}), "gather": ("spmv", {}), "large results": ("histogram", {}), "early exit": ("verify_prime", {"answer": "composite",
                                                                                "expected": "composite"}),
             "waits": ("http_clients", {})}
    for name, (experiment, fields) in kinds.items():
        found = answer(tmp_path / experiment, case(experiment, TWO, **fields))
        shown, words = says(found, name)
        assert shown == experiment and re.search(r"\*\*a\*\* is 2\.00 \[.*\] times as fast as serial\.", words)
        assert [row.pattern.name for row in found.patterns if row.shown] == [name]


def test_a_kind_without_a_race_names_the_command_that_measures_it(tmp_path: Path) -> None:
    rows = pattern_table(answer(tmp_path, case("own", TWO)).patterns).splitlines()[2:]
    assert len(rows) == len(PATTERNS)
    for row, pattern in zip(rows, PATTERNS, strict=True):
        assert f"**{pattern.name}**: {pattern.example}" in row
        assert re.search(rf"\| not measured +\| `{re.escape(pattern.command)}` shows it\.", row)


def test_a_search_for_a_prime_does_not_end_early(tmp_path: Path) -> None:
    found = answer(tmp_path, case("verify_prime", TWO, answer="prime", expected="prime"))
    assert says(found, "early exit") == ("", "")


def test_the_sieve_is_not_uneven_work(tmp_path: Path) -> None:
    assert says(answer(tmp_path, case("primes", TWO, algorithm="sieve")), "uneven") == ("", "")


def test_the_largest_size_speaks(tmp_path: Path) -> None:
    found = answer(tmp_path, case("pi", {("a", ""): 2.0, ("b", ""): 1.0}, name="small", size=1000),
                   case("pi", {("a", ""): 1.0, ("b", ""): 2.0}, name="large"))
    assert says(found, "even")[0] == "large" and "**b**" in says(found, "even")[1]


def test_those_not_slower_are_named_and_counted(tmp_path: Path) -> None:
    speeds = {(name, ""): 2.0 for name in "abcde"} | {("slow", ""): 1.2}
    words = says(answer(tmp_path, case("pi", speeds)), "even")[1]
    assert re.search(r"May be as fast: \w, \w and 2 more\.$", words) and "slow" not in words


def test_a_baseline_that_nothing_beats_is_named(tmp_path: Path) -> None:
    words = says(answer(tmp_path, case("pi", {("a", ""): 0.5, ("b", ""): 0.4})), "even")[1]
    assert words.endswith(": no arm is decided faster than the baseline, serial.")


def test_noise_and_few_rounds_decide_nothing(tmp_path: Path) -> None:
    words = says(answer(tmp_path / "few", case("pi", TWO, rounds=3)), "even")[1]
    assert words.endswith(": too few rounds, no verdict.")
    words = says(answer(tmp_path / "noisy", case("pi", {("a", ""): 1.02, ("b", ""): 1.01}, spread=NOISY)), "even")[1]
    assert "no arm is decided faster" in words


def test_less_than_the_margin_and_beside_another_program_are_told(tmp_path: Path) -> None:
    document = case("pi", TWO)
    fastest = next(one for one in document["results"] if one["backend"] == "a")
    fastest["comparison"] |= {"verdict": "differs", "beside_load": True}
    words = says(answer(tmp_path, document), "even")[1]
    assert "times as fast as serial, perhaps by less than 3\u202f%, beside load." in words


def test_the_number_of_chunks_speaks_for_work_with_a_trend(tmp_path: Path) -> None:
    document = synthetic_races.primes_race()
    for one in document["results"]:
        one["algorithm"] = "trial"
    found = answer(tmp_path, document)
    grain = next(one.text for one in found.sentences if one.topic == "Grain")
    assert says(found, "trending") == ("primes-chunks", grain)
    for one in document["results"]:
        one["algorithm"] = "sieve"
    assert says(answer(tmp_path / "even", document), "trending") == ("", "")


def test_tiny_work_is_told_by_the_ends_of_the_backends(tmp_path: Path) -> None:
    found = answer(tmp_path, synthetic_races.dispatch_race())
    shown, words = says(found, "tiny")
    assert found.tasks
    first, last = found.tasks.by_backend[0].arm.compute, found.tasks.by_backend[-1].arm.compute
    assert shown == "dispatch-cost" and f"({first}) to " in words and words.endswith(f"({last}).")


def test_loops_that_move_bytes_say_how_much_of_what_memory_delivers(tmp_path: Path, render: Render) -> None:
    folder = synthetic_races.write_suite(tmp_path, synthetic_memory.memory_races())
    assert render(folder).returncode == 0
    text = (folder / "REPORT.md").read_text()
    assert re.search(r"^- Memory delivers 2\d\.\d GB/s, to triad a x2\. A load that waits for the one before it takes "
                     r"(?:99\.\d|100) ns, in latency (?:serial|b:static x2)\.$", text, re.MULTILINE)
    shares = re.findall(r"^- \w+ a x2 moves \d+\.\d GB/s, (\d+)\u202f% of what memory delivers(.*)$", text, re.MULTILINE)
    assert [round(int(share), -1) for share, _ in shares] == [80, 170]
    assert [more for _, more in shares] == [".", ": part of it stays in the cache."]
    assert text.count("| of memory bandwidth |") == 2 and "| a load [ns] |" in text


def test_without_the_bound_nothing_is_said_of_it(tmp_path: Path, render: Render) -> None:
    folder = synthetic_races.write_suite(tmp_path, synthetic_memory.memory_races()[1:])
    assert render(folder).returncode == 0
    text = (folder / "REPORT.md").read_text()
    assert "what memory delivers" not in text and "of memory bandwidth" not in text and "GB/s" in text


def sections(text: str) -> list[str]:
    """The parts of a report that hold a race's numbers."""
    parts = re.split(r"\n(?=##+ )", text)
    return [part for part in parts if "and how to run it again" in part]


def test_a_section_says_then_shows_then_details(rendered: RawResults) -> None:
    found = sections(rendered.report)
    assert len(found) == len(rendered.races)
    for part in found:
        folded = part.index('<details markdown="1">')
        assert re.search(r"^(- |Of \d+ goals?: |No goal is set)", part[:folded], re.MULTILINE), part[:200]
        assert "\n| " not in part[:folded], "a table before the details"
        if "![" in part:
            assert part.index("![") < folded
        assert part.count("<details") == part.count("</details>") >= 1
        assert "```sh\nbuild/parlab run" in part[folded:part.rindex("</details>")]


def test_a_section_with_headlines_needs_no_sentence_of_another_kind(tmp_path: Path, render: Render) -> None:
    folder = synthetic_races.write_suite(tmp_path, [case("pi", TWO), case("julia", TWO)])
    assert render(folder).returncode == 0
    pi = sections((folder / "REPORT.md").read_text())[0]
    assert len(re.findall(r"^- ", pi, re.MULTILINE)) == 1 and "times as fast as" not in pi
    (folder / "headlines.json").unlink()
    assert render(folder / "pi.json", "--out", tmp_path / "alone").returncode == 0
    pi = sections((tmp_path / "alone" / "REPORT.md").read_text())[0]
    assert re.search(r"^- 1e6 items, 2 workers: \*\*a\*\* is 2\.00 ", pi, re.MULTILINE)


@pytest.mark.parametrize("outcome", ["met", "missed"])
def test_goals_are_counted(tmp_path: Path, render: Render, outcome: str) -> None:
    peers = synthetic_races.AgainstRace("peers", "peers", 3, 31)
    peers.add("1e9", "own", "parlab", 0.06)
    peers.add("1e9", "peer", "primesieve", 0.09 if outcome == "met" else 0.06, 1.25)
    peers.add("1e9", "peer", "other", 0.09)
    folder = synthetic_races.write_suite(tmp_path, [peers.race("Against what?")])
    assert render(folder).returncode == 0
    assert f"Of 1 goal: 1 {outcome}." in (folder / "REPORT.md").read_text()


def test_the_page_holds_commands_and_tables_within_details(rendered: RawResults) -> None:
    page = (rendered.folder / "REPORT.html").read_text()
    assert "```" not in page and "\n| " not in page
    assert page.count("<details") == page.count("</details>")
    folded = re.findall(r"<details>(.*?)</details>", page, re.DOTALL)
    commands = [part for part in folded if "and how to run it again" in part]
    assert len(commands) == len(rendered.races)
    assert all("<table>" in part and "<pre><code" in part for part in commands)
