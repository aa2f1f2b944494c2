"""The part of the page that filters and sorts: npm's Observable Plot, a script and the rows."""

from __future__ import annotations

import re
from pathlib import Path

from report.load.checked_fields import BadFile

ROOT = Path(__file__).parents[3]
LIBRARIES = ROOT / "build" / "browser" / "node_modules"  # where `make report-html` puts them
SCRIPT = ROOT / "reports" / "browser" / "results.js"
MARKUP = ROOT / "reports" / "browser" / "results.html"
# In this order: Plot looks for d3.
PARTS = (("d3", "dist/d3.min.js"), ("@observablehq/plot", "dist/plot.umd.min.js"))


def libraries_in(folder: Path | None) -> Path | None:
    """The folder asked for, which must have them, or the usual one if it does."""
    if all((place := folder or LIBRARIES) and (place / name / file).is_file() for name, file in PARTS):
        return place
    if folder is None:
        return None
    raise BadFile(folder, "holds no Observable Plot: `make report-html` puts it into "
                          "build/browser/node_modules", "")


def interactive(results: str, libraries: Path | None) -> str:
    """HTML with everything inside; empty without the libraries."""
    if libraries is None:
        return ""
    scripts = "".join(f"<script>{_safe(_licensed(libraries / name, file))}</script>\n"
                      for name, file in PARTS)
    return (MARKUP.read_text("utf-8")
            + f'<script type="application/json" id="results-data">{results}</script>\n{scripts}'
            + f"<script>\n{_safe(SCRIPT.read_text('utf-8'))}</script>\n")


def _licensed(package: Path, file: str) -> str:
    """A library with its licence before it, as that demands."""
    licence = (package / "LICENSE").read_text("utf-8").replace("*/", "* /")
    return f"/*\n{licence}*/\n{(package / file).read_text('utf-8')}"


def _safe(script: str) -> str:
    """A script that does not end its element."""
    return re.sub(r"</(script)", r"<\\/\1", script, flags=re.IGNORECASE)
