"""What a flag, a lock and a message cost on this machine, as multiples of the cheapest.

From the micro benchmarks (one iteration is one read of a flag, one hold of a lock) and from the
races `channels` and `locking` (one index is one message, one increment).
"""

from __future__ import annotations

from dataclasses import dataclass

from report.load.suite_results import Suite
from report.text.formats import column, significant, unit_of
from report.text.markdown_table import markdown, plain

BARE = "bare_"  # what the library's classes are compared with


@dataclass(frozen=True)
class Cost:
    """Seconds of one operation."""

    name: str
    seconds: float
    source: str


def cost_tables(suite: Suite) -> list[tuple[str, str]]:
    """Title and table of each kind of sharing that this suite measured."""
    tables = [("A flag: one read", _micro(suite, "flag")),
              ("A lock: taken, one added, given back, nobody else wanting it",
               _micro(suite, "lock")),
              ("A count that several processes add to: one increment, contended",
               _race(suite, "locking")),
              ("A message of 8 bytes, in a stream", _race(suite, "channels", pattern="stream")),
              ("A message of 8 bytes, there and back",
               _race(suite, "channels", pattern="round_trip"))]
    return [(title, _table(costs)) for title, costs in tables if costs]


def distance_table(suite: Suite) -> str:
    """One operation of each task of `sharing_distance`, from the nearest way to the farthest."""
    costs: dict[str, dict[str, float]] = {}
    tasks: list[str] = []
    for race in suite.races:
        if race.experiment != "sharing_distance":
            continue
        for arm in race.shown:
            if not (arm.ok and arm.median and arm.size):
                continue
            task = str(arm.parameters["task"])
            if task not in tasks:
                tasks.append(task)
            costs.setdefault(arm.variant, {})[task] = arm.median / arm.size
    if not costs:
        return ""
    unit, seconds = unit_of(1e-6)
    columns = {task: dict(zip((way for way in costs if task in costs[way]),
                              column([cost[task] / seconds for cost in costs.values()
                                      if task in cost])))
               for task in tasks}
    rows = [[plain(way.replace("_", " ")), *(columns[task].get(way, "") for task in tasks)]
            for way in costs]
    return markdown(["way", *(f"{plain(task)} [{unit}]" for task in tasks)], rows)


def _micro(suite: Suite, family: str) -> list[Cost]:
    rows = suite.micro.rows if suite.micro else ()
    costs = []
    for row in rows:
        steps = row.name.removesuffix("/real_time").split("/")
        if len(steps) == 2 and steps[0] == family:
            costs.append(Cost(steps[1], row.seconds, "micro"))
    return costs


def _race(suite: Suite, experiment: str, **fixed: str) -> list[Cost]:
    """The arms with these parameters, smallest messages, most processes; per index."""
    costs: dict[str, Cost] = {}
    for race in suite.races:
        if race.experiment != experiment:
            continue
        arms = [arm for arm in race.shown if arm.ok and arm.median and arm.size
                and all(arm.parameters.get(name) == value for name, value in fixed.items())]
        least = min((arm.parameters.get("bytes", 0) for arm in arms), default=0)
        most = max((arm.parameters.get("processes", 0) for arm in arms), default=0)
        for arm in arms:
            chosen = (arm.parameters.get("bytes", 0) == least
                      and arm.parameters.get("processes", 0) == most)
            if chosen and arm.median and "unlocked" not in arm.variant:
                one = Cost(arm.variant, arm.median / arm.size, race.name)
                # Where two races have it, the one with more of it: less of a start in each.
                if arm.variant not in costs or one.seconds < costs[arm.variant].seconds:
                    costs[arm.variant] = one
    return list(costs.values())


def _table(costs: list[Cost]) -> str:
    ordered = sorted(costs, key=lambda cost: cost.seconds)
    # The library's cheapest is 1; a bare one is a yardstick, not a choice.
    cheapest = next((c.seconds for c in ordered if not c.name.startswith(BARE)), 0.0)
    rows = []
    nanoseconds = column([cost.seconds / unit_of(1e-9)[1] for cost in ordered])
    for cost, value in zip(ordered, nanoseconds):
        bare = cost.name.startswith(BARE)
        name = cost.name.removeprefix(BARE) + (" (bare)" if bare else "")
        times = significant(cost.seconds / cheapest, 2) if cheapest else ""
        rows.append([plain(name.replace("_", " ")), value, times, plain(cost.source)])
    return markdown(["way", "[ns]", "times the cheapest", "measured by"], rows)
