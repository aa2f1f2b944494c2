"""Tables over all loops: what each backend loses, and the smallest task that it is worth."""

from __future__ import annotations

from collections.abc import Sequence

from report.answer.granularity import Granularities, length, smallest_task
from report.answer.regret import Regret
from report.load.race_result import Ratio
from report.text.formats import DASH, percent
from report.text.markdown_table import markdown, plain

def regret_table(regrets: Sequence[Regret]) -> str:
    """A row a backend, those that ran everywhere first, the smallest worst loss first."""
    heads = ["backend", "loops", "worst loss", "interval", "on", "median loss", "interval"]
    return markdown(heads, [[plain(one.backend), _loops(one), *_loss(one.worst),
                             plain(one.worst_loop.name) if one.worst.ratio > 0 else DASH,
                             *_loss(one.median)] for one in regrets])


def _loops(regret: Regret) -> str:
    ran, failed = len(regret.losses), len(regret.failed)
    total = ran + failed + len(regret.absent)
    return f"{ran} of {total}" + (f", failed on {failed}" if failed else "")


def _loss(loss: Ratio) -> tuple[str, str]:
    """8.3 % and [2.1, 17.4]."""
    ends = (DASH if end is None else f"{100 * end:.1f}" for end in (loss.low, loss.high))
    return percent(loss.ratio, 1), f"[{', '.join(ends)}]"


def granularity_table(found: Granularities) -> str:
    """A row an arm, a column a number of tasks, then that of many with its interval."""
    heads = ["arm", *(f"{count} tasks" for count in found.counts), "many", "interval"]
    rows = [[plain(row.arm.compute), *(length(row.by_count.get(count)) for count in found.counts),
             smallest_task(row), f"[{length(row.many.low)}, {length(row.many.high)}]"]
            for row in found.rows]
    return markdown(heads, rows)
