"""Checks of what the report says of scaling, and of plans beside runs."""

from __future__ import annotations

import json
import math
import re
import statistics

from raw_results import Document, RawResults
from report_page import NUMBER, Page, Table, shows, shows_duration, value_of

INTERVAL = rf"({NUMBER}) \[({NUMBER}|–), ({NUMBER}|–)\]"


def is_located(text: str, stated: Document, scale: float = 1.0) -> bool:
    """Whether `0.879 [0.632, –]` is a number of the file with its interval; an end of 0 or null is not told."""
    number, *ends = re.fullmatch(INTERVAL, text).groups()
    return shows(number, stated["value"], scale) and all(
        shown == "–" and not end or shown != "–" and end is not None and shows(shown, end, scale)
        for shown, end in zip(ends, stated["interval"], strict=True))


def check_points(table: Table, race: Document) -> None:
    """A row for each number of workers of each series; strong ones from their times."""
    points = [(series, point) for series in race["scaling"]["series"] for point in series["points"]]
    for row, (series, point) in zip(table.rows, points, strict=True):
        assert row[:2] == [series["label"], str(point["workers"])]
        assert is_located(row[2], point["efficiency"]) and is_located(row[3], point["karp_flatt"]), row
        assert ("beyond the cores" in row[4]) == (point["workers"] > race["scaling"]["cores"])
        assert ("beside load" in row[4]) == point["beside_load"]
        if series["mode"] != "strong":
            continue
        one, many = (race["results"][index]["seconds"] for index in (series["one_worker"], point["result"]))
        workers = point["workers"]
        speedup = math.exp(statistics.median(math.log(a / b) for a, b in zip(one, many)))
        assert math.isclose(point["efficiency"]["value"], speedup / workers, rel_tol=1e-6)
        assert math.isclose(point["karp_flatt"]["value"], (1 / speedup - 1 / workers) / (1 - 1 / workers),
                            rel_tol=1e-6, abs_tol=1e-9)


def check_fits(table: Table, race: Document) -> None:
    """A row of fitted laws for each strong series."""
    fitted = [series for series in race["scaling"]["series"] if series["mode"] == "strong"]
    for row, series in zip(table.rows, fitted, strict=True):
        fits = [series["amdahl"]["serial_fraction"], series["usl"]["contention"], series["usl"]["coherence"]]
        assert row[0] == series["label"]
        for cell, fit in zip(row[1:], fits, strict=True):
            assert cell == "not identifiable" if fit["value"] is None else is_located(cell, fit), row


def check_plans(table: Table, plans: list[Document]) -> None:
    """A row for each plan, and how far off it was."""
    for row, plan in zip(table.rows, plans, strict=True):
        ranks, cores, planned, measured, error, grain, schedule, limit = row
        assert (value_of(ranks), value_of(cores), value_of(grain)) == (plan["ranks"], plan["cores"], plan["grain"])
        assert (schedule, limit) == (plan["schedule"], plan["limit"]) and shows_duration(planned, plan["seconds"])
        assert (measured == "–") == (error == "–") == (not plan["measured_seconds"])
        if plan["measured_seconds"]:
            assert shows_duration(measured, statistics.median(plan["measured_seconds"]))
            assert error == f"{100 * off_by(plan):+.0f} %"


def off_by(plan: Document) -> float:
    """By which share of the measured time a plan was off."""
    return plan["seconds"] / statistics.median(plan["measured_seconds"]) - 1


def explain_scaling(page: Page, results: RawResults) -> None:
    """The section's tables and sentences."""
    path = results.folder / "plan.json"
    plans = json.loads(path.read_text(encoding="utf-8"))["plans"] if path.exists() else []
    race = next((race for race in results.races.values() if race.get("scaling")), None)
    for table in page.tables():
        if table.heads[:2] == ["scaling", "workers"]:
            check_points(table, race)
        elif table.heads[0] == "scaling":
            check_fits(table, race)
        elif table.heads[:3] == ["ranks", "cores", "planned"]:
            check_plans(table, plans)
        else:
            continue
        for number in table.lines:
            page.explain(number)
    for found in page.take(rf"A message between two ranks of \S+ takes ({INTERVAL}) µs, and long ones have "
                           rf"({INTERVAL}) GB/s\.$"):
        messages = race["scaling"]["messages"]
        assert is_located(found[1], messages["latency_seconds"], 1e-6)
        assert is_located(found[5], messages["bytes_per_second"], 1e9)
    for found in page.take(rf"Not identifiable: (\d+) numbers? of workers above 1 within the (\d+) usable cores? is too "
                           r"few for 2 parameters"):
        assert int(found[2]) == race["scaling"]["cores"]
        assert int(found[1]) in {series["points_fitted"] for series in race["scaling"]["series"]}
    errors = [off_by(plan) for plan in plans if plan["measured_seconds"]]
    for found in page.take(r"Of (\d+) plans that were run here, the time was off by (\d+) % in the middle, and by "
                           r"([+-]\d+) % at most"):
        assert int(found[1]) == len(errors)
        assert found[2] == f"{100 * sorted(map(abs, errors))[len(errors) // 2]:.0f}"
        assert found[3] == f"{100 * max(errors, key=abs):+.0f}"
    if plans:
        document = json.loads(path.read_text(encoding="utf-8"))
        for text in (document["context"]["command"], document["subject"]):
            page.take(re.escape(text))
