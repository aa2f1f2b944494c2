"""Reads REPORT.md as a person does, and keeps account of which numbers have been explained."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

NUMBER = r"-?\d[\d\u202f]*(?:\.\d+)?(?:e\d+)?"
DURATION = rf"{NUMBER} (?:ns|µs|ms|s|min|h)(?: \d+ (?:s|min))?"
PERCENT = rf"{NUMBER}\u202f%"
UNITS = {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0,
         "B": 1.0, "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30}


def value_of(text: str) -> float:
    """A shown number."""
    return float(text.replace("\u202f", ""))


def shows(text: str, value: float | None, scale: float = 1.0, digits: int = 3) -> bool:
    """Whether a shown number is that value, rounded; a dash shows that there is none."""
    if value is None or text == "–":
        return value is None and text == "–"
    shown, exact = value_of(text), value / scale
    if abs(exact) >= 999.5:  # 1230 for 1234: three digits, no more
        return shown == float(f"{exact:.{digits - 1}e}")
    decimals = len(text.partition(".")[2]) if "e" not in text else 0
    return abs(shown - exact) <= 0.5 * 10.0**-decimals * (1 + 1e-6)


def shows_interval(text: str, low: float | None, high: float | None, scale: float = 1.0) -> bool:
    """Whether `[1.94, 1.99]` is that interval."""
    found = re.fullmatch(r"\[([^ ]+), ([^ ]+)\]", text)
    return bool(found) and shows(found[1], low, scale) and shows(found[2], high, scale)


def seconds_of(text: str) -> float:
    """`3 min 20 s` as 200."""
    parts = re.findall(r"(\d[\d\u202f.]*) (\w+|µs)", text)
    return sum(value_of(number) * UNITS[unit] for number, unit in parts)


def shows_duration(text: str, seconds: float) -> bool:
    """Whether a duration is shown to the digits that it bears."""
    parts = re.findall(r"(\d[\d\u202f.]*) (\w+|µs)", text)
    if len(parts) == 1:
        return shows(parts[0][0], seconds, UNITS[parts[0][1]])
    return abs(seconds_of(text) - seconds) <= 0.5 * UNITS[parts[-1][1]] * (1 + 1e-6)


@dataclass(frozen=True)
class Table:
    """A table of the page and the heading that it stands under."""

    heading: str
    first_line: int
    heads: list[str]
    rows: list[list[str]]

    @property
    def lines(self) -> range:
        return range(self.first_line, self.first_line + len(self.rows) + 2)

    def row(self, index: int) -> dict[str, str]:
        return dict(zip(self.heads, self.rows[index], strict=True))


class Page:
    """The lines of a report; what has been explained is taken out of them."""

    def __init__(self, text: str) -> None:
        self.lines = text.replace('<details markdown="1">', "<details>").splitlines()

    def headings(self) -> Iterator[tuple[int, str]]:
        """Each line with the heading that it stands under."""
        heading = ""
        for number, line in enumerate(self.lines):
            if line.startswith("#"):
                heading = line.lstrip("# ")
            yield number, heading

    def tables(self) -> list[Table]:
        """All tables, in order."""
        under = dict(self.headings())
        tables: list[Table] = []
        for number, line in enumerate(self.lines):
            if not line.startswith("|"):
                continue
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if number and self.lines[number - 1].startswith("|"):
                if not all(re.fullmatch(r"-+:?", cell) for cell in cells):
                    tables[-1].rows.append(cells)
            else:
                tables.append(Table(under[number], number, cells, []))
        return tables

    def under(self, heading: str) -> list[int]:
        """Numbers of the lines under a heading, the heading aside."""
        return [number for number, above in self.headings()
                if above == heading and not self.lines[number].startswith("#")]

    def explain(self, number: int, text: str | None = None) -> None:
        """Takes a line, or a text in it, off the account."""
        self.lines[number] = "" if text is None else self.lines[number].replace(text, "", 1)

    def take(self, pattern: str, numbers: list[int] | None = None) -> list[re.Match[str]]:
        """Finds a pattern in lines and takes what it matched off the account."""
        found = []
        for number in range(len(self.lines)) if numbers is None else numbers:
            for match in re.finditer(pattern, self.lines[number]):
                found.append(match)
            self.lines[number] = re.sub(pattern, "", self.lines[number])
        return found

    def unexplained(self) -> list[str]:
        """Lines that still hold a digit."""
        return [line for line in self.lines if re.search(r"\d", line)]
