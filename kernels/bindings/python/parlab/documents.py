"""Result files (schema parlab/1), and the lines of crawls: what is read of them is checked, so that a damaged one is refused with
its place, not met later as a KeyError."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

from .checked_json import BadFile, Fields, load_object
from .exceptions import BadInput

SCHEMA = "parlab/1"
WORDS = ("label", "role", "kernel", "variant", "algorithm", "backend", "schedule", "unit")
COUNTS = ("workers", "grain", "size")


def read_document(path: str | Path) -> dict[str, Any]:
    """The document in a file. Raises BadFile, which names the file, the field and what to do."""
    top = load_object(Path(path))
    schema = top.text("schema")
    if schema != SCHEMA:
        raise top.refuse("schema", f'is "{schema}", not "{SCHEMA}"',
                         "give a file that parlab run --json has written, of the same version")
    run = top.object("run")
    run.text("experiment")
    run.text("question")
    run.whole("rounds", at_least=1)
    run.number("elapsed_seconds", at_least=0.0)
    for headline in top.objects("headlines"):
        headline.text("sentence")
    results = top.objects("results")
    if not results:
        raise top.refuse("results", "is empty")
    for result in results:
        _check_result(result)
    if not any(result.text("role") == "baseline" for result in results):
        raise top.refuse("results", "holds no baseline")
    return top.values


def _check_result(result: Fields) -> None:
    for name in WORDS:
        result.text(name)
    for name in COUNTS:
        result.whole(name)
    result.flag("ok")
    result.value("answer")
    rounds = len(result.numbers("seconds", above=0.0))
    metrics = result.object("metrics")
    for name in metrics.values:
        if len(metrics.items(name)) < rounds:
            raise metrics.refuse(name, f"has fewer values than the {rounds} rounds")
    if result.has("failure"):
        result.object("failure").text("cause")
    if result.has("comparison"):
        comparison = result.object("comparison")
        comparison.number("ratio", above=0.0)
        comparison.text("verdict")
        ends = comparison.items("interval")
        if len(ends) != 2:
            raise comparison.refuse("interval", f"has {len(ends)} ends, not 2")
        for end in ends:
            if end.has(""):
                end.number("")


def frame_of(records: list[dict[str, Any]]) -> Any:
    """A pandas.DataFrame of the records. Raises ImportError where there is no pandas."""
    try:
        import pandas
    except ImportError as error:
        raise ImportError("a data frame needs pandas: apt-get install python3-pandas; records of races are the "
                          "same as a list") from error
    return pandas.DataFrame(records)


def read_crawl(path: str | Path) -> Any:
    """A pandas.DataFrame of what `parlab crawl` or `parlab check` wrote with --json or --edges, or of a mirror's
    mirror.jsonl: a row per line, phases as columns of their own (connect, first_byte, body). Raises BadInput for
    a file of another kind, ImportError where there is no pandas.

        pages = parlab.read_crawl("pages.jsonl")
        pages[pages.error.notna()].groupby("error").size()
    """
    if not Path(path).exists():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    rows = []
    try:
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                row = json.loads(line)
                if not isinstance(row, dict) or not ("url" in row or {"from", "to"} <= row.keys()):
                    raise BadFile(path, f"line {number} is not of a crawl", "give a file that parlab crawl has written")
                phases = row.pop("phases", {})
                rows.append(row | (phases if isinstance(phases, dict) else {}))
    except json.JSONDecodeError as error:
        bad = BadFile(path, f"line {len(rows) + 1} is not JSON", "give a file that parlab crawl has written")
        raise BadInput(str(bad)) from error
    except UnicodeDecodeError as error:
        raise BadInput(str(BadFile(path, "is not UTF-8 text", "give a file that parlab crawl has written"))) from error
    except OSError as error:
        raise BadInput(str(BadFile(path, f"cannot be read ({error.strerror})", ""))) from error
    except BadFile as error:
        raise BadInput(str(error)) from error
    return frame_of(rows)
