"""Reads what experiments/micro/ports_bound.py --json writes: loops against the bound of the processor's ports."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from report.load.checked_fields import load_object
from report.load.result_files import require_schema

SMALLEST = 1e-9  # cycles, hertz: 0 would be a mistake


@dataclass(frozen=True)
class PortsRow:
    """What an item of a loop takes, in cycles."""

    loop: str
    level: str
    model: str
    bound: float
    simulated: float
    measured: float


@dataclass(frozen=True)
class Ports:
    """The rows, and what they were found by."""

    path: Path
    llvm: str
    clock_hertz: float
    rows: tuple[PortsRow, ...]


def load_ports(path: Path) -> Ports:
    """Reads and checks the file. Raises BadFile."""
    document = load_object(path)
    require_schema(document, "parlab/1-ports")
    rows = [PortsRow(row.text("loop"), row.text("level"), row.text("model"),
                     *(row.number(name, at_least=SMALLEST) for name in ("bound", "simulated", "measured")))
            for row in document.objects("rows")]
    if not rows:
        raise document.refuse("rows", "is empty")
    if len({row.model for row in rows}) > 1:
        raise document.refuse("rows", "has several models")
    return Ports(path, document.text("llvm"), document.number("clock_hertz", at_least=SMALLEST), tuple(rows))
