"""The report's tables of measurements."""

from __future__ import annotations

from collections.abc import Sequence

from report.load.race_result import Arm, Model, Race
from report.tables.axis import Axis, measures_chunks, sweep_axis
from report.tables.columns import DEFAULT_COLUMNS, column_named
from report.tables.grid import Choice
from report.tables.names import raced, series_in
from report.text.formats import (DASH, column, column_unit, listing, over, percent, plural, quantity, ratio,
                     ratio_with_interval, scaled, singular)
from report.text.markdown_table import link_to, markdown, plain

FEW_SERIES = 2  # up to here a sweep's table lists arms, beyond it series against the axis
UNBROKEN_SPACE = "\u00a0"
FEW_NAMES = 4  # what a cell of the grid lists before it only counts


def arms_table(race: Race, columns: Sequence[str] | None = None, paced: bool | None = None) -> str:
    """Every arm of a race, group by group: along the axis, or else the fastest first; those whose pace
    others set in the file's order. `paced`: only such arms, or only the others."""
    axis = sweep_axis(race)

    def place(arm: Arm) -> tuple[bool, bool, float]:
        first = axis is not None and arm.role != "arm"
        by_time = 0.0 if arm.paced else arm.median or 0.0
        return not arm.ok, not first, axis.value(arm) if axis else by_time

    arms = [arm for group in race.groups.values() for arm in sorted(group, key=place)
            if paced in (None, arm.paced)]
    alike = len({arm.chunks for arm in arms}) == 1
    parts = [column_named(name)(race, arms) for name in columns or DEFAULT_COLUMNS
             if not (alike and name == "chunks")]
    parts = [part for part in parts if any(cell != DASH for cell in part.cells)]
    rows = [[plain(arm.label), *(part.cells[i] for part in parts)] for i, arm in enumerate(arms)]
    return markdown(["arm", *(part.head for part in parts)], rows)


def race_table(race: Race, columns: Sequence[str] | None = None, paced: bool | None = None) -> str:
    """A race's results: series against the axis where many are swept, else arm by arm. `paced`: only
    arms whose pace others set, or only the others."""
    axis = sweep_axis(race)
    if axis and len(series_in(raced(race.shown), axis)) > FEW_SERIES:
        return sweep_table(race, axis)
    return arms_table(race, columns, paced)


def sweep_table(race: Race, axis: Axis) -> str:
    """Median time of a run, a row for each series and a column for each value of the axis."""
    values = sorted({axis.value(arm) for arm in race.shown})
    series = series_in(race.shown, axis)
    units = {value: column_unit(arm.median for arm in race.shown if axis.value(arm) == value)
             for value in values}
    columns = []
    for value in values:
        arms = [next((arm for arm in arms if axis.value(arm) == value), None)
                for arms in series.values()]
        scale = units[value][1]
        columns.append(column([over(arm.median, scale) if arm and arm.ok else None
                               for arm in arms]))
    heads = [f"{quantity(value)} [{units[value][0]}]" for value in values]
    rows = [[plain(name), *(cells[i] for cells in columns)] for i, name in enumerate(series)]
    return markdown([f"time per run by {axis.name}", *heads], rows)


def models_table(race: Race) -> str:
    """Start cost and cost of each chunk or index, and the size from which an arm pays."""
    start_unit, start_scale = column_unit(model.start.ratio for model in race.models)
    each_unit, each_scale = column_unit(model.each.ratio for model in race.models)
    unit = "/".join(sorted({singular(model.unit) for model in race.models}))
    within = f"{percent(1 - race.alpha)} interval"
    heads = ["arm", f"a run [{start_unit}]", within, f"each {unit} [{each_unit}]", within]
    rows = [[plain(model.label), *scaled(model.start, start_scale), *scaled(model.each, each_scale)]
            for model in race.models]
    if not measures_chunks(race):  # empty chunks never pay
        heads.append(f"pays from [{unit}s]")
        rows = [[*row, _pays(model)] for row, model in zip(rows, race.models)]
    return markdown(heads, rows)


def _pays(model: Model) -> str:
    even = model.break_even
    if even is None:
        return plain(model.why)
    return f"{_size(even.ratio)} [{_size(even.low)}, {_size(even.high)}]"


def _size(value: float | None) -> str:
    return DASH if value is None else quantity(float(f"{value:.2g}"))


def grid_table(choices: Sequence[Choice]) -> str:
    """Which backend when: a row a case, ties of both kinds named apart."""
    within = percent(choices[0].race.margin)
    rows, last = [], ""
    for choice in choices:
        name = choice.race.name
        rows.append(["" if name == last else link_to(name), plain(choice.case),
                     *_answer(choice)])
        last = name
    return markdown(["race", "case", "fastest", "speed-up", f"as fast, within {within}",
                     "not told apart", "slower"], rows, left=7)


def _answer(choice: Choice) -> list[str]:
    best = choice.best
    if best is None:
        return ["none: all failed", *[DASH] * 4]
    if choice.withheld:
        return [f"{choice.withheld}, no verdict", *[DASH] * 4]
    speedup = ratio_with_interval(best.speedup) if best.comparison else "is the baseline"
    return [f"**{plain(choice.name(best))}**", speedup.replace(" ", UNBROKEN_SPACE),
            _names(choice, choice.equivalent), _names(choice, choice.unresolved), _slower(choice)]


def _names(choice: Choice, arms: Sequence[Arm]) -> str:
    names = [plain(choice.name(arm)) for arm in arms[:FEW_NAMES]]
    if len(arms) > FEW_NAMES:
        names.append(f"{len(arms) - FEW_NAMES} more")
    return listing(names) or DASH


def _slower(choice: Choice) -> str:
    """The slower arms with their speed against the fastest, whole worker counts as one."""
    whole = [count for count in sorted({arm.workers for arm in choice.slower})
             if all(arm in choice.slower for arm in choice.arms if arm.workers == count)]
    if len({arm.workers for arm in choice.arms}) == 1:
        whole = []
    words = [f"{plain(choice.name(arm))} {ratio(arm.against_fastest.ratio)}, perhaps < "
             f"{percent(choice.race.margin)}" for arm in choice.barely]
    single = [arm for arm in choice.slower if arm.workers not in whole]
    words += [f"{plain(choice.name(arm))} {ratio(arm.against_fastest.ratio)}"
              for arm in single[:FEW_NAMES]]
    if len(single) > FEW_NAMES:
        words.append(f"{len(single) - FEW_NAMES} more down to "
                     f"{ratio(single[-1].against_fastest.ratio)}")
    words += [f"all on {plural(count, 'worker')}" for count in whole]
    return "; ".join(words) or DASH
