#!/usr/bin/env python3
"""Renders a suite's result files as REPORT.md, REPORT.html and figures.

    reports/render.py reports/out
    reports/render.py pi.json primes.json --out somewhere
    reports/render.py --gallery results-by-machine

Exit 0 when the report stands, failed arms included: it shows them. Exit 1 when it stands without a
file that cannot be reported: a line for each names file and field, and so does the report. Exit 2
with one such line when nothing can be reported; nothing is written then.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

try:
    import jinja2  # noqa: F401
    import markdown  # noqa: F401
    import matplotlib  # noqa: F401
except ImportError as error:
    sys.exit(f"parlab report: {sys.executable} has no module {error.name}: install "
             "python3-matplotlib python3-jinja2 python3-markdown, or use the system's python3")

from report.load.checked_fields import BadFile, shown
from report.load.suite_results import Suite, load_files, load_suite
from report.page.document import write_report
from report.page.gallery import write_gallery
from report.page.interactive import libraries_in


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="render.py", description="Renders result files as a report: Markdown, HTML, figures.",
        epilog="example: reports/render.py reports/out")
    parser.add_argument("source", nargs="*", type=Path, metavar="DIR|FILE",
                        help="the folder of a suite or of result files, or the files themselves")
    parser.add_argument("--out", type=Path, metavar="DIR",
                        help="where the report goes, with a copy of its data [the folder read]")
    parser.add_argument("--plot", type=Path, metavar="DIR",
                        help="a node_modules with Observable Plot, for a page that filters and sorts; "
                             "`make report-html` makes it [build/browser/node_modules, if there]")
    parser.add_argument("--gallery", type=Path, metavar="DIR",
                        help="instead, GALLERY.md and GALLERY.html of a folder that holds a folder of results for "
                             "each machine, side by side")
    options = parser.parse_args(arguments)
    if bool(options.source) == bool(options.gallery):
        parser.error("name results, or --gallery with a folder of them")
    if options.gallery:
        return _gallery(options.gallery, options.out or options.gallery)
    try:
        out = options.out or _folder_of(options.source)
        suite = write_report(_load(options.source), out, libraries_in(options.plot))
    except BadFile as bad:
        print(f"parlab report: {bad}", file=sys.stderr)
        return 2
    except OSError as error:
        place = error.filename2 or error.filename or out
        print(f"parlab report: {shown(place)}: {error.strerror or error}: nothing was written",
              file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    for fault in suite.faults:
        print(f"parlab report: {shown(fault.path)}: {fault.problem}; {fault.instead}", file=sys.stderr)
    try:
        print(shown(out / "REPORT.md"), flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads; no complaint
    except OSError as error:
        print(f"parlab report: stdout: {error.strerror}; the report is in {out}", file=sys.stderr)
        return 1
    return 1 if suite.faults else 0


def _gallery(folder: Path, out: Path) -> int:
    try:
        faults = write_gallery(folder, out)
    except BadFile as bad:
        print(f"parlab report: {bad}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"parlab report: {shown(error.filename or out)}: {error.strerror or error}: nothing was written",
              file=sys.stderr)
        return 2
    for fault in faults:
        print(f"parlab report: {shown(fault.path)}: {fault.problem}; {fault.instead}", file=sys.stderr)
    print(shown(out / "GALLERY.md"))
    return 1 if faults else 0


def _folder_of(sources: list[Path]) -> Path:
    return sources[0] if sources[0].is_dir() else sources[0].parent


def _load(sources: list[Path]) -> Suite:
    if len(sources) == 1 and not sources[0].is_file():
        return load_suite(sources[0])
    return load_files(sources)


if __name__ == "__main__":
    sys.exit(main())
