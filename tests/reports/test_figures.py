"""Figures: well-formed, there where the page links them, the same bytes for the same data."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import synthetic_races
import paired_statistics as stats
import pytest
from matplotlib.ticker import FuncFormatter
from conftest import ROOT, SAMPLE, Render
from synthetic_results import judged_as_once
from raw_results import Document, RawResults
from report_page import NUMBER, shows, shows_interval
from report.figures import style

SVG = "{http://www.w3.org/2000/svg}"
LINKED = r"!\[([^\]]*)\]\(([^)]+)\)"


def test_every_figure_linked_is_there_and_none_else(rendered: RawResults) -> None:
    linked = {found[2] for found in re.finditer(LINKED, rendered.report)}
    there = {f"figures/{path.name}" for path in (rendered.folder / "figures").iterdir()}
    assert linked == there
    assert all(found[1] for found in re.finditer(LINKED, rendered.report)), "a figure without words"


def test_figures_are_well_formed_and_opaque(rendered: RawResults) -> None:
    for path in (rendered.folder / "figures").iterdir():
        root = ElementTree.parse(path).getroot()
        assert root.tag == f"{SVG}svg"
        backdrop = next(root.iter(f"{SVG}g")).find(f"{SVG}g/{SVG}path")
        assert backdrop is not None and "fill: #ffffff" in backdrop.attrib["style"], path.name
        text = path.read_text()
        assert not re.search(r"<dc:date>|https?://(?!www\.w3\.org|purl\.org|creativecommons\.org|"
                             r"matplotlib\.org)", text), path.name


def test_equal_data_give_equal_bytes(tmp_path: Path, render: Render) -> None:
    for name in ("one", "two"):
        assert render(synthetic_races.write_suite(tmp_path / name)).returncode == 0
    files = [{path.relative_to(tmp_path / name): path.read_bytes()
              for path in (tmp_path / name).rglob("*") if path.is_file()}
             for name in ("one", "two")]
    assert files[0] == files[1]


def drawn_texts(path: Path) -> list[str]:
    """The words of a figure: matplotlib leaves them as comments beside their outlines."""
    return [text.strip() for text in re.findall(r"<!--(.*?)-->", path.read_text(), re.DOTALL)]


def outcomes_of(race: Document, arms: list[Document] | None = None) -> list[stats.Outcome]:
    """Arms, by default all, against the baselines of their groups."""
    arms = arms or [arm for arm in race["results"] if arm["role"] == "arm" and arm["ok"] and arm["comparison"]]
    return [stats.compare(next(r for r in race["results"] if r["group"] == arm["group"]
                               and r["role"] == "baseline")["seconds"], arm["seconds"],
                          stats.rule_for(race, arm))
            for arm in arms]


def test_the_numbers_beside_dots_are_those_of_the_times(rendered: RawResults) -> None:
    seen = 0
    for name, race in rendered.races.items():
        if any("part" in result.get("facts", {}) for result in race["results"]):
            continue  # what is told of peers is turned over: the next test
        left = outcomes_of(race)
        path = rendered.folder / "figures" / f"{Path(name).stem}.svg"
        for text in drawn_texts(path):
            if found := re.fullmatch(rf"({NUMBER}) (\[.+\])", text):
                fitting = [one for one in left if shows(found[1], one.ratio)
                           and shows_interval(found[2], one.interval.low, one.interval.high)]
                assert fitting, text
                left.remove(fitting[0])
                seen += 1
        assert not left or len(left) == len(outcomes_of(race)), "an arm without its dot"
    assert seen


def test_the_dots_beside_goals_are_those_of_the_table(rendered: RawResults) -> None:
    seen = 0
    for name, race in rendered.races.items():
        aims = [r for r in race["results"] if r["ok"] and r["role"] == "arm"
                and r.get("facts", {}).get("goal") is not None]
        if not aims:
            continue
        texts = drawn_texts(rendered.folder / "figures" / f"{Path(name).stem}.svg")
        for outcome, arm in zip(outcomes_of(race, aims), aims, strict=True):
            low, high, told = outcome.interval.low, outcome.interval.high, outcome.ratio
            if arm["facts"]["part"] == "peer":
                told, low, high = 1 / told, high and 1 / high, low and 1 / low
            fitting = [text for text in texts if (found := re.fullmatch(
                rf"({NUMBER}) (\[.+\])", text)) and shows(found[1], told)
                and shows_interval(found[2], low, high)]
            assert fitting, (arm["label"], told)
            texts.remove(fitting[0])
            seen += 1
    assert seen


def test_the_page_holds_its_figures_and_needs_no_other_file(rendered: RawResults) -> None:
    page = (rendered.folder / "REPORT.html").read_text()
    assert page.count('<svg role="img"') == len(list((rendered.folder / "figures").iterdir()))
    assert not re.search(r'(src|href)="(?!#|[\w.-]+\.json")', re.sub(r'xlink:href="#', "", page))
    identifiers = re.findall(r'\sid="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers)), "identifiers of two figures clash"
    assert all(f'id="{name}"' in page for name in re.findall(r'<use href="#([^"]+)"', page))
    assert "prefers-color-scheme: dark" in page


def test_the_picture_of_the_readme_is_one_of_the_sample_in_its_words() -> None:
    picture = re.search(LINKED, (ROOT / "README.md").read_text())
    assert picture and picture[2].startswith("reports/sample/")
    sample = re.findall(LINKED, (SAMPLE / "REPORT.md").read_text())
    assert (picture[1], picture[2].removeprefix("reports/sample/")) in sample


def test_the_page_keeps_the_scales_of_its_figures(rendered: RawResults) -> None:
    """Coordinates are rounded to be small; what multiplies them is not."""
    def scales(text: str) -> set[str]:
        return set(re.findall(r"scale\([^)]+\)", text))
    figures = [path.read_text() for path in (rendered.folder / "figures").iterdir()]
    page = (rendered.folder / "REPORT.html").read_text()
    assert scales("".join(re.findall(r"<svg .*?</svg>", page, re.DOTALL))) == scales("".join(figures))


@pytest.mark.parametrize("words", ["too noisy, no verdict"])
def test_a_noisy_sweep_says_so_in_its_figure(tmp_path: Path, render: Render, words: str) -> None:
    race = judged_as_once(synthetic_races.primes_race(spread=0.5))
    folder = synthetic_races.write_suite(tmp_path, [race])
    assert not race["gates"][0]["ok"]
    assert render(folder).returncode == 0
    assert words in drawn_texts(folder / "figures" / "primes-chunks.svg")


def test_a_race_that_tells_its_loads_shows_them(tmp_path: Path, render: Render) -> None:
    race = synthetic_races.pi_race()
    rounds = race["run"]["rounds"]
    for result in race["results"]:
        result["metrics"] = {"worker_1_seconds": [0.75] * rounds, "worker_2_seconds": [0.25] * rounds}
    assert render(synthetic_races.write_suite(tmp_path, [race])).returncode == 0
    drawn = (tmp_path / "figures" / "pi-backends-loads.svg").read_text()
    assert "busiest 1.50" in drawn and "least 0.50" in drawn
    assert "(figures/pi-backends-loads.svg)" in (tmp_path / "REPORT.md").read_text()


def test_a_race_without_loads_or_with_one_worker_shows_none(tmp_path: Path, render: Render) -> None:
    race = synthetic_races.pi_race()
    for result in race["results"]:
        result["metrics"] = {"worker_1_seconds": [1.0] * race["run"]["rounds"]}
    assert render(synthetic_races.write_suite(tmp_path, [race])).returncode == 0
    assert not list((tmp_path / "figures").glob("*-loads.svg"))


@pytest.mark.parametrize("low", [5e-8, 1e-5, 2e-4, 0.003, 0.02, 0.4])
def test_labels_of_a_logarithmic_axis_do_not_overlap(low: float) -> None:
    figure = style.sheet(2)
    axes = figure.subplots()
    axes.set_xscale("log")
    axes.set_xlim(low, 3)
    style.decades_on(axes.xaxis, low, 3)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    figure.canvas.draw()
    places = [label.get_window_extent() for label in axes.get_xticklabels() if label.get_text()]
    shown = sorted((place.x0, place.x1) for place in places if axes.bbox.x0 <= (place.x0 + place.x1) / 2 <= axes.bbox.x1)
    assert len(shown) >= 2
    assert all(before[1] < after[0] for before, after in zip(shown, shown[1:])), shown
