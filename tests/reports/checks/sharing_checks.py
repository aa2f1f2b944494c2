"""Checks of the page on what sharing costs and of the book's table, from the raw results."""

from __future__ import annotations

import re
import statistics

from raw_results import RawResults, with_label
from report_page import UNITS, Page, Table, shows, value_of
from table_checks import unescaped

COSTS = "What sharing costs"
DISTANCE = "By thread, process and host"
BOOK = "The book's table beside ours"
# Seconds in the book, whose serial program took 11.8: a second copy, so that a slip in one is seen.
BOOK_SECONDS = {"serial": 11.8, "pool without a flag": 3.0, "Redis": 7.9, "Manager.Value": 6.5,
                "RawValue": 4.7, "mmap": 4.6, "mmap, polled per block": 3.0}


def seconds_of_way(way: str, source: str, results: RawResults) -> list[float]:
    """What one operation of a way took, by each benchmark or arm that has its name."""
    if source == "micro":
        assert results.micro is not None
        return [row["real_time"] * UNITS[row["time_unit"]] for row in results.micro["benchmarks"]
                if row["name"].removesuffix("/real_time") in (f"flag/{way}", f"lock/{way}")]
    race = results.race_named(source)
    return [statistics.median(arm["seconds"]) / arm["size"] for arm in race["results"]
            if arm["variant"] == way and arm["ok"]]


def check_costs(table: Table, results: RawResults) -> None:
    """Each row is a measured cost, the cheapest first, and its multiple of the cheapest."""
    assert table.heads == ["way", "[ns]", "times the cheapest", "measured by"]
    exact: list[float] = []
    for name, shown, _, source in table.rows:
        way = unescaped(name).replace(" ", "_")
        if way.endswith("_(bare)"):
            way = "bare_" + way.removesuffix("_(bare)")
        fitting = [value for value in seconds_of_way(way, source, results)
                   if shows(shown, value, UNITS["ns"])]
        assert fitting, (name, shown)
        exact.append(fitting[0])
    assert exact == sorted(exact)
    own = [value for row, value in zip(table.rows, exact) if not row[0].endswith("(bare)")]
    for row, value in zip(table.rows, exact):
        assert value_of(row[2]) == float(f"{value / min(own):.1e}"), row


def check_distance(table: Table, results: RawResults) -> None:
    """Each cell is one operation of its task by its way; the baselines' twins are not shown."""
    race = next(race for race in results.races.values()
                if race["run"]["experiment"] == "sharing_distance")
    arms = {(arm["variant"], arm["parameters"]["task"]): arm for arm in race["results"]
            if arm["role"] != "baseline again" and arm["ok"]}
    heads = [re.fullmatch(r"(\w+) \[(.+)\]", head) for head in table.heads[1:]]
    for row in table.rows:
        for head, shown in zip(heads, row[1:]):
            assert head
            arm = arms.pop((unescaped(row[0]).replace(" ", "_"), head[1]), None)
            assert (arm is None) == (shown.strip() == ""), row
            if arm is not None:
                assert shows(shown, statistics.median(arm["seconds"]) / arm["size"], UNITS[head[2]]), row
    assert not arms


def check_book(table: Table, results: RawResults) -> None:
    """The book's seconds as printed there, ours as measured, each over its own serial run."""
    race = next(race for race in results.races.values()
                if race["results"][0]["parameters"].get("number") == "prime1"
                and race["run"]["experiment"] == "verify_prime"
                and {unescaped(row[5]) for row in table.rows} - {"not in this run"}
                <= {arm["label"] for arm in race["results"]})
    unit = UNITS[table.heads[3].removeprefix("here [").removesuffix("]")]
    serial = statistics.median(with_label(race, table.rows[0][5])["seconds"])
    assert [row[0] for row in table.rows] == list(BOOK_SECONDS)
    for name, book, there, here, ratio, label in table.rows:
        assert float(book) == BOOK_SECONDS[name]
        assert shows(there, BOOK_SECONDS["serial"] / BOOK_SECONDS[name])
        if label == "not in this run":
            assert (here, ratio) == ("–", "–")
            continue
        median = statistics.median(with_label(race, unescaped(label))["seconds"])
        assert shows(here, median, unit) and shows(ratio, serial / median), name


def explain_sharing(page: Page) -> None:
    """The words around these tables."""
    page.take(r"\*\*A message of 8 bytes", page.under(COSTS))
    page.take(r"One operation: a read of a flag, .* no wire\.", page.under(DISTANCE))
    page.take(r"The prime 100109100129100151 .* on 4 workers", page.under(BOOK))
