#!/usr/bin/env python3
"""Runs the notebooks from clean and writes each as HTML; an error in any of them is an error here.

    reports/notebooks/run.py [NAME...] [--out reports/out/notebooks]

Each runs in a kernel of this Python, with parlab as built. The notebooks themselves stay without output.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LONGEST = 300  # seconds that a cell may take on a slow machine; a notebook takes below 60 on a fast one

try:
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError
    from nbconvert import HTMLExporter
except ImportError as error:
    sys.exit(f"notebooks: {sys.executable} has no module {error.name}: apt-get install "
             "python3-nbconvert python3-ipykernel, and run Debian's /usr/bin/python3")


def main() -> int:
    """The command line. Returns the exit status."""
    parser = argparse.ArgumentParser(description="Runs the notebooks and writes them as HTML.",
                                     epilog="example: reports/notebooks/run.py 1-tour")
    parser.add_argument("names", nargs="*", help="which, without .ipynb [all]")
    parser.add_argument("--out", type=Path, default=ROOT / "reports/out/notebooks",
                        help="where the HTML goes [reports/out/notebooks]")
    options = parser.parse_args()
    known = {path.stem: path for path in sorted(HERE.glob("*.ipynb"))}
    for name in options.names:
        if name not in known:
            print(f"notebooks: no '{name}': there are {', '.join(known)}", file=sys.stderr)
            return 2
    options.out.mkdir(parents=True, exist_ok=True)
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, [str(ROOT / "build/python"), os.environ.get("PYTHONPATH", "")]))
    failed = []
    with tempfile.TemporaryDirectory(prefix="parlab-notebooks-") as folder:
        # No kernel of the user's own: python3 is this Python.
        os.environ["JUPYTER_DATA_DIR"] = os.environ["IPYTHONDIR"] = folder
        for name in options.names or known:
            begin = time.monotonic()
            error = run(known[name], options.out / f"{name}.html", Path(folder))
            print(f"{name}: {error or 'ran'}, {time.monotonic() - begin:.0f} s", flush=True)
            failed += [name] if error else []
    return 1 if failed else 0


def run(path: Path, page: Path, folder: Path) -> str:
    """Runs one notebook and writes its page. Returns what went wrong, in one line; empty for nothing."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=LONGEST, kernel_name="python3",
                            resources={"metadata": {"path": str(folder)}})
    try:
        client.execute()
    except CellExecutionError as error:
        print(error, file=sys.stderr)
        return f"failed: {error.ename}: {error.evalue.splitlines()[0] if error.evalue else ''}"
    except KeyboardInterrupt:
        raise SystemExit(130)
    exporter = HTMLExporter(template_name="parlab", extra_template_basedirs=[str(HERE / "template")])
    body, _ = exporter.from_notebook_node(notebook)
    page.write_text(body, encoding="utf-8")
    return ""


if __name__ == "__main__":
    sys.exit(main())
