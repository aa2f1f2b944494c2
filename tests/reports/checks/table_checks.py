"""Checks of the report's tables, cell by cell, against values computed from the raw results."""

from __future__ import annotations

import functools
import re
import statistics
from collections.abc import Callable, Iterable
from itertools import accumulate

import paired_statistics as stats
from raw_results import Document, RawResults, arms_of, with_label
from report_page import UNITS, Table, shows, shows_interval, value_of

DASH = "–"
WITHHELD = ("too noisy", "too few rounds")


def unescaped(text: str) -> str:
    """A cell as the file had it."""
    return text.replace(r"\*", "*").replace(r"\|", "|").replace("&lt;", "<")


@functools.cache
def _compare(base: tuple[float, ...], arm: tuple[float, ...], rule: stats.Rule) -> stats.Outcome:
    return stats.compare(base, arm, rule)


def compare(race: Document, base: Document, arm: Document) -> stats.Outcome:
    """A comparison at the level of the race's tables."""
    return _compare(tuple(base["seconds"]), tuple(arm["seconds"]), stats.rule_for(race, arm))


def base_of(race: Document, arm: Document) -> Document:
    """The baseline of an arm's group."""
    return next(r for r in race["results"]
                if r["group"] == arm["group"] and r["role"] == "baseline")


def best_of(race: Document, arm: Document) -> Document:
    """The arm of the group that gains most on the baseline."""
    base = base_of(race, arm)
    return max((r for r in arms_of(race) if r["group"] == arm["group"] and r["ok"]),
               key=lambda r: compare(race, base, r).ratio)


def bytes_per_second(arm: Document) -> float | None:
    """What an arm that ran to the end moves; in results of before, where its size counts bytes."""
    if not arm["ok"] or not arm["seconds"]:
        return None
    if arm.get("bytes_per_second") is not None:
        return arm["bytes_per_second"]
    return arm["size"] / statistics.median(arm["seconds"]) if arm["unit"] == "bytes" else None


def memory_bound(races: Iterable[Document]) -> float | None:
    """What the fastest loop of the experiment stream moves."""
    return max((moved for race in races if race["run"]["experiment"] == "stream"
                for arm in race["results"] if (moved := bytes_per_second(arm))), default=None)


def check_arms(table: Table, race: Document, results: RawResults) -> None:
    """A table of arms: all of them, or all whose pace others set, or all others; and every cell of theirs."""
    labels = [unescaped(row[0]) for row in table.rows]
    paced = {with_label(race, label).get("paced", False) for label in labels}
    assert sorted(labels) == sorted(arm["label"] for arm in arms_of(race) if arm.get("paced", False) in paced)
    for index, label in enumerate(labels):
        arm, cells = with_label(race, label), table.row(index)
        for head, cell in list(cells.items())[1:]:
            assert cell_is_right(head, cell, race, arm, results), (race["run"]["name"], label, head, cell)


def cell_is_right(head: str, cell: str, race: Document, arm: Document, results: RawResults) -> bool:
    """Whether a cell is what the times give."""
    name, _, unit = head.rstrip("]").partition(" [")
    median = statistics.median(arm["seconds"]) if arm["ok"] else None
    if name == "time":
        return shows(cell, median, UNITS[unit])
    if name.startswith("per "):
        return shows(cell, None if median is None else median / arm["size"], UNITS[unit])
    if name == "chunks":
        return value_of(cell) == arm["chunks"]
    if name == "peak memory":
        number, _, prefix = cell.rpartition(" ")
        scale = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}[prefix]
        return shows(number, arm["peak_rss_bytes"], scale)
    if name == "context switches":
        return value_of(cell) == round(arm["context_switches"])
    if name == "GB/s":
        return shows(cell, bytes_per_second(arm), 1e9)
    if name == "of memory bandwidth":
        moved = bytes_per_second(arm)
        bound = memory_bound(results.races.values())
        return cell == DASH if moved is None or bound is None else shows(cell.removesuffix("\u202f%"), 100 * moved / bound)
    if name == "a load":
        return shows(cell, arm.get("load_seconds"), UNITS[unit])
    if name == "cores busy":
        return shows(cell, None if median is None else arm["cpu_seconds"] / median, digits=2)
    if name in ("speed-up", "against the baseline") or name.endswith("interval"):
        return _compared_cell_is_right(name, cell, race, arm)
    if (metric := metric_named(name, race)) is not None:
        return _metric_cell_is_right(cell, unit, metric, arm)
    assert name == "against the fastest", f"a column that no test knows: {head}"
    best = best_of(race, arm)
    if arm is best:
        return cell == "is the fastest"
    if arm["against_best"] is None:
        return cell == DASH and not arm["ok"]
    beside = beside_of(arm["against_best"])
    if arm["against_best"]["verdict"] in WITHHELD:
        return cell == (arm["against_best"].get("reason") or arm["against_best"]["verdict"]) + beside
    if not cell.endswith(beside):
        return False
    verdict, _, number = cell.removesuffix(beside).rpartition(" ")
    outcome = compare(race, best, arm)
    return verdict == outcome.verdict and shows(number, outcome.ratio)


def beside_of(comparison: Document) -> str:
    """What is added to a verdict that another program had a part in."""
    return ", beside load" if comparison.get("beside_load") else ""


def metric_named(name: str, race: Document) -> str | None:
    """The arms' own number that a column shows, by the words of its head."""
    words = {metric: metric.replace("_", " ") for arm in race["results"]
             for metric in arm.get("metrics", {})}
    return next((metric for metric, text in words.items()
                 if name in (text, text.removesuffix(" bytes"), text.removesuffix(" seconds"))), None)


def _metric_cell_is_right(cell: str, unit: str, metric: str, arm: Document) -> bool:
    values = [value for value in arm.get("metrics", {}).get(metric, []) if value is not None]
    if not values or not arm["ok"]:
        return cell == DASH
    shown = max(values) if metric.endswith("_worst_seconds") else statistics.median(values)
    if metric.endswith("_bytes"):
        number, _, prefix = cell.rpartition(" ")
        return shows(number, shown, UNITS[prefix])
    return shows(cell, shown, UNITS[unit] if unit else 1.0)


def _compared_cell_is_right(name: str, cell: str, race: Document, arm: Document) -> bool:
    if arm["role"] == "baseline":
        return cell == ("baseline" if name == "against the baseline" and arm["ok"] else
                        "failed" if name == "against the baseline" else DASH)
    if not arm["ok"]:
        return cell == ("failed" if name == "against the baseline" else DASH)
    outcome = compare(race, base_of(race, arm), arm)
    if name == "speed-up":
        return shows(cell, outcome.ratio)
    if name == "against the baseline":
        stated = arm["comparison"]
        words, told, detected = cell.removesuffix(beside_of(stated)).partition(": would detect ")
        if told and not is_rounded_up(detected, stated["tells"]):
            return False
        return (words == (stated.get("reason") or stated["verdict"]) and cell.endswith(beside_of(stated))
                and bool(told) == (stated["verdict"] == "not resolved" and stated.get("tells") is not None)
                and stated["verdict"] in (outcome.verdict, *WITHHELD))
    return (is_level(name, race)
            and shows_interval(cell, outcome.interval.low, outcome.interval.high))


def is_rounded_up(text: str, difference: float) -> bool:
    """Whether `4.3 %` or `2.2x` is a difference, with no more than its last digit added."""
    digits, unit = re.fullmatch(r"([0-9.]+)( %|x)", text).groups()
    exact = 100 * difference if unit == " %" else 1 + difference
    last = 10.0 ** -len(digits.partition(".")[2])
    return (unit == "x") == (difference > 1) and -1e-6 < float(digits) - exact < last


def is_level(head: str, race: Document) -> bool:
    """Whether a head says `95 % interval` where the file's level is 95 %."""
    number = head.split("\u202f")[0]
    return shows(number, 100 * (1 - race["run"]["alpha"]), digits=9) and head.endswith(" interval")


def words_of(arm: Document) -> set[str]:
    """All words by which a reader may know an arm."""
    compute = ":".join(filter(None, (arm["backend"], arm["schedule"])))
    grouped = f"{arm['chunks']:,}".replace(",", "\u202f") if arm["chunks"] > 9999 else ""
    words = {compute, f"x{arm['workers']}", arm["variant"], arm["algorithm"], str(arm["chunks"]),
             grouped, "chunk", "chunks", *arm["label"].split(), arm["unit"]}
    for name, value in arm["parameters"].items():
        words |= {name, *str(value).split()}
    return words


def check_against(table: Table, race: Document) -> None:
    """parlab against something else: ratios the right way round, goals, outcomes, times of one index."""
    rows = [arm for arm in arms_of(race) if arm["facts"]["part"] != "own" and arm["ok"]]
    books = [row for row in table.rows if row[1].endswith(", on another machine")]
    sources = {arm["facts"]["task"]: arm for arm in arms_of(race) if "source" in arm["facts"]}
    assert [unescaped(row[0]) for row in books] == list(sources)
    for row, own in zip(books, sources.values(), strict=True):
        source = own["facts"]["source"]
        assert unescaped(row[1]) == source["program"] + ", on another machine" and row[3:5] == [DASH, DASH]
        each = statistics.median(own["seconds"]) / own["size"]
        assert row[2].endswith(" times as fast") and shows(row[2].split()[0], source["seconds"] / each)
        for cell, seconds, head in ((row[5], each, table.heads[5]), (row[6], source["seconds"], table.heads[6])):
            assert shows(cell, seconds, UNITS[head.rstrip("]").partition(" [")[2]]), row
    tasks = list(accumulate((unescaped(row[0]) for row in table.rows), lambda last, task: task or last))
    compared = [(row, task) for row, task in zip(table.rows, tasks) if row not in books]
    for (row, task), arm in zip(compared, rows, strict=True):
        base, facts = base_of(race, arm), arm["facts"]
        workers = arm["parameters"].get("workers", 1)
        assert task == facts["task"] + (f", {workers} workers" if workers > 1 else "")
        outcome = compare(race, base, arm)
        value, low, high = outcome.ratio, outcome.interval.low, outcome.interval.high
        if facts["part"] == "peer":
            assert row[1] == f"{arm['variant']} ({facts['library']})"
            value, low, high = 1 / value, high and 1 / high, low and 1 / low
        number, ends = re.match(r"(\S+) (\[.*\])", row[2]).groups()
        assert shows(number, value) and shows_interval(ends, low, high), row
        assert row[2].endswith(" its time" if facts["part"] == "bound" else " as fast")
        goal = facts["goal"]
        if goal is None:
            assert (row[3], row[4]) == (DASH, DASH)
        else:
            assert row[3][0] == ("≤" if facts["part"] == "bound" else "≥") and shows(row[3][2:], goal)
            assert row[4] == goal_outcome(race, arm), row
        for cell, one, head in ((row[5], base, table.heads[5]), (row[6], arm, table.heads[6])):
            unit = head.rstrip("]").partition(" [")[2]
            assert shows(cell, statistics.median(one["seconds"]) / one["size"], UNITS[unit]), row


def goal_outcome(race: Document, arm: Document) -> str:
    """Whether the whole interval lies on one side of the goal."""
    interval, facts = compare(race, base_of(race, arm), arm).interval, arm["facts"]
    low, high, goal = interval.low, interval.high, facts["goal"]
    said = arm["comparison"]["verdict"]
    if said in WITHHELD or None in (low, high):
        return said if said in WITHHELD else "not told apart"
    if facts["part"] == "peer":
        low, high = 1 / high, 1 / low
    if facts["part"] == "bound":
        return "met" if high <= goal else "missed" if low > goal else "not told apart"
    return "met" if low >= goal else "missed" if high < goal else "not told apart"


def check_sweep(table: Table, race: Document) -> None:
    """Series against an axis: each number is the median of the one arm that it can be."""
    axis = table.heads[0].removeprefix("time per run by ")
    field: Callable[[Document], object] = {
        "chunks": lambda arm: arm["chunks"], "workers": lambda arm: arm["workers"],
    }.get(axis, lambda arm: arm["parameters"].get(axis, arm["size"]))
    shown = 0
    for row in table.rows:
        tokens = set(unescaped(row[0]).split())
        for head, cell in zip(table.heads[1:], row[1:], strict=True):
            value, _, unit = head.rstrip("]").partition(" [")
            arms = [arm for arm in arms_of(race)
                    if field(arm) == value_of(value) and tokens <= words_of(arm)]
            if cell == DASH:
                assert not any(arm["ok"] and arm["role"] == "arm" for arm in arms), (row[0], head)
                continue
            shown += 1
            assert any(shows(cell, statistics.median(arm["seconds"]), UNITS[unit])
                       for arm in arms if arm["ok"]), (row[0], head, cell)
    assert shown == sum(arm["ok"] for arm in arms_of(race))


def check_models(table: Table, race: Document) -> None:
    """Cost models, one row each."""
    assert len(table.rows) == len(race["models"])
    assert table.heads[2] == table.heads[4]
    assert is_level(table.heads[2], race)
    for row, model in zip(table.rows, race["models"], strict=True):
        start_unit = re.search(r"\[(.+)\]", table.heads[1])[1]
        each_unit = re.search(r"\[(.+)\]", table.heads[3])[1]
        assert unescaped(row[0]) == model["label"]
        assert shows(row[1], model["start_seconds"], UNITS[start_unit])
        assert shows_interval(row[2], *model["start_interval"], UNITS[start_unit])
        assert shows(row[3], model["each_seconds"], UNITS[each_unit])
        assert shows_interval(row[4], *model["each_interval"], UNITS[each_unit])
        if all(arm["size"] == arm["chunks"] for arm in arms_of(race)):
            continue  # empty chunks have a cost and never pay
        if model["break_even"] is None:
            assert unescaped(row[5]) == model["break_even_why"]
            continue
        size, low, high = re.fullmatch(r"([^ ]+) \[([^ ]+), ([^ ]+)\]", row[5]).groups()
        even = model["break_even"]
        for cell, value in zip((size, low, high), (even["size"], *even["interval"])):
            rounded = None if value is None else float(f"{value:.2g}")
            assert (cell == DASH) if rounded is None else value_of(cell) == rounded, row


def check_ports(table: Table, results: RawResults) -> None:
    """Each loop with its bound; above a quarter more than that is bold."""
    assert results.ports is not None
    for row, loop in zip(table.rows, results.ports["rows"], strict=True):
        assert (unescaped(row[0]), row[1]) == (loop["loop"], loop["level"])
        assert [value_of(cell) for cell in row[2:5]] == [
            float(f"{loop[name]:.3g}") for name in ("bound", "simulated", "measured")]
        ratio = loop["measured"] / loop["bound"]
        assert row[5].startswith("**") == (ratio > 1.25) and value_of(row[5].strip("*")) == round(ratio, 2)


def check_micro(table: Table, results: RawResults) -> set[str]:
    """Medians of Google Benchmark's repetitions. Returns the benchmarks that the table shows."""
    assert results.micro is not None
    units = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}
    times: dict[str, list[float]] = {}
    for run in results.micro["benchmarks"]:
        if run.get("run_type", "iteration") == "iteration" and not run.get("error_occurred"):
            seconds = run["real_time"] * units[run["time_unit"]]
            times.setdefault(run.get("run_name", run["name"]), []).append(seconds)
    shown = set()
    for row in table.rows:
        for head, cell in zip(table.heads[1:], row[1:], strict=True):
            argument, _, unit = head.rstrip("]").partition(" [")
            path = unescaped(row[0]) + ("" if argument == "time" else f"/{argument}")
            name = path if path in times else f"{path}/real_time"
            assert shows(cell, statistics.median(times[name]), UNITS[unit]), (name, cell)
            shown.add(name)
    return shown
