#!/usr/bin/env python3
"""Runs the notebooks from clean and writes each as HTML; an error in any of them is an error here.

    reports/notebooks/run.py [NAME...] [--out reports/out/notebooks]

Each runs in a kernel of this Python, with parlab as built, in a folder that is gone afterwards. The
notebooks themselves stay without output. Exit status: 0 all ran, 1 one did not (its page is not
written, an older one is removed), 2 bad input, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LONGEST = 300  # seconds that a cell may take on a slow machine; a notebook takes below 60 on a fast one


def main() -> int:
    """The command line. Returns the exit status."""
    known = {path.stem: path for path in sorted(HERE.glob("*.ipynb"))}
    parser = argparse.ArgumentParser(description="Runs the notebooks from clean and writes them as HTML.",
                                     epilog=f"There are {', '.join(known)}. "
                                            "Example: reports/notebooks/run.py 1-tour")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which, without .ipynb [all]")
    parser.add_argument("--out", type=Path, default=ROOT / "reports/out/notebooks",
                        help="where the HTML goes [reports/out/notebooks]")
    options = parser.parse_args()
    for name in options.names:
        if name not in known:
            return refuse(f"no notebook '{name}': there are {', '.join(known)}")
    try:
        import nbclient  # noqa: F401  # only whether they are there
        import nbconvert  # noqa: F401
        import ipykernel  # noqa: F401
    except ImportError as error:
        return refuse(f"{sys.executable} has no module {error.name}: apt-get install python3-nbclient "
                      "python3-nbconvert python3-ipykernel, and run Debian's /usr/bin/python3")
    if not (ROOT / "build/libparlab.so.1").exists():
        return refuse("parlab is not built: run `make build` first, or `make notebooks` for both")
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        return run_all([known[name] for name in dict.fromkeys(options.names) or known], options.out)
    except OSError as error:
        return refuse(f"cannot write to {options.out}: {error.strerror}")
    except KeyboardInterrupt:
        print("notebooks: interrupted", file=sys.stderr, flush=True)
        os._exit(130)  # nbclient's thread would complain of its kernel


def refuse(why: str) -> int:
    """Says it in one line; the exit status of bad input."""
    print(f"notebooks: {why}", file=sys.stderr)
    return 2


def run_all(paths: list[Path], out: Path) -> int:
    """Runs notebooks one after the other. Returns the exit status."""
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, [str(ROOT / "build/python"), os.environ.get("PYTHONPATH", "")]))
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # a warning about a debugger that nobody uses
    failed = []
    for path in paths:
        begin = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="parlab-notebooks-") as folder:
            # No settings or kernels of the user's own: python3 is this Python.
            os.environ["JUPYTER_DATA_DIR"] = os.environ["IPYTHONDIR"] = folder
            error = run(path, out / f"{path.stem}.html", folder)
        print(f"{path.stem}: {error or 'ran'}, {time.monotonic() - begin:.0f} s", flush=True)
        failed += [path.stem] if error else []
    if failed:
        print(f"notebooks: {len(failed)} of {len(paths)} failed: {', '.join(failed)}", file=sys.stderr)
    else:
        print(f"The notebooks as pages: {out}/*.html")
    return 1 if failed else 0


def run(path: Path, page: Path, folder: str) -> str:
    """Runs one notebook and writes its page. Returns what went wrong, in one line; empty for nothing."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    from nbconvert import HTMLExporter

    page.unlink(missing_ok=True)
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=LONGEST, kernel_name="python3",
                            resources={"metadata": {"path": folder}})
    try:
        execute(client)
    except CellExecutionError as error:
        print(re.sub(r"\x1b\[[0-9;]*m", "", str(error)), file=sys.stderr)  # without colours
        return f"failed: {error.ename}: {error.evalue.splitlines()[0] if error.evalue else ''}"
    except CellTimeoutError:
        return f"failed: a cell took longer than {LONGEST} s"
    except DeadKernelError:
        return "failed: the kernel died"
    exporter = HTMLExporter(template_name="parlab", extra_template_basedirs=[str(HERE / "template")])
    body, _ = exporter.from_notebook_node(notebook)
    partial = page.with_suffix(".partial")
    partial.write_text(body, encoding="utf-8")
    partial.replace(page)
    return ""


def execute(client: Any) -> None:
    """Runs the client's notebook. On a thread: on the main one nbclient takes Ctrl-C for itself, and trips.
    However it ends, its kernel is gone, with what it started and the shared arrays that it named."""
    failure: list[BaseException] = []
    ended, process = threading.Event(), 0

    def work() -> None:
        try:
            client.execute()
        except BaseException as error:  # raised again below
            failure.append(error)
        ended.set()

    threading.Thread(target=work, daemon=True).start()
    try:
        while not ended.wait(0.2):  # not Thread.join(): interrupted, it takes the thread for ended
            process = process or getattr(getattr(client.km, "provisioner", None), "pid", None) or 0
    finally:
        if process and not ended.is_set():
            os.killpg(process, signal.SIGKILL)  # a kernel leads its own group
        for name in (f"{process}-*", f"notebook-{process}*"):  # as parlab and 6-shared-memory name them
            for left in Path("/dev/shm").glob(f"parlab-array-{name}"):
                left.unlink(missing_ok=True)
    if failure:
        raise failure[0]


if __name__ == "__main__":
    sys.exit(main())
