"""Every compared arm of a report as rows for the page's filters."""

from __future__ import annotations

import json
from typing import Any

from report.load.race_result import Arm
from report.page.sections import Report, ranks
from report.tables.grid import Choice

DECIDED = ("faster", "slower", "equivalent", "differs")


def results_json(report: Report) -> str:
    """JSON that may stand in a script element: the races, and one row per arm against its baseline."""
    sections = [section for section in report.sections if ranks(section.race)]
    races = [{"name": section.race.name, "experiment": section.race.experiment,
              "rounds": section.race.rounds, "command": " ".join(section.race.context.command.split())}
             for section in sections]
    rows = [_row(place, choice, arm) for place, section in enumerate(sections)
            for choice in section.choices for arm in choice.arms
            if arm.role == "arm" and not arm.paced and (arm.comparison or not arm.ok)]
    text = json.dumps({"races": races, "rows": rows}, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _row(place: int, choice: Choice, arm: Arm) -> dict[str, Any]:
    """An arm; without a ratio where it failed."""
    row = {"race": place, "case": choice.case, "arm": choice.name(arm), "backend": arm.backend,
           "workers": arm.workers, "seconds": arm.median}
    if not arm.ok or not arm.comparison:
        return row | {"ratio": None, "low": None, "high": None, "decided": False,
                      "verdict": f"failed: {arm.cause}" if arm.cause else "failed"}
    found = arm.comparison
    base = choice.race.arms[found.other]
    return row | {"ratio": arm.speedup.ratio, "low": arm.speedup.low, "high": arm.speedup.high,
                  "base": choice.name(base), "verdict": found.words,
                  "decided": not choice.withheld and found.verdict in DECIDED and not found.beside_load}
