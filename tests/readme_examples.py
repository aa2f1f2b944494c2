"""Adds the kernel, the experiment and the backend that the READMEs show to a copy of the project, by the READMEs
alone, and checks that they build, pass, run on every arm and reach the report; runs the READMEs' own loops as
written; checks that the verbs, experiments and options of all commands shown are there. Takes a build: CI runs it.

Usage: python3 tests/readme_examples.py FOLDER   (an empty one; the copy stays there for a look)
"""

import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
FILES = re.compile(r"`([\w/]+\.[ch]pp)`:\s*\n\n```cpp\n(.*?)```", re.DOTALL)
OWN_LOOP = re.compile(r"## Your own loop\n\n```sh\n(.*?)```", re.DOTALL)
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^(?:\$ )?build/parlab ([^#&|\n]*)", re.MULTILINE)
CMAKE_LINE = re.compile(r"`(parlab_backend\(async[^`]*\))`", re.DOTALL)
# Where each example stands, and what it is.
NAMED = {
    "kernels/README.md": {
        "kernels/numerics/collatz.hpp",
        "tests/kernels/numerics/collatz_test.cpp",
        "kernels/backends/async.cpp",
    },
    "experiments/README.md": {"experiments/loops/collatz.cpp"},
}


def run(folder: Path, *command: str) -> str:
    """Runs a command in the copy; shows it, and ends with it where it fails."""
    print("readme_examples $", *command, flush=True)
    begin = time.monotonic()
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=1500)
    print(f"  {time.monotonic() - begin:.0f} s", flush=True)
    if ended.returncode != 0:
        sys.exit(f"{ended.stdout[-3000:]}\n{ended.stderr[-3000:]}\nended with {ended.returncode}")
    return ended.stdout


def add_examples(folder: Path) -> set[str]:
    """Writes the files that the READMEs show, and their line into kernels/backends/CMakeLists.txt. Returns what
    has changed."""
    backends = "kernels/backends/CMakeLists.txt"
    changed = {backends}
    for document, names in NAMED.items():
        examples = {name: text for name, text in FILES.findall((folder / document).read_text()) if "/" in name}
        if set(examples) != names:
            sys.exit(f"{document} shows {sorted(examples)}, not {sorted(names)}")
        for name, text in examples.items():
            (folder / name).write_text(text)
        changed |= names
    line = " ".join(CMAKE_LINE.search((folder / "kernels/README.md").read_text()).group(1).split())
    before = (folder / backends).read_text()
    after = before.replace("parlab_backend(processes)\n", f"parlab_backend(processes)\n{line}\n")
    assert after != before, f"{backends} has no line to put the example beside"
    (folder / backends).write_text(after)
    return changed


def check_commands(folder: Path, parlab: str) -> int:
    """That parlab's help knows each verb, experiment and option that a document shows. Returns how many commands."""
    count = 0
    helps: dict[tuple[str, ...], str] = {}
    for document in run(folder, "git", "ls-files", "*.md", ":!reports/sample").split():
        for language, text in BLOCK.findall((folder / document).read_text()):
            for command in COMMAND.findall(text if language in ("", "sh") else ""):
                words = shlex.split(command)
                verb = tuple(words[:2 if words[0] in ("run", "compare", "plan") else 1])
                if verb not in helps:
                    helps[verb] = run(folder, parlab, *verb, "--help")
                own = words[:words.index("--")] if "--" in words else words  # behind it stand others' commands
                for option in (word for word in own if word.startswith("--")):
                    if not re.search(rf"^ +(-\w,)?{option}\b", helps[verb], re.MULTILINE):
                        sys.exit(f"{document}: parlab {' '.join(verb)} has no option {option}: {command}")
                count += 1
    return count


def run_kernels(folder: Path) -> None:
    """Runs the kernel files that experiments/README.md shows on every backend and schedule: on each, one answer."""
    files = {name: text for name, text in FILES.findall((folder / "experiments/README.md").read_text())
             if "/" not in name}
    assert set(files) == {"saxpy.hpp", "histogram.hpp", "minimum.hpp", "stencil.hpp"}, sorted(files)
    listed = json.loads(run(folder, "build/parlab", "list", "--json"))["backends"]
    backends = {backend["name"] for backend in listed if backend["available"] and not backend["by_name_only"]}
    for name, text in files.items():
        (folder / "build" / name).write_text(text)
        out = run(folder, "build/parlab", "run", "own", "--kernel", f"build/{name}", "--backend", "all", "--workers",
                  "1,2", "--rounds", "1", "--json", "-", "--quiet")
        results = json.loads(out)["results"]
        assert len({json.dumps(result["answer"]) for result in results}) == 1, f"{name}: {out}"
        assert {result["backend"] for result in results} == backends, name


def main(folder: Path) -> None:
    run(PROJECT, "git", "clone", "-q", str(PROJECT), str(folder))
    boost = PROJECT / "build/deps"
    if boost.is_dir():
        (folder / "build").mkdir()
        run(folder, "cp", "-r", str(boost), "build/deps")
    added = add_examples(folder)
    changed = run(folder, "git", "status", "--porcelain", "-uall").split("\n")
    assert {line[3:] for line in changed if line} == added, changed
    # With the same options as the build that CI has just made, so that ccache has most of it.
    run(folder, "cmake", "--preset", "release", *os.environ.get("CMAKE_ARGS", "").split())
    run(folder, "cmake", "--build", "build", "--parallel", "2",
        "--target", "parlab", "parlab-tests-kernels")
    tests = run(folder, "build/parlab-tests-kernels", "--gtest_filter=Collatz.*:*async*")
    assert "[  PASSED  ]" in tests and "Collatz" in tests and "async" in tests, tests
    out = run(folder, "build/parlab", "run", "collatz", "--backend", "all", "--workers", "1,2",
              "--below", "1e4", "--rounds", "1", "--json", "-", "--quiet")
    results = json.loads(out)["results"]
    assert {r["answer"] for r in results} == {261}, "numbers to 10000 take at most 261 steps"
    assert any(r["backend"] == "async" for r in results)
    assert check_commands(folder, "build/parlab") > 30
    own = run(folder, "sh", "-ec", OWN_LOOP.search((folder / "README.md").read_text()).group(1))
    assert own.count(str(26 << 25)) > 2, own  # on every arm
    assert "for" in (folder / "parlab_choice.hpp").read_text(), "the loop, as plain code"
    run_kernels(folder)
    run(folder, "build/parlab", "suite", "--only", "collatz", "--out", "out")
    run(folder, sys.executable, "reports/render.py", "out")
    assert "\n## collatz" in (folder / "out/REPORT.md").read_text()
    print("the READMEs' examples build, pass and run on every arm")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]).resolve())
