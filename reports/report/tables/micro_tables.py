"""Tables of the micro benchmarks: one a family, across its last argument where all rows have it.

Google Benchmark names a benchmark by a path, `dispatch/tbb:auto/workers:2/chunks:64/real_time`: its
first step is the family, its last the argument that varies fastest.
"""

from __future__ import annotations

from report.load.micro_results import Micro, MicroRow
from report.text.formats import column, column_unit, over
from report.text.markdown_table import markdown, plain

MOST_COLUMNS = 6


def micro_tables(micro: Micro) -> list[str]:
    """Median times, a table a family."""
    families: dict[str, list[MicroRow]] = {}
    for row in micro.rows:
        families.setdefault(row.name.split("/")[0], []).append(row)
    return [_across(rows) or _listed(rows) for rows in families.values()]


def _across(rows: list[MicroRow]) -> str:
    """Benchmarks against their last argument; empty where that makes no full table."""
    cells: dict[str, dict[str, float]] = {}
    for row in rows:
        name, _, argument = row.name.removesuffix("/real_time").rpartition("/")
        cells.setdefault(name, {})[argument] = row.seconds
    arguments = list(dict.fromkeys(argument for line in cells.values() for argument in line))
    if len(arguments) > MOST_COLUMNS or len(cells) * len(arguments) != len(rows):
        return ""
    heads, columns = [], []
    for argument in arguments:
        unit, scale = column_unit(line[argument] for line in cells.values())
        heads.append(f"{plain(argument)} [{unit}]")
        columns.append(column([over(line[argument], scale) for line in cells.values()]))
    lines = [[plain(name), *(part[i] for part in columns)] for i, name in enumerate(cells)]
    return markdown(["benchmark", *heads], lines)


def _listed(rows: list[MicroRow]) -> str:
    unit, scale = column_unit(row.seconds for row in rows)
    times = column([over(row.seconds, scale) for row in rows])
    return markdown(["benchmark", f"time [{unit}]"],
                    [[plain(row.name), time] for row, time in zip(rows, times)])
