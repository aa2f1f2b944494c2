"""Checks of what is said of all loops together: losses, the smallest set, the smallest tasks."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable
from itertools import combinations

import table_checks as checks
from answer_checks import LOSS, Row, comparable, durations_in, is_loss, is_rough, rows_of
from grid_checks import percent_is
from raw_results import Document, RawResults
from report_page import DURATION, PERCENT, Page, Table, shows

HEADING = "One backend for all loops"
LIMIT = 0.05
Loss = tuple[float, float, float | None]


def judged_in(results: RawResults) -> list[Row]:
    return [row for row in comparable(rows_of(results)) if not row.withheld]


def losses_of(name: str, rows: list[Row]) -> list[tuple[Row, Loss]]:
    return [(row, row.loss(name)) for row in rows if row.cell(name)]


def ends_of(losses: list[Loss], merge: Callable[[list[float]], float]) -> Loss:
    """The largest or the median of values and of ends."""
    highs = [float("inf") if loss[2] is None else loss[2] for loss in losses]
    return (merge([loss[0] for loss in losses]), merge([loss[1] for loss in losses]),
            None if merge(highs) == float("inf") else merge(highs))


def check_losses(table: Table, results: RawResults) -> None:
    """Worst and median loss of each backend, those of all loops first."""
    rows = judged_in(results)
    names = {name for row in rows for name in row.backends if losses_of(name, rows)}
    places = [(len(losses_of(name, rows)) < len(rows),
               max(loss[0] for _, loss in losses_of(name, rows))) for name, *_ in table.rows]
    assert places == sorted(places)
    assert {cells[0] for cells in table.rows} == names and len(names) == len(table.rows)
    for name, loops, *cells in table.rows:
        own = losses_of(name, rows)
        failed = sum(name in row.backends and not row.cell(name) for row in rows)
        assert loops == f"{len(own)} of {len(rows)}" + (f", failed on {failed}" if failed else "")
        losses = [loss for _, loss in own]
        for shown, interval, (value, low, high) in (
                (*cells[:2], ends_of(losses, max)), (*cells[3:], ends_of(losses, statistics.median))):
            assert percent_is(shown, value) and shows_ends(interval, low, high), (name, shown)
        worst = max(loss[0] for loss in losses)
        assert (cells[2] == "–") == (worst == 0)
        assert worst == 0 or any(row.is_named(checks.unescaped(cells[2])) and loss[0] == worst
                                 for row, loss in own)


def shows_ends(text: str, low: float, high: float | None) -> bool:
    """`[2.1, 17.4]` in per cent."""
    found = re.fullmatch(r"\[(\S+), (\S+)\]", text)
    return shows(found[1], 100 * low, digits=9) and shows(
        found[2], None if high is None else 100 * high, digits=9)


def set_losses(names: tuple[str, ...], rows: list[Row]) -> list[Loss] | None:
    """The loss of the best of a set on each loop; None unless all are small."""
    found = []
    for row in rows:
        able = [row.loss(name) for name in names if name in row.backends and row.cell(name)]
        if not able or min(able)[0] >= LIMIT:
            return None
        found.append(min(able))
    return found


def check_set(line: str, results: RawResults) -> None:
    """No smaller set serves all loops, and none of that size has a smaller worst loss."""
    rows = judged_in(results)
    found = re.match(rf"(?:\*\*(?P<one>\S+)\*\* alone loses|No backend alone loses) less than (?P<limit>{PERCENT}) "
                     rf"on (?:each of (?P<loops>\d+) loops|the one loop)(?:\. \*\*(?P<more>.+)\*\* together do, .*)?"
                     rf": at worst (?P<worst>{LOSS}) (?P<ends>\[\S+, \S+\])\.", line)
    assert percent_is(found["limit"], LIMIT) and int(found["loops"] or 1) == len(rows), line
    named = tuple(checks.unescaped(name) for name in re.split(", | and ", found["one"] or found["more"]))
    everything = sorted({name for row in rows for name in row.backends})
    assert not any(set_losses(few, rows) for few in combinations(everything, len(named) - 1)), line
    losses = set_losses(named, rows)
    worst, low, high = ends_of(losses, max)
    assert is_loss(found["worst"], worst)
    ends = re.fullmatch(r"\[(\S+), (\S+)\]", found["ends"])
    assert shows(ends[1], 100 * low, digits=9) and shows(
        ends[2], None if high is None else 100 * high, digits=9)
    assert worst == min(ends_of(other, max)[0] for few in combinations(everything, len(named))
                        if (other := set_losses(few, rows)))
    told = re.search(rf"Whether it is less than ({PERCENT}) is not decided", line)
    assert bool(told) == (high is None or high >= LIMIT) and (not told or percent_is(told[1], LIMIT))


def empty_race(results: RawResults) -> Document | None:
    """The first race of empty chunks with models."""
    return next((race for race in results.races.values() if race["models"] and all(
        one["size"] == one["chunks"] for one in race["results"])), None)


def tasks_of(race: Document) -> dict[str, tuple[Document, list[Document]]]:
    """Models on the most workers by backend and schedule, with their arms."""
    found = {}
    for model in race["models"]:
        arms = [race["results"][i] for i in model["results"]]
        arms = [arm for arm in arms if arm["role"] == "arm" and arm["ok"]]
        if arms:
            name = f"{arms[0]['backend']}:{arms[0]['schedule']}".rstrip(":")
            found[name, arms[0]["workers"]] = (model, arms)
    most = max(workers for _, workers in found)
    return {name: pair for (name, workers), pair in found.items() if workers == most}


def is_task(text: str, model: Document, workers: int) -> bool:
    """`58 ns`, or `below 290 ns` where the cost of each may be nothing."""
    low, high = (None if end is None else max(0, workers * end) for end in model["each_interval"])
    if text.startswith("below "):
        return low is not None and low <= 0 and is_rough(text.removeprefix("below "), high)
    return (low is None or low > 0) and is_rough(text, workers * model["each_seconds"])


def check_tasks(table: Table, results: RawResults) -> None:
    """A task at each number of tasks, and what the model makes of many."""
    expected = tasks_of(empty_race(results))
    assert {row[0] for row in table.rows} == set(expected) and len(table.rows) == len(expected)
    counts = [int(head.removesuffix(" tasks")) for head in table.heads[1:-2]]
    for name, *cells in table.rows:
        model, arms = expected[name]
        workers = arms[0]["workers"]
        assert set(counts) >= {arm["chunks"] for arm in arms if arm["chunks"] >= workers}
        for count, cell in zip(counts, cells):
            own = [arm for arm in arms if arm["chunks"] == count]
            assert (cell == "–") == (not own)
            assert not own or is_rough(cell, workers * statistics.median(own[0]["seconds"]) / count)
        assert is_task(cells[-2], model, workers), (name, cells[-2])
        ends = re.fullmatch(r"\[(.+), (.+)\]", cells[-1])
        for shown, end in zip(ends.groups(), model["each_interval"]):
            assert shown == "–" if end is None else is_rough(shown, max(0, workers * end)), name


def upper_end(model: Document) -> float:
    """What the cost of each may be at most."""
    high = model["each_interval"][1]
    return float("inf") if high is None else high


def check_smallest(line: str, results: RawResults) -> None:
    """Each backend once, by the schedule whose upper end is least."""
    expected = tasks_of(empty_race(results))
    workers = next(iter(expected.values()))[1][0]["workers"]
    assert int(re.search(r"on (\d+) workers?:", line)[1]) == workers
    told = re.findall(rf"([^\s,:]+(?::\w+)?) ((?:below )?{DURATION})", line[line.index(": "):])
    assert {name.split(":")[0] for name, _ in told} == {name.split(":")[0] for name in expected}
    assert len(told) == len({name.split(":")[0] for name in expected})
    for name, shown in told:
        model, _ = expected[name]
        assert is_task(shown, model, workers), (name, shown)
        assert upper_end(model) == min(upper_end(other) for key, (other, _) in expected.items()
                                       if key.split(":")[0] == name.split(":")[0])


def explain_all_loops(page: Page, results: RawResults) -> None:
    """The sentences of the section; its tables are explained before."""
    for number in page.under(HEADING):
        line = page.lines[number]
        if "alone loses" in line:
            check_set(line, results)
        elif line.startswith("The smallest task that"):
            assert "METG(50\u202f%)" in line
            check_smallest(line, results)
        else:
            continue
        page.explain(number)
