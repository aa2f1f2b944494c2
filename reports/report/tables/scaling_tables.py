"""How times scale over workers, the laws fitted to them, and plans beside what was measured."""

from __future__ import annotations

from report.load.race_result import Ratio
from report.load.scaling_results import Plan, Planned, Scaling, Series
from report.text.formats import DASH, duration, quantity, significant
from report.text.markdown_table import markdown, plain


def efficiency_table(scaling: Scaling) -> str:
    """Each number of workers of each series, a row each."""
    rows = [[plain(series.label), str(point.workers), _bounded(point.efficiency),
             _with_interval(point.serial_fraction), _note(series, point.within_cores, point.beside_load)]
            for series in scaling.series for point in series.points]
    return markdown(["scaling", "workers", "efficiency", "serial fraction", "note"], rows)


def fits_table(scaling: Scaling) -> str:
    """The laws of each strong series; empty where there is none."""
    fitted = [series for series in scaling.series if series.fits]
    if not fitted:
        return ""
    heads = list(fitted[0].fits)
    rows = [[plain(series.label), *(_with_interval(fit.value) if fit.value else "not identifiable"
                                    for fit in series.fits.values())] for series in fitted]
    return markdown(["scaling", *heads], rows)


def unidentified(scaling: Scaling) -> list[str]:
    """Why parameters are not identifiable, each reason once."""
    return list(dict.fromkeys(fit.why for series in scaling.series
                              for fit in series.fits.values() if not fit.value))


def message_words(scaling: Scaling) -> str:
    """What a message costs, in a sentence."""
    if not scaling.messages:
        return f"What a message between two ranks costs was not measured: {plain(scaling.why_no_messages)}."
    bandwidth = scaling.messages.bandwidth
    rate = f"{_with_interval(bandwidth, 1e-9)} GB/s" if bandwidth else "a bandwidth that is not bounded"
    return (f"A message between two ranks of {plain(scaling.messages.label)} takes "
            f"{_with_interval(scaling.messages.latency, 1e6)} µs, and long ones have {rate}.")


def plan_table(plan: Plan) -> str:
    """Plans beside runs, a row for each number of ranks."""
    rows = [[str(one.ranks), str(one.cores), duration(one.seconds), _measured(one), _error(one),
             quantity(one.grain), one.schedule, plain(one.limit)] for one in plan.plans]
    return markdown(["ranks", "cores", "planned", "measured", "error", "grain", "schedule", "limited by"],
                    rows, left=0)


def plan_words(plan: Plan) -> str:
    """How far off the plans are, in a sentence; empty where none was run."""
    errors = [one.error for one in plan.checked if one.error is not None]
    if not errors:
        return ""
    worst = max(errors, key=abs)
    typical = sorted(map(abs, errors))[len(errors) // 2]
    return (f"Of {len(errors)} plans that were run here, the time was off by {100 * typical:.0f} % "
            f"in the middle, and by {100 * worst:+.0f} % at most.")


def _measured(one: Planned) -> str:
    median = one.measured_median
    return DASH if median is None else duration(median)


def _error(one: Planned) -> str:
    return DASH if one.error is None else f"{100 * one.error:+.0f} %"


def _note(series: Series, within_cores: bool, beside_load: bool) -> str:
    notes = [] if within_cores else ["beyond the cores"]
    notes += ["against serial"] if series.against_serial else []
    return ", ".join(notes + (["beside load"] if beside_load else []))


def _number(value: float | None) -> str:
    return DASH if value is None else significant(value)


def _with_interval(value: Ratio, scale: float = 1.0) -> str:
    ends = [None if end is None else end * scale for end in (value.low, value.high)]
    return f"{_number(value.ratio * scale)} [{_number(ends[0])}, {_number(ends[1])}]"


def _bounded(value: Ratio) -> str:
    """An efficiency, whose lower end is 0 where the rounds do not bound it."""
    return _with_interval(Ratio(value.ratio, value.low or None, value.high))
