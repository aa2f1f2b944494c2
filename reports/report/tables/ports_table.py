"""The inner loops beside the bound of the processor's ports."""

from __future__ import annotations

from report.load.ports_results import Ports
from report.text.formats import ratio, significant
from report.text.markdown_table import markdown, plain

LIMIT = 1.25  # above it a ratio is bold, and kernels/numerics/README.md says why


def ports_table(ports: Ports) -> str:
    """Cycles an item takes at least, by the model; in its simulation; as measured; and measured over the least."""
    lines = []
    for row in ports.rows:
        over_bound = row.measured / row.bound
        mark = "**" if over_bound > LIMIT else ""
        lines.append([plain(row.loop), plain(row.level),
                      *(significant(cycles) for cycles in (row.bound, row.simulated, row.measured)),
                      f"{mark}{ratio(over_bound)}{mark}"])
    return markdown(["loop", "level", "bound [cycles]", "simulated", "measured", "ratio"], lines, left=2)
