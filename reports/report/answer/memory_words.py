"""What a race says of memory: what it delivers, or how much of that an arm takes."""

from __future__ import annotations

from report.load.race_result import Arm, Race
from report.tables.grid import Choice
from report.text.formats import duration, percent, significant
from report.text.markdown_table import plain


def memory_words(race: Race, choice: Choice | None) -> str:
    """A sentence in Markdown; empty where it is not known what the arms move. `choice`: the case that
    the race's own sentence is on."""
    if race.experiment == "stream":
        return _delivered(race)
    best = choice.best if choice else None
    if best is None or best.bytes_per_second is None or race.memory_bound is None:
        return ""
    share = best.bytes_per_second / race.memory_bound
    moved = f"{plain(best.label)} moves {_rate(best)}"
    if share > 1:
        return f"{moved}, {percent(share)} of what memory delivers: part of it stays in the cache."
    return f"{moved}, {percent(share)} of what memory delivers."


def _delivered(race: Race) -> str:
    """The highest bandwidth and the shortest latency."""
    movers = [arm for arm in race.shown if arm.ok and arm.bytes_per_second]
    loaders = [arm for arm in race.shown if arm.ok and arm.load_seconds]
    words = []
    if movers:
        arm = max(movers, key=lambda one: one.bytes_per_second or 0.0)
        words.append(f"Memory delivers {_rate(arm)}, to {plain(arm.label)}.")
    if loaders:
        arm = min(loaders, key=lambda one: one.load_seconds or 0.0)
        words.append(f"A load that waits for the one before it takes {duration(arm.load_seconds or 0.0)}, "
                     f"in {plain(arm.label)}.")
    return " ".join(words)


def _rate(arm: Arm) -> str:
    return f"{significant((arm.bytes_per_second or 0.0) / 1e9)} GB/s"
