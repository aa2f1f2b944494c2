"""Writes the report: figures and pages in a folder beside its place, then moved there at once."""

from __future__ import annotations

import multiprocessing
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import jinja2

from report.answer.backend_sentences import serving_words
from report.answer.certainty import next_words
from report.answer.granularity import task_words
from report.figures import (call_costs, cascade, goals, heat_map, history, loads, lock_holders, model, scaling,
                            speedups, stillness, style, sweep, timeline)
from report.load.checked_fields import BadFile
from report.load.race_result import Headline, Race
from report.load.suite_results import Fault, Suite
from report.page.html_page import page
from report.page.in_place import put_in_place
from report.page.interactive import interactive
from report.page.results_data import results_json
from report.page.sections import Report, Section, build, figure_file
from report.tables import arm_tables, peer_table, scaling_tables
from report.tables.history_table import history_table
from report.tables.micro_tables import micro_tables
from report.tables.ports_table import ports_table
from report.tables.pattern_table import pattern_table
from report.tables.regret_table import granularity_table, regret_table
from report.tables.sharing_costs import cost_tables, distance_table
from report.tables.source_numbers import WORDS as SOURCE_WORDS, source_table
from report.tables.trust import GATES_SHOWN
from report.text import formats
from report.text.markdown_table import plain

DRAWINGS_A_PROCESS = 4  # of half a second each; a process starts and ends in some 0.03 s
TEMPLATES = Path(__file__).parents[2] / "templates"


def write_report(suite: Suite, out: Path, libraries: Path | None = None) -> Suite:
    """Writes REPORT.md, REPORT.html and figures/ to a folder, with the data where they lie
    elsewhere. Returns the suite as shown: without races that the report cannot show, each of which
    is a fault then. With the libraries, the page filters and sorts. Raises BadFile or OSError before anything is in place."""
    try:
        _write(suite, out, libraries)
        return suite
    except (BadFile, OSError):
        raise
    except Exception:
        faults = [fault for race in suite.races if (fault := _unshowable(suite, race))]
        if not faults:
            raise  # no single race is to blame
        without = suite.without(faults)
        if not without.races:
            raise BadFile(faults[0].path, faults[0].problem, "") from None
        _write(without, out, libraries)
        return without


def _unshowable(suite: Suite, race: Race) -> Fault | None:
    """What keeps the report from showing a race by itself."""
    alone = build(suite.only(race))
    with tempfile.TemporaryDirectory(prefix="parlab-report-") as folder:
        try:
            draw_figures(alone, Path(folder) / "figures")
            page(markdown_of(alone), Path(folder), "", "")
            return None
        except Exception as error:
            return Fault(race.path, f"holds what the report cannot show ({type(error).__name__}: "
                                    f"{error})")


def _write(suite: Suite, out: Path, libraries: Path | None) -> None:
    if not any(arm.role == "arm" for race in suite.races for arm in race.arms):
        raise BadFile(out, "holds no race to report")
    report = build(suite)
    with put_in_place(out) as made:
        draw_figures(report, made / "figures")
        text = markdown_of(report)
        (made / "REPORT.md").write_text(text, encoding="utf-8")
        html = page(text, made, "parlab report", (TEMPLATES / "page.html").read_text("utf-8"),
                    interactive(results_json(report), libraries))
        (made / "REPORT.html").write_text(html, encoding="utf-8")
        for path in suite.files:
            if not (out / path.name).exists() or not path.samefile(out / path.name):
                shutil.copyfile(path, made / path.name)


def draw_figures(report: Report, folder: Path) -> None:
    """One figure a race, and one of how still the machine was. Each core draws its share of them."""
    folder.mkdir()
    with style.plain_style():
        drawings = _drawings(report, folder)
        cores = min(len(os.sched_getaffinity(0)), len(drawings) // DRAWINGS_A_PROCESS)
        if cores < 2:
            for drawing in drawings:
                drawing()
            return
        # Forked, so that they have the style and the modules.
        with ProcessPoolExecutor(cores, multiprocessing.get_context("fork")) as drawers:
            for drawn in [drawers.submit(drawing) for drawing in drawings]:
                drawn.result()


def _drawings(report: Report, folder: Path) -> list[Callable[[], None]]:
    """What draws each of the report's figures to its file in the folder."""
    looks = style.looks((arm.backend, arm.schedule) for race in report.suite.races
                        for arm in race.shown)
    drawings: list[Callable[[], None]] = []
    for section in report.sections:
        race, path = section.race, folder.parent / figure_file(section.race)
        if section.kind == "sweep":
            drawings.append(partial(sweep.draw, race, looks, path))
        elif section.kind == "timeline":
            drawings.append(partial(timeline.draw, race, path))
        elif section.kind == "model":
            drawings.append(partial(model.draw, race, path))
        elif section.kind == "speedups":
            drawings.append(partial(speedups.draw, race, section.choices, path))
        elif section.kind == "scaling":
            drawings.append(partial(scaling.draw, race, report.suite.plan, path))
        elif section.kind == "calls":
            drawings.append(partial(call_costs.draw, race, path))
        elif section.kind == "goals":
            drawings.append(partial(goals.draw, race, peer_table.rows_of(race), path))
        if section.lock_holders:
            drawings.append(partial(lock_holders.draw, race, folder.parent / figure_file(race, "-timeline")))
        if section.loads:
            drawings.append(partial(loads.draw, race, folder.parent / figure_file(race, "-loads")))
    if report.heat_map:
        drawings.append(partial(heat_map.draw, report.answer.loops, folder / Path(report.heat_map).name))
    if report.history_figure:
        drawings.append(partial(history.draw, report.history, folder / Path(report.history_figure).name))
    if report.cascade:
        drawings.append(partial(cascade.draw, report.answer.regrets, looks, folder / Path(report.cascade).name))
    if report.stillness:
        drawings.append(partial(stillness.draw, report.trust.gates, folder / Path(report.stillness).name))
    return drawings


def markdown_of(report: Report) -> str:
    """The report's text."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    environment.filters |= {
        "plain": plain, "told": told, "duration": formats.duration, "percent": formats.percent,
        "plural": formats.plural, "significant": formats.significant,
        "ratio_with_interval": formats.ratio_with_interval, "day": _day,
        "singular": formats.singular, "answer": _answer, "goal_words": peer_table.goal_words, "next_words": next_words,
        "serving_words": serving_words, "task_words": task_words,
        "code": lambda text: " ".join(str(text).split()).replace("```", "` ` `")}
    environment.globals |= {
        "race_table": arm_tables.race_table, "models_table": arm_tables.models_table,
        "grid_table": arm_tables.grid_table, "regret_table": regret_table,
        "granularity_table": granularity_table, "pattern_table": pattern_table, "micro_tables": micro_tables, "ports_table": ports_table,
        "history_table": history_table, "against_table": peer_table.against_table, "against_rows": peer_table.rows_of,
        "against_bounds": peer_table.bounds_of, "cost_tables": cost_tables,
        "distance_table": distance_table,
        "efficiency_table": scaling_tables.efficiency_table, "fits_table": scaling_tables.fits_table,
        "unidentified": scaling_tables.unidentified, "message_words": scaling_tables.message_words,
        "plan_table": scaling_tables.plan_table, "plan_words": scaling_tables.plan_words,
        "source_words": SOURCE_WORDS,
        "source_table": lambda sections: source_table([section.race for section in sections]),
        "figure_title": figure_title, "gates_shown": GATES_SHOWN}
    text = environment.get_template("report.md.j2").render(report=report)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def figure_title(section: Section) -> str:
    """What a figure shows, for those who cannot see it."""
    title = f"{_kind_title(section)}: {section.race.question}"
    return re.sub(r"[\[\]\\\"]", "", plain(title))


def _kind_title(section: Section) -> str:
    if section.kind == "sweep":
        return f"{section.race.name} by {section.axis}"
    if section.kind == "goals":
        return "Every ratio as a multiple of its goal, with its interval"
    if section.kind == "scaling":
        return "Efficiency over workers with its interval"
    if section.kind == "calls":
        return "Time of one call by every arm, the loop around it apart"
    if section.kind == "timeline":
        return "Start and end of every request, one panel per arm"
    if section.kind == "model":
        return f"Time against the model, by {section.axis}"
    name = section.race.ratio_name
    return f"{name[0].upper()}{name[1:]} of every arm with its interval"


def told(headline: Headline) -> str:
    """A headline's sentence with its verdict in bold, added where the sentence lacks the word."""
    sentence, verdict = plain(headline.sentence), headline.verdict
    if verdict in sentence:
        return sentence.replace(verdict, f"**{verdict}**", 1)
    return f"{sentence}: **{verdict}**"


def _day(date: str) -> str:
    """2026-11-23T23:10:00Z as 2026-11-23 23:10 UTC; any other form as it is."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d(\.\d+)?)?Z", date)
    return f"{found[1]} {found[2]} UTC" if found else date


def _answer(value: object) -> str:
    return formats.group_digits(str(value)) if isinstance(value, (int, float)) else str(value)
