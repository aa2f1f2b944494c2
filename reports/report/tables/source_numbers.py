"""What the book measured, beside what this machine did: one prime, factors split over workers.

M. Gorelick, I. Ozsvald, "High Performance Python", chapter on multiprocessing: CPython, 4 workers
on another machine. The numbers are theirs; only the order among the programs can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence

from report.load.race_result import Arm, Race
from report.text.formats import DASH, column, column_unit, over, ratio
from report.text.markdown_table import markdown, plain

NUMBER = "prime1"  # 100109100129100151
SERIAL = "serial"
WORDS = ("The prime 100109100129100151 by division by every odd number. There: CPython on 4 workers "
         "of another machine; here: the same programs in C++. Times are not to be compared, the order "
         "among the programs is.")
# Its program, its flag here, seconds there.
PROGRAMS = (("serial", "none", 11.8), ("pool without a flag", "none", 3.0),
            ("Redis", "redis", 7.9), ("Manager.Value", "manager", 6.5), ("RawValue", "raw_value", 4.7),
            ("mmap", "mmap", 4.6), ("mmap, polled per block", "mmap_redux", 3.0))


def source_table(races: Sequence[Race]) -> str:
    """Both machines' times and speed-ups over their own serial run; empty without such a race."""
    arms = [arm for race in races for arm in race.shown
            if arm.ok and arm.median and arm.algorithm == "naive"
            and str(arm.parameters.get("number")) == NUMBER]
    serial = _fastest(arms, "none", SERIAL)
    if serial is None or serial.median is None:
        return ""
    found = [_fastest(arms, flag, SERIAL) if program == SERIAL else _fastest(arms, flag)
             for program, flag, _ in PROGRAMS]
    unit, scale = column_unit(arm.median if arm else None for arm in found)
    ours = column([over(arm.median if arm else None, scale) for arm in found])
    there = PROGRAMS[0][2]
    rows = [[plain(program), f"{seconds:g}", ratio(there / seconds), ours[i],
             ratio(serial.median / arm.median) if arm and arm.median else DASH,
             plain(arm.label) if arm else "not in this run"]
            for i, ((program, _, seconds), arm) in enumerate(zip(PROGRAMS, found))]
    return markdown(["program", "book [s]", "speed-up", f"here [{unit}]", "speed-up", "arm"], rows)


def _fastest(arms: Sequence[Arm], flag: str, backend: str = "") -> Arm | None:
    """Of the arms with this flag: on the backend, or on any that is not serial."""
    fitting = [arm for arm in arms if arm.variant == flag and arm.median is not None
               and (arm.backend == backend if backend else arm.backend != SERIAL)]
    return min(fitting, key=lambda arm: arm.median or 0.0, default=None)
