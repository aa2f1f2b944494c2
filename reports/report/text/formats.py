"""How numbers are written: as many digits as they bear, units that a person reads at a glance."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence

from report.load.race_result import Ratio

DASH = "–"  # a value that the file does not hold
NARROW_SPACE = "\u202f"  # groups digits without breaking the line
UNITS = (("ns", 1e-9), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0))
MEMORY_UNITS = (("B", 1), ("KiB", 2**10), ("MiB", 2**20), ("GiB", 2**30))


def significant(value: float, digits: int = 3) -> str:
    """That many significant digits, never in exponent form: 0.0123, 1.20, 12.0, 1230."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    rounded = float(f"{value:.{digits - 1}e}")
    decimals = digits - 1 - math.floor(math.log10(abs(rounded)))
    return group_digits(f"{rounded:.{max(decimals, 0)}f}")


def group_digits(text: str) -> str:
    """Sets a narrow space between groups of three digits before the point, from 10 000 on."""
    whole, point, fraction = text.partition(".")
    if len(whole.lstrip("-")) > 4:
        whole = f"{int(whole):,}".replace(",", NARROW_SPACE)
    return whole + point + fraction


def fixed(value: float, decimals: int) -> str:
    """That many decimals; three significant digits where even the whole ones are more."""
    return f"{value:.{decimals}f}" if abs(value) < 999.5 else significant(value)


def ratio_decimals(value: float) -> int:
    """Decimals of a speed-up: hundredths around 1, fewer for large, more for tiny ones."""
    if value >= 99.95:
        return 0
    if value >= 9.995:
        return 1
    return 2 if value >= 0.0995 else 1 - math.floor(math.log10(value))


def ratio(value: float) -> str:
    """A speed-up: 0.97, 1.97, 12.3, 123."""
    return fixed(value, ratio_decimals(value))


def interval(value: Ratio, decimals: int | None = None) -> str:
    """[1.94, 1.99], in the decimals of the ratio itself; a dash for an end that is not known."""
    places = ratio_decimals(value.ratio) if decimals is None else decimals
    ends = (DASH if end is None else fixed(end, places)
            for end in (value.low, value.high))
    return "[" + ", ".join(ends) + "]"


def ratio_with_interval(value: Ratio, decimals: int | None = None) -> str:
    """1.97 [1.94, 1.99]."""
    places = ratio_decimals(value.ratio) if decimals is None else decimals
    return f"{fixed(value.ratio, places)} {interval(value, places)}"


def duration(seconds: float, digits: int = 3) -> str:
    """850 ns, 1.23 ms, 45.6 s, 3 min 20 s."""
    if seconds == 0:
        return "0 s"
    if round(seconds) >= 100:
        minutes, rest = divmod(round(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"
    unit, scale = unit_of(seconds)
    return f"{significant(seconds / scale, digits)} {unit}"


def unit_of(seconds: float) -> tuple[str, float]:
    """The unit in which a time reads as a number from 1 to 1000."""
    fitting = [u for u in UNITS if abs(seconds) >= 0.9995 * u[1]]
    return fitting[-1] if fitting else UNITS[0]


def column_unit(seconds: Iterable[float | None]) -> tuple[str, float]:
    """One unit for a column of times: that of its median."""
    known = [value for value in seconds if value is not None]
    return unit_of(statistics.median(known)) if known else UNITS[-1]


def column(values: Sequence[float | None], digits: int = 3) -> list[str]:
    """A column of numbers: equal decimals where they span less than a factor of 10."""
    known = [abs(value) for value in values if value]
    if not known or max(known) / min(known) >= 10:
        return [DASH if value is None else significant(value, digits) for value in values]
    decimals = max(digits - 1 - math.floor(math.log10(min(known))), 0)
    return [DASH if value is None else fixed(value, decimals) for value in values]


def over(value: float | None, scale: float) -> float | None:
    """A value in another unit, where there is one."""
    return None if value is None else value / scale


def scaled(value: Ratio, scale: float) -> tuple[str, str]:
    """A value and its interval in another unit, with three digits of the largest of them."""
    ends = [over(end, scale) for end in (value.ratio, value.low, value.high)]
    largest = max(abs(end) for end in ends if end is not None)
    decimals = max(0, 2 - math.floor(math.log10(largest))) if largest else 0
    middle, low, high = (DASH if end is None else fixed(end, decimals) for end in ends)
    return middle, f"[{low}, {high}]"


def quantity(value: float) -> str:
    """A size: 1e8 and 2.5e6 where that is exact and shorter, else grouped digits."""
    if value != int(value):
        return significant(value)
    mantissa, _, exponent = f"{value:.2e}".partition("e")
    if abs(value) >= 1e5 and float(f"{mantissa}e{exponent}") == value:
        return f"{float(mantissa):g}e{int(exponent)}"
    return group_digits(str(int(value)))


def percent(fraction: float, decimals: int = 0) -> str:
    """0.03 as 3 %."""
    return f"{100 * fraction:.{decimals}f}{NARROW_SPACE}%"


def memory(count: float) -> str:
    """34 B, 1.03 KiB, 16.2 MiB."""
    fitting = [unit for unit in MEMORY_UNITS if abs(count) >= unit[1]]
    unit, scale = fitting[-1] if fitting else MEMORY_UNITS[0]
    return f"{significant(count / scale)} {unit}"


def singular(noun: str) -> str:
    """darts: dart; switches: switch; primes: prime."""
    return noun.removesuffix("es" if noun.endswith(("ches", "shes", "xes")) else "s")


def plural(count: int, noun: str) -> str:
    """1 arm, 2 arms."""
    return f"{group_digits(str(count))} {noun}{'' if count == 1 else 's'}"


def listing(items: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else "".join(items)
