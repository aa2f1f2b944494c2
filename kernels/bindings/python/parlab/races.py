"""Races of the program `parlab` as records: what a table, pandas or a plot takes.

    race = parlab.compare("pi", backend=["openmp", "tbb"], darts=1e7, rounds=21)
    race                            # a table, in a notebook
    pandas.DataFrame(race.records)  # one row per arm; race.samples: one per round and arm
"""

from __future__ import annotations

import errno
import html
import json
import numbers
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .arguments import plain, shown
from .checked_json import BadFile
from .exceptions import BadInput, BadType, RunFailed
from .library import installed_folder, library_path, on_all_processors
from .progress import Progress
from .documents import frame_of, read_document

PROGRESS = "progress: "  # begins what `parlab run --progress` says of it


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
    def metric(self) -> str:
        """What the arms are compared by: "seconds", or a number of their own; less is better."""
        return self.document["run"].get("metric", "seconds")

    @property
    def limit(self) -> dict[str, Any] | None:
        """What fail_on found: "exit_code" 3 where an arm is beyond it, "arms" with the side of each; None where it
        was not asked for."""
        return self.document.get("limit")

    @property
    def effort(self) -> str:
        """What it took: "pi: 11 rounds of 5 arms in 6.2 s"."""
        run, arms = self.document["run"], len(self.document["results"])
        rounds = "1 round" if run["rounds"] == 1 else f"{run['rounds']} rounds"
        return f"{run['experiment']}: {rounds} of {arms} arms in {run['elapsed_seconds']:.1f} s"

    @property
    def ok(self) -> bool:
        """Whether every arm ran to the end and answered rightly."""
        return all(result["ok"] for result in self.document["results"])

    @property
    def records(self) -> list[dict[str, Any]]:
        """One per arm: its label, its median seconds, its speed-up over the baseline with the interval."""
        return [_record(result) for result in self.document["results"]
                if result["role"] != "baseline again"]

    @property
    def samples(self) -> list[dict[str, Any]]:
        """One a round and arm: label, round, seconds, and the arm's own numbers by their names, which
        tell their unit ("lost_updates", "resident_per_task_bytes")."""
        return [{"label": result["label"], "round": i, "seconds": seconds}
                | {name: values[i] for name, values in result["metrics"].items()}
                for result in self.document["results"] for i, seconds in enumerate(result["seconds"])]

    def to_frame(self) -> Any:
        """The records as a pandas.DataFrame. Raises ImportError where there is no pandas."""
        return frame_of(self.records)

    def save(self, path: str | Path) -> None:
        """Writes the result file, for reports/render.py; whole, or not at all."""
        text = json.dumps(self.document, indent=1, allow_nan=False) + "\n"
        with tempfile.NamedTemporaryFile("w", dir=Path(path).resolve().parent, prefix=".parlab-",
                                         encoding="utf-8", delete=False) as file:
            try:
                file.write(text)
                file.close()
                os.chmod(file.name, 0o666 & ~_umask())
                os.replace(file.name, Path(path).resolve())
            except BaseException:
                os.unlink(file.name)
                raise

    def _repr_html_(self) -> str:
        heads, *rows = _table(self.records, self.metric)

        def line(cells: list[str], tag: str) -> str:
            return "<tr>" + "".join(
                f'<{tag} style="text-align:{"right" if 0 < i < 4 else "left"}">{html.escape(cell)}</{tag}>'
                for i, cell in enumerate(cells)) + "</tr>"

        lines = "".join(f"<p>{html.escape(sentence)}.</p>" for sentence in self.headlines)
        return (f"<p><em>{html.escape(self.question)}</em></p>"
                f"<table><thead>{line(heads, 'th')}</thead><tbody>"
                + "".join(line(row, "td") for row in rows) + f"</tbody></table>{lines}")

    def __repr__(self) -> str:
        rows = _table(self.records, self.metric)
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        return "\n".join("  ".join(cell.rjust(width) if 0 < i < 4 else cell.ljust(width)
                                   for i, (cell, width) in enumerate(zip(row, widths))).rstrip()
                         for row in rows)

    def plot(self, axes: Any = None) -> Any:
        """Speed-ups with their intervals and verdicts, the fastest at the top. Returns matplotlib's Axes;
        without `axes` on a new figure, which a notebook shows."""
        arms = sorted((record for record in self.records if record["speedup"]),
                      key=lambda record: record["speedup"])
        if axes is None:
            from matplotlib import pyplot
            axes = pyplot.subplots(figsize=(7, 0.9 + 0.3 * len(arms)), layout="constrained")[1]
        axes.axvline(1, color="#59636e", linewidth=0.9)
        for place, arm in enumerate(arms):
            colour = "#0072b2" if arm["verdict"] in ("faster", "slower", "equivalent") else "#8c959f"
            axes.plot([arm["low"] or arm["speedup"], arm["high"] or arm["speedup"]], [place, place],
                      color=colour, linewidth=2)
            axes.plot([arm["speedup"]], [place], "o", color=colour)
            axes.text(1.02, place, f"{arm['speedup']:.3g}× {arm['verdict']}", va="center",
                      transform=axes.get_yaxis_transform())
        axes.set_yticks(range(len(arms)), [arm["label"] for arm in arms])
        axes.set_ylim(-0.6, len(arms) - 0.4)
        if arms and arms[-1]["speedup"] > 20 * arms[0]["speedup"]:
            axes.set_xscale("log")
        axes.set_xlabel(f"speed-up over {self.baseline} (its time / the arm's)" if self.metric == "seconds" else
                        f"{self.metric} of {self.baseline} / the arm's")
        axes.margins(x=0.06)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        return axes

    @property
    def baseline(self) -> str:
        """The label of the first arm that others are compared with."""
        return next(record["label"] for record in self.records if record["role"] == "baseline")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _record(result: dict[str, Any]) -> dict[str, Any]:
    against = result["comparison"] or {"ratio": None, "interval": [None, None], "verdict": ""}
    names = ("label", "role", "kernel", "variant", "algorithm", "backend", "schedule", "workers", "grain",
             "size", "unit")
    seconds = result["seconds"]
    return {name: result[name] for name in names} | {
        "median_seconds": statistics.median(seconds) if seconds else None,
        "speedup": against["ratio"], "low": against["interval"][0], "high": against["interval"][1],
        "verdict": against["verdict"] if result["ok"] else "failed", "ok": result["ok"],
        "answer": result["answer"], **_of_a_command(result),
        "cause": (result.get("failure") or {}).get("cause", "")}


def _of_a_command(result: dict[str, Any]) -> dict[str, Any]:
    """What else is known of an arm that is a command: its text, and the medians of its figures."""
    if result["kernel"] != "command":
        return {}
    return {"command": result.get("facts", {}).get("command", result["label"])} | {
        name: statistics.median(values) for name, values in result["metrics"].items() if values}


# What a table's times are in: the largest in which the shortest is at least 1.
UNITS = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9))


def _table(records: list[dict[str, Any]], metric: str = "seconds") -> list[list[str]]:
    """Rows of cells, the heads first."""
    medians = [record["median_seconds"] for record in records if record["median_seconds"]]
    name, unit = next(((name, unit) for name, unit in UNITS if medians and min(medians) >= unit), UNITS[-1])

    def number(value: float | None, digits: int = 3) -> str:
        if value is None:
            return "?"
        return f"{value:.0f}" if value >= 10 ** digits else f"{value:.{digits}g}"

    ratio = "speed-up" if metric == "seconds" else f"ratio of {metric}"
    rows = [["arm", f"median [{name}]", ratio, "95 % interval", "verdict"]]
    for record in records:
        median, verdict = record["median_seconds"], record["verdict"] or record["role"]
        compared = record["speedup"] is not None
        rows.append([record["label"], "" if median is None else number(median / unit, 4),
                     number(record["speedup"]) if compared else "",
                     f"[{number(record['low'])}, {number(record['high'])}]" if compared else "",
                     verdict + (": " + record["cause"] if record["cause"] else "")])
    return rows


def program() -> str:
    """The program parlab: $PARLAB_PROGRAM, else beside the library or in ../bin, else on PATH."""
    folder, installed = Path(library_path()).parent, installed_folder("program")
    for path in (os.environ.get("PARLAB_PROGRAM"), installed and installed / "parlab", folder / "parlab",
                 folder.parent / "bin" / "parlab", shutil.which("parlab")):
        if path and Path(path).is_file() and os.access(path, os.X_OK):
            return os.path.normpath(path)
    raise RunFailed("no program parlab beside the library or on PATH: run `make`, or set "
                    "PARLAB_PROGRAM")


def run(experiment: str, **options: Any) -> Race:
    """Races one experiment as `parlab run` does: every arm against serial.

    Options are those of `parlab run EXPERIMENT --help`, with _ for -: darts=1e7, workers=[1, 2].
    A notebook and a terminal show the progress; quiet=True does not. Ctrl-C ends the race.
    Where an arm failed the race is returned all the same: its record and `ok` say so."""
    return _race("run", experiment, options)


def compare(experiment: str, **options: Any) -> Race:
    """Compares backends directly, as `parlab compare` does: backend=["openmp", "tbb"]."""
    return _race("compare", experiment, options)


def load(path: str | Path) -> Race:
    """A result file. Raises BadInput where it is none: which file, where in it, and what to do."""
    if not Path(path).exists():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    try:
        return Race(read_document(path))
    except BadFile as bad:
        raise BadInput(str(bad)) from bad


def _words(name: str, value: Any) -> str:
    """A value as `parlab run` takes it: a number or a string, or several with commas between them."""
    single = plain(name, value)
    if isinstance(single, str):
        return single
    if isinstance(single, numbers.Real) and not isinstance(single, bool):
        return str(int(single)) if single % 1 == 0 else str(float(single))
    ordered = isinstance(single, Iterable) and not isinstance(single, (bytes, bytearray, Mapping, Set))
    if not ordered or getattr(single, "ndim", 1) != 1:
        raise BadType(f"{name}: {shown(value)} is not an option's value: give a number, a string or a list of them")
    return ",".join(_words(name, item) for item in single)


def _option(name: str, value: Any) -> list[str]:
    """An option as the program takes it; none where it is switched off; of set={"n": 1} one a name."""
    option, value = "--" + name.replace("_", "-"), plain(name, value)
    if isinstance(value, bool):
        return [option] if value else []
    if name == "set" and isinstance(value, Mapping):
        return [f"{option}={key}={_words(f'{name}: {key}', item)}" for key, item in value.items()]
    return [f"{option}={_words(name, value)}"]


def answer_of_program(words: list[str]) -> subprocess.CompletedProcess[str]:
    """What `parlab WORDS` prints and how it ends."""
    with _Child([program(), *words], subprocess.PIPE) as child:
        out, complaint = child.communicate()
    return subprocess.CompletedProcess(words, child.returncode, out, complaint)


def _race(verb: str, experiment: str, options: dict[str, Any]) -> Race:
    return raced([verb, _words("experiment", experiment)], words_of(options), quiet=bool(options.get("quiet")))


def words_of(options: dict[str, Any]) -> list[str]:
    """The options as the program takes them."""
    return [word for name, value in options.items() for word in _option(name, value)]


def raced(verb: list[str], options: list[str], behind: Iterable[str] = (), quiet: bool = False) -> Race:
    """The race that `parlab VERB OPTIONS BEHIND` runs. Raises BadInput for what the program refuses, RunFailed
    where it gives no result."""
    return measured(verb, options, load, lambda race: race.effort, behind, quiet)


def measured(verb: list[str], options: list[str], read: Callable[[Path], Any], effort: Callable[[Any], str],
             behind: Iterable[str] = (), quiet: bool = False) -> Any:
    """What `read` makes of the JSON that `parlab VERB OPTIONS BEHIND` writes, with its progress shown meanwhile and
    `effort` of it at the end. Raises as raced()."""
    with tempfile.TemporaryDirectory(prefix="parlab-") as folder:
        path = Path(folder) / "result.json"
        words = [program(), *verb, f"--json={path}", "--progress", *options, *behind]
        progress, complaint = Progress(not quiet), ""
        try:
            with _Child(words, subprocess.DEVNULL) as child:
                for line in child.stderr:
                    if line.startswith(PROGRESS):
                        progress.show(line.removeprefix(PROGRESS).rstrip())
                    else:
                        complaint += line
        except BaseException:
            progress.end()
            raise
        result = read(path) if path.exists() else None
        progress.end(effort(result) if result else "")
        if child.returncode == 2:
            raise BadInput(complaint.strip().removeprefix("parlab: "))
        if child.returncode == 130:
            raise KeyboardInterrupt
        if result is None:
            raise RunFailed(complaint.strip() or f"parlab ended with {child.returncode}")
        return result


class _Child(subprocess.Popen):
    """The program parlab. Where the block is left by an exception, so Ctrl-C, it is interrupted and
    ends its arms."""

    def __init__(self, words: list[str], out: int) -> None:
        with on_all_processors():
            super().__init__(words, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, text=True,
                             errors="replace")

    def __exit__(self, kind: Any, *rest: Any) -> None:
        if kind is not None:
            self._end()
        super().__exit__(kind, *rest)

    def _end(self) -> None:
        for sent, seconds in ((None, 0.3), (signal.SIGINT, 10), (signal.SIGKILL, None)):
            if sent is not None:  # a terminal, or Jupyter, may have told it at once
                self.send_signal(sent)
            try:
                self.wait(seconds)
                return
            except subprocess.TimeoutExpired:
                continue
