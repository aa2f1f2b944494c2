"""The notebooks as they are committed: numbered, listed, without output, for any Python. That they run is
`make notebooks`' business; what it does with bad input, and with a notebook that fails, is tested here."""

from __future__ import annotations

import ast
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT

FOLDER = ROOT / "reports" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
WIDEST = 95  # characters that a page of 900 pixels shows of a line of code


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_output(path: Path) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4 and notebook["metadata"]["kernelspec"]["name"] == "python3"
    cells = notebook["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert code and all(not cell["outputs"] and cell["execution_count"] is None for cell in code)
    assert len({cell["id"] for cell in cells}) == len(cells)
    assert cells[0]["cell_type"] == "markdown" and cells[0]["source"][0].startswith("# ")
    assert set(notebook["metadata"]) <= {"kernelspec", "language_info"}, "no traces of who opened it"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_its_code_parses_and_fits_its_page(path: Path) -> None:
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        source = "".join(cell["source"])
        assert all(len(line) <= WIDEST for line in source.splitlines())
        if not source.startswith("%%"):
            ast.parse(re.sub(r"^%.*$", "", source, flags=re.MULTILINE))


def test_the_readme_lists_them_all_in_order() -> None:
    text = (ROOT / "reports" / "README.md").read_text(encoding="utf-8")
    section = text.split("## Notebooks")[1].split("\n#")[0]
    assert re.findall(r"^\| `(\d-[\w-]+)` \|", section, re.MULTILINE) == [path.stem for path in NOTEBOOKS]
    assert [path.name[0] for path in NOTEBOOKS] == [str(i + 1) for i in range(len(NOTEBOOKS))]


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(folder / "run.py"), *words], capture_output=True, text=True,
                          timeout=120)


def test_it_says_what_it_can_do_and_refuses_what_it_cannot() -> None:
    shown = run(FOLDER, "--help")
    assert shown.returncode == 0 and "1-tour" in shown.stdout
    refused = run(FOLDER, "1-tuor")
    assert refused.returncode == 2 and "no notebook '1-tuor': there are 1-tour, " in refused.stderr
    assert refused.stderr.count("\n") == 1 and refused.stdout == ""
    assert run(FOLDER, "--no-such-option").returncode == 2


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of two notebooks, one of which fails, with parlab as built here."""
    for module in ("nbclient", "nbconvert", "ipykernel"):
        pytest.importorskip(module)
    folder = tmp_path / "reports" / "notebooks"
    shutil.copytree(FOLDER / "template", folder / "template")
    shutil.copy(FOLDER / "run.py", folder)
    (tmp_path / "build").symlink_to(ROOT / "build")
    blank = json.loads(NOTEBOOKS[0].read_text(encoding="utf-8"))
    for name, source in (("good", "import parlab\nprint(parlab.count_primes(0, 100))"),
                         ("bad", "print(1)\nraise ValueError('as it must')")):
        cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": [source], "execution_count": None,
                "outputs": []}
        (folder / f"{name}.ipynb").write_text(json.dumps(blank | {"cells": [cell]}), encoding="utf-8")
    return folder


def test_an_error_in_one_fails_and_leaves_no_page(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "bad.html").write_text("of an earlier run")
    before = (project / "good.ipynb").read_bytes()
    ended = run(project, "--out", str(out))
    assert ended.returncode == 1, ended.stderr
    assert "bad: failed: ValueError: as it must" in ended.stdout and "good: ran" in ended.stdout
    assert "1 of 2 failed: bad" in ended.stderr
    assert [path.name for path in out.iterdir()] == ["good.html"]
    assert "<pre>25\n</pre>" in (out / "good.html").read_text(encoding="utf-8")
    assert (project / "good.ipynb").read_bytes() == before


def test_ctrl_c_ends_the_kernel_and_leaves_nothing(project: Path, tmp_path: Path) -> None:
    notebook = json.loads((project / "good.ipynb").read_text(encoding="utf-8"))
    mark = tmp_path / "pid"
    notebook["cells"][0]["source"] = [
        "import os, parlab, pathlib, time\nshared = parlab.shared_array(3)\n"
        f"pathlib.Path({str(mark)!r}).write_text(str(os.getpid()))\ntime.sleep(60)"]
    (project / "good.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    words = [sys.executable, str(project / "run.py"), "good", "--out", str(tmp_path / "out")]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (mark.exists() and mark.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    said = child.communicate(timeout=30)
    assert child.returncode == 130 and said == ("", "notebooks: interrupted\n")
    pid = mark.read_text()
    assert not list((tmp_path / "out").iterdir()) and not list(Path("/dev/shm").glob(f"parlab-array-{pid}-*"))
    state = Path(f"/proc/{pid}/stat")
    assert not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] == "Z"


def test_where_nothing_can_be_written_it_says_so(project: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = run(project, "good", "--out", str(tmp_path / "file" / "out"))
    assert ended.returncode == 2 and "cannot write to" in ended.stderr and ended.stderr.count("\n") == 1
