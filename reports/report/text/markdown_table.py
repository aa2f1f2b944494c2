"""Markdown that can be read as text: aligned tables, and words from files made harmless."""

from __future__ import annotations

import re
from collections.abc import Sequence

Cells = Sequence[str]


def plain(text: object) -> str:
    """Text from a file, free of what Markdown or HTML would take for its own."""
    return re.sub(r"([*<|])", lambda m: {"*": r"\*", "<": "&lt;", "|": r"\|"}[m[1]],
                  re.sub(r"[ \t\r\n]+", " ", str(text)).strip(" "))


def link_to(name: str) -> str:
    """A link to the heading of a race, where its name can be one."""
    return f"[{plain(name)}](#{name})" if re.fullmatch(r"[\w.-]+", name) else plain(name)


def markdown(heads: Cells, rows: Sequence[Cells], left: int = 1) -> str:
    """A table whose first columns stand left, the others right."""
    cells = [list(heads), *(list(row) for row in rows)]
    widths = [max(3, *(len(row[i]) for row in cells)) for i in range(len(heads))]

    def line(row: Cells) -> str:
        padded = (text.ljust(width) if i < left else text.rjust(width)
                  for i, (text, width) in enumerate(zip(row, widths)))
        return "| " + " | ".join(padded) + " |"

    rule = ["-" * width if i < left else "-" * (width - 1) + ":" for i, width in enumerate(widths)]
    return "\n".join([line(cells[0]), line(rule), *map(line, cells[1:])])
