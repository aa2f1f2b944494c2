"""The table of kinds of loops."""

from __future__ import annotations

from collections.abc import Sequence

from report.answer.patterns import Row
from report.text.markdown_table import link_to, markdown


def pattern_table(rows: Sequence[Row]) -> str:
    """A row a kind: what it is, the race that shows it, what it says or what measures it."""
    return markdown(["your loop", "shown by", "what it says"],
                    [[f"**{row.pattern.name}**: {row.pattern.example}", *_says(row)] for row in rows],
                    left=3)


def _says(row: Row) -> tuple[str, str]:
    if row.shown is None:
        return "not measured", f"`{row.pattern.command}` shows it."
    return link_to(row.shown.race.name), row.shown.words
