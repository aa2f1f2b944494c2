"""Races of the program `parlab` as records: what a table, pandas or a plot takes.

    race = parlab.compare("pi", backend=["openmp", "tbb"], darts=1e7, rounds=21)
    race                            # a table, in a notebook
    pandas.DataFrame(race.records)  # one row an arm; race.samples: one a round and arm
"""

from __future__ import annotations

import html
import json
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .library import BadInput, BadType, RunFailed, library_path


@dataclass(frozen=True)
class Race:
    """A result file (schema parlab/1). Times are seconds of one run."""

    document: dict[str, Any]

    @property
    def question(self) -> str:
        """What was asked."""
        return self.document["run"]["question"]

    @property
    def headlines(self) -> list[str]:
        """The answers, as sentences with their intervals."""
        return [line["sentence"] for line in self.document["headlines"]]

    @property
    def ok(self) -> bool:
        """Whether every arm ran to the end and answered rightly."""
        return all(result["ok"] for result in self.document["results"])

    @property
    def records(self) -> list[dict[str, Any]]:
        """One an arm: who, its median seconds, its speed-up over the baseline with the interval."""
        return [_record(result) for result in self.document["results"]
                if result["role"] != "baseline again"]

    @property
    def samples(self) -> list[dict[str, Any]]:
        """One a round and arm: label, round, seconds."""
        return [{"label": result["label"], "round": i, "seconds": seconds}
                for result in self.document["results"] for i, seconds in enumerate(result["seconds"])]

    def to_frame(self) -> Any:
        """The records as a pandas.DataFrame (python3-pandas)."""
        import pandas
        return pandas.DataFrame(self.records)

    def save(self, path: str | Path) -> None:
        """Writes the result file, for reports/render.py."""
        Path(path).write_text(json.dumps(self.document, indent=1) + "\n", encoding="utf-8")

    def _repr_html_(self) -> str:
        heads = ["arm", "median", "speed-up", "interval", "verdict"]
        rows = "".join(
            "<tr>" + "".join(f'<td style="text-align:{"left" if i in (0, 4) else "right"}">{cell}</td>'
                             for i, cell in enumerate(_cells(record))) + "</tr>"
            for record in self.records)
        lines = "".join(f"<p>{html.escape(line)}.</p>" for line in self.headlines)
        return (f"<p><em>{html.escape(self.question)}</em></p><table><thead><tr>"
                + "".join(f"<th>{head}</th>" for head in heads)
                + f"</tr></thead><tbody>{rows}</tbody></table>{lines}")

    def __repr__(self) -> str:
        rows = [["arm", "median", "speed-up", "interval", "verdict"]]
        rows += [[html.unescape(cell) for cell in _cells(record)] for record in self.records]
        widths = [max(len(row[i]) for row in rows) for i in range(5)]
        return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
                         for row in rows)

    def plot(self, axes: Any = None) -> Any:
        """Speed-ups with their intervals, the fastest at the top. Returns matplotlib's Axes."""
        if axes is None:
            from matplotlib.figure import Figure
            timed = len([record for record in self.records if record["speedup"]])
            axes = Figure(figsize=(7, 1 + 0.3 * timed), layout="constrained").subplots()
        arms = sorted((record for record in self.records if record["speedup"]),
                      key=lambda record: record["speedup"])
        axes.axvline(1, color="#59636e", linewidth=0.9)
        for place, arm in enumerate(arms):
            low, high = arm["low"] or arm["speedup"], arm["high"] or arm["speedup"]
            axes.plot([low, high], [place, place], color="#0072b2", linewidth=2)
            axes.plot([arm["speedup"]], [place], "o", color="#0072b2")
            axes.annotate(f"{arm['speedup']:.3g}× {arm['verdict']}", (high, place), (8, 0),
                          textcoords="offset points", va="center", fontsize=8)
        axes.set_yticks(range(len(arms)), [arm["label"] for arm in arms])
        axes.set_xlabel(f"speed-up over {self.baseline} (its time / the arm's)")
        axes.margins(x=0.25, y=0.1)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        return axes

    @property
    def baseline(self) -> str:
        """The label of the first arm that others are held to."""
        return next(record["label"] for record in self.records if record["role"] == "baseline")


def _record(result: dict[str, Any]) -> dict[str, Any]:
    against = result["comparison"] or {"ratio": None, "interval": [None, None], "verdict": ""}
    names = ("label", "role", "kernel", "variant", "algorithm", "backend", "schedule", "workers", "grain",
             "size", "unit")
    seconds = result["seconds"]
    return {name: result[name] for name in names} | {
        "median_seconds": statistics.median(seconds) if seconds else None,
        "speedup": against["ratio"], "low": against["interval"][0], "high": against["interval"][1],
        "verdict": against["verdict"] if result["ok"] else "failed", "ok": result["ok"],
        "answer": result["answer"],
        "cause": (result.get("failure") or {}).get("cause", "")}


def _cells(record: dict[str, Any]) -> list[str]:
    def number(value: float | None) -> str:
        return "–" if value is None else f"{value:.3g}"

    median = record["median_seconds"]
    verdict = record["verdict"] or record["role"]
    if record["cause"]:
        verdict += ": " + record["cause"]
    return [html.escape(record["label"]), "–" if median is None else f"{1e3 * median:.4g} ms",
            number(record["speedup"]), f"[{number(record['low'])}, {number(record['high'])}]",
            html.escape(verdict)]


def program() -> str:
    """The program parlab: $PARLAB_PROGRAM, else beside the library or in ../bin, else on PATH."""
    folder = Path(library_path()).parent
    for path in (os.environ.get("PARLAB_PROGRAM"), folder / "parlab", folder.parent / "bin" / "parlab",
                 shutil.which("parlab")):
        if path and Path(path).is_file() and os.access(path, os.X_OK):
            return str(path)
    raise RunFailed("no program parlab beside the library or on PATH: run `make`, or set "
                    "PARLAB_PROGRAM")


def run(experiment: str, **options: Any) -> Race:
    """Races one experiment as `parlab run` does: every arm against serial.

    Options are those of `parlab run EXPERIMENT --help`, with _ for -: darts=1e7, workers=[1, 2]."""
    return _race("run", experiment, options)


def compare(experiment: str, **options: Any) -> Race:
    """Compares backends directly, as `parlab compare` does: backend=["openmp", "tbb"]."""
    return _race("compare", experiment, options)


def load(path: str | Path) -> Race:
    """A result file. Raises BadInput where it is none."""
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadInput(f"{path} is no result file: {error}") from error
    if not isinstance(document, dict) or document.get("schema") != "parlab/1":
        raise BadInput(f"{path} is no result file of schema parlab/1")
    return Race(document)


def _words(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ",".join(_words(item) for item in value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if not isinstance(value, (str, int, float)):
        raise BadType(f"{value!r} is no option's value: give a number, a string or a list of them")
    return str(value)


def _race(verb: str, experiment: str, options: dict[str, Any]) -> Race:
    with tempfile.TemporaryDirectory(prefix="parlab-") as folder:
        path = Path(folder) / "race.json"
        words = [program(), verb, _words(experiment), "--json", str(path), "--quiet"]
        for name, value in options.items():
            option = "--" + name.replace("_", "-")
            if value is not False:
                words += [option] if value is True else [option, _words(value)]
        child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            _, complaint = child.communicate()
        except BaseException:
            child.send_signal(signal.SIGINT)  # it ends its arms, then itself
            child.wait(10)
            raise
        if child.returncode == 2:
            raise BadInput(complaint.strip().removeprefix("parlab: "))
        if child.returncode == 130:
            raise KeyboardInterrupt
        if not path.exists():
            raise RunFailed(complaint.strip() or f"parlab ended with {child.returncode}")
        return load(path)
