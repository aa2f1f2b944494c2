"""The page that filters and sorts: its rows, and each control of it in headless Chromium."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import synthetic_races
from browser import chromium, outcome
from conftest import ROOT, SAMPLE, Render
from raw_results import Document, RawResults, arms_of, offers_a_choice
from report.page.interactive import LIBRARIES, SCRIPT, libraries_in
from synthetic_loops import loop

MOST_BYTES = 3_000_000
MOST_DRAWN = int(re.search(r"MOST_DRAWN = (\d+)", SCRIPT.read_text("utf-8"))[1])
DECIDED = ("faster", "slower", "equivalent", "differs")
CHOOSE = """
const form = document.querySelector(".results form");
const state = () => ({ count: document.querySelector(".count").textContent, address: location.hash,
  rows: [...document.querySelectorAll(".results tbody tr")].map((row) => [...row.cells].map((cell) => cell.textContent)),
  dots: document.querySelectorAll('.plot [data-mark="dot"] circle').length });
const choose = (name, value) => { form.elements[name].value = value;
  form.elements[name].dispatchEvent(new Event("change", { bubbles: true })); return state(); };
"""


def races() -> list[Document]:
    """Backends, sizes, loops that are not decided, names that HTML would take for its own."""
    odd = loop("odd", {("a", "</script><b>&"): 2.0, ("tbb", ""): 1.5})
    return [synthetic_races.pi_race(), synthetic_races.sizes_race(), synthetic_races.dispatch_race(),
            synthetic_races.peers_race(), loop("open", {("tbb", ""): 2.0, ("b", ""): 1.99}, spread=0.4), odd]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, render: Render) -> Path:
    """A rendered page with the libraries."""
    chromium()
    if libraries_in(None) is None:
        pytest.skip("no Observable Plot: `make report-html` fetches it")
    folder = synthetic_races.write_suite(tmp_path_factory.mktemp("page"), races())
    assert render(folder).returncode == 0
    return folder / "REPORT.html"


def expected(page: Path) -> list[dict[str, str]]:
    """What the page must know of each arm, from the files themselves."""
    found = []
    for race in RawResults(page.parent).races.values():
        if not offers_a_choice(race):
            continue
        for arm in (arm for arm in arms_of(race) if arm["role"] == "arm"):
            verdict = arm["comparison"]["verdict"] if arm["ok"] else "failed"
            found.append({"experiment": race["run"]["experiment"], "race": race["run"]["name"],
                          "backend": arm["backend"], "workers": str(arm["workers"]),
                          "decided": "yes" if verdict in DECIDED else "no", "ok": str(arm["ok"])})
    return found


def test_every_filter_leaves_what_the_files_say(page: Path) -> None:
    arms = expected(page)
    found = outcome(page, CHOOSE + """
      const seen = {};
      for (const select of form.querySelectorAll("select:not([name=sort])")) {
        seen[select.name] = {};
        for (const { value } of [...select.options]) seen[select.name][value] = choose(select.name, value);
        choose(select.name, "");
      }
      return seen;""")
    assert found["wrong"] == [] and found["requests"] == []
    assert set(found["value"]) == {"experiment", "race", "backend", "workers", "decided"}
    for name, states in found["value"].items():
        assert set(states) == {"", *(arm[name] for arm in arms)}
        for value, state in states.items():
            left = [arm for arm in arms if value in ("", arm[name])]
            assert state["count"].startswith(f"{len(left)} of {len(arms)} results")
            assert len(state["rows"]) == len(left)
            assert state["dots"] == min(MOST_DRAWN, sum(arm["ok"] == "True" for arm in left))
            assert Counter(row[0] for row in state["rows"]) == Counter(arm["race"] for arm in left)
            assert state["address"] == ("#results" if not value else f"#results?{name}={value}")


def test_filters_combine_and_all_undoes_them(page: Path) -> None:
    arms = expected(page)
    found = outcome(page, CHOOSE + """
      choose("backend", "tbb"); const two = choose("workers", "1");
      form.reset(); await new Promise((done) => setTimeout(done, 50));
      return [two, state()];""")["value"]
    left = [arm for arm in arms if (arm["backend"], arm["workers"]) == ("tbb", "1")]
    assert 0 < len(left) == len(found[0]["rows"]) < sum(arm["backend"] == "tbb" for arm in arms)
    assert found[0]["address"] == "#results?backend=tbb&workers=1"
    assert len(found[1]["rows"]) == len(arms) and found[1]["address"] == "#results"


def test_sorting_is_by_what_it_says(page: Path) -> None:
    found = outcome(page, CHOOSE + """
      return Object.fromEntries(["", "ratio", "arm"].map((by) => [by, choose("sort", by)]));""")["value"]
    ratios = [float(row[3]) for row in found["ratio"]["rows"] if row[3] != "–"]
    assert ratios == sorted(ratios, reverse=True) and len(set(ratios)) > 5
    assert found["ratio"]["rows"][-1][3] == "–", "those that failed come last"
    assert [row[:3] for row in found["arm"]["rows"]] != [row[:3] for row in found[""]["rows"]]
    assert sorted(map(tuple, found["arm"]["rows"])) == sorted(map(tuple, found[""]["rows"]))


def test_a_link_shows_what_it_was_made_of_and_nonsense_shows_all(page: Path) -> None:
    found = outcome(page, CHOOSE + "return [state(), form.elements.backend.value, scrollY > 0];",
                    address="#results?backend=tbb&sort=ratio")["value"]
    left = sum(arm["backend"] == "tbb" for arm in expected(page))
    assert len(found[0]["rows"]) == left and found[1] == "tbb" and found[2]
    found = outcome(page, CHOOSE + "return state();", address="#results?backend=nobody&x=1")
    assert len(found["value"]["rows"]) == len(expected(page)) and found["wrong"] == []


def test_pointing_tells_all_and_a_click_gives_the_command(page: Path) -> None:
    found = outcome(page, CHOOSE + """
      choose("race", "odd");
      const said = async (part) => {
        for (let tries = 0; tries < 100 && !part()?.textContent; ++tries)
          await new Promise((done) => setTimeout(done, 50));
        return part().textContent;
      };
      const figure = document.querySelector(".plot svg"), dot = figure.querySelector('[data-mark="dot"] circle');
      const { x, y } = dot.getBoundingClientRect();
      const event = { bubbles: true, clientX: x + 4, clientY: y + 4, pointerType: "mouse" };
      figure.dispatchEvent(new PointerEvent("pointerenter", event));
      figure.dispatchEvent(new PointerEvent("pointermove", event));
      const tip = await said(() => figure.querySelector('[aria-label="tip"], [data-mark="tip"]'));
      document.querySelector(".count").textContent = "";
      figure.dispatchEvent(new MouseEvent("click", event));
      const clicked = await said(() => document.querySelector(".count"));
      document.querySelector(".count").textContent = "";
      document.querySelector(".results tbody button").click();
      return [tip, clicked, await said(() => document.querySelector(".count"))];""")
    race = next(one for one in RawResults(page.parent).races.values() if one["run"]["name"] == "odd")
    arm = next(one for one in race["results"] if one["backend"] == "a")
    tip, *commands = found["value"]
    assert "a:</script><b>&" in tip and f"{race['run']['rounds']} rounds" in tip
    low, high = arm["comparison"]["interval"]
    assert f"{float(f'{low:.3g}'):g}, {float(f'{high:.3g}'):g}" in tip and "faster" in tip
    assert "build/parlab run odd" in tip
    assert all(race["context"]["command"] in command for command in commands), commands


@pytest.mark.parametrize("width", [320, 768, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_cut_and_axe_finds_nothing(page: Path, width: int, dark: bool) -> None:
    axe = LIBRARIES / "axe-core" / "axe.min.js"
    if not axe.exists():
        pytest.skip("no axe-core")
    found = outcome(page, """
      document.querySelectorAll("details").forEach((details) => { details.open = true; });
      const { violations } = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] });
      return violations.map((one) => [one.id, one.nodes.slice(0, 3).map((node) => node.html.slice(0, 200))]);""",
                    width=width, dark=dark, more=f"<script>{axe.read_text('utf-8')}</script>")
    assert found["dark"] == dark and found["width"] == width
    assert found["scroll"] <= width, "the page is wider than the window"
    assert found["value"] == [] and found["requests"] == [], found


def test_on_paper_all_is_unfolded(page: Path) -> None:
    found = outcome(page, """
      const open = () => document.querySelectorAll("details[open]").length, before = open();
      dispatchEvent(new Event("beforeprint")); const during = open();
      dispatchEvent(new Event("afterprint"));
      return [before, during, document.querySelectorAll("details").length, open()];""")["value"]
    assert found[0] == found[3] == 0 and found[1] == found[2] > 0


def test_the_page_is_small_and_holds_the_licences(tmp_path: Path, render: Render) -> None:
    if libraries_in(None) is None:
        pytest.skip("no Observable Plot: `make report-html` fetches it")
    assert render(SAMPLE, "--out", tmp_path).returncode == 0
    page = tmp_path / "REPORT.html"
    assert page.stat().st_size < MOST_BYTES
    assert page.read_text("utf-8").count("Permission to use, copy, modify, and/or distribute") == 2


def test_without_the_libraries_the_page_has_no_controls(tmp_path: Path, render: Render,
                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    from report.page import interactive
    monkeypatch.setattr(interactive, "LIBRARIES", tmp_path / "none")
    assert interactive.libraries_in(None) is None and interactive.interactive("{}", None) == ""


def test_libraries_that_are_not_where_one_says_are_an_error(tmp_path: Path, render: Render) -> None:
    folder = synthetic_races.write_suite(tmp_path / "in", [synthetic_races.pi_race()])
    done = render(folder, "--plot", tmp_path, "--out", tmp_path / "out")
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and not (tmp_path / "out").exists()
    assert "holds no Observable Plot: `make report-html` puts it into" in done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what fetches, and a folder for programs that begin the PATH."""
    shutil.copytree(ROOT / "reports" / "browser", tmp_path / "reports" / "browser")
    (tmp_path / "bin").mkdir()
    for name in ("sh", "cmp", "rm", "mkdir", "cp", "dirname"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or name)
    return tmp_path


def fetch(project: Path, npm: str = "") -> subprocess.CompletedProcess[str]:
    """Runs it where npm is this script, or is missing."""
    if npm:
        (project / "bin" / "npm").write_text(f"#!/bin/sh\n{npm}\n")
        (project / "bin" / "npm").chmod(0o755)
    return subprocess.run(["sh", "reports/browser/fetch"], cwd=project, env={"PATH": str(project / "bin")},
                          capture_output=True, text=True, timeout=60, check=False)


def test_without_npm_one_line_says_so(project: Path) -> None:
    done = fetch(project)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1) and "npm is missing" in done.stderr
    assert not (project / "build").exists()


def test_npm_that_fails_leaves_nothing_and_is_tried_again(project: Path) -> None:
    done = fetch(project, "mkdir -p build/browser/node_modules; exit 1")
    assert done.returncode == 1 and "npm could not fetch Observable Plot" in done.stderr
    assert not (project / "build" / "browser").exists()
    assert fetch(project, "mkdir -p build/browser/node_modules").returncode == 0


def test_what_is_there_is_not_fetched_again_until_the_lock_changes(project: Path) -> None:
    npm = "echo once >> calls; mkdir -p build/browser/node_modules"
    calls = [fetch(project, npm), fetch(project, npm)]
    assert [one.returncode for one in calls] == [0, 0] and calls[1].stderr == ""
    assert (project / "calls").read_text() == "once\n"
    with (project / "reports" / "browser" / "package-lock.json").open("a") as lock:
        lock.write("\n")
    assert fetch(project, npm).returncode == 0 and (project / "calls").read_text() == "once\nonce\n"


def test_the_lock_file_names_no_registry() -> None:
    lock: dict[str, Any] = json.loads((ROOT / "reports" / "browser" / "package-lock.json").read_text())
    packages = [one for name, one in lock["packages"].items() if name]
    assert packages and all("integrity" in one and "resolved" not in one for one in packages)
    for path in (ROOT / "reports" / "browser").iterdir():
        assert not re.search(r"https?://", path.read_text("utf-8")), path.name
