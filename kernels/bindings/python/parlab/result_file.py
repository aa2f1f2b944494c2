"""Result files (schema parlab/1): what is read of them is checked, so that a damaged one is refused with
its place, not met later as a KeyError."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .checked_json import Fields, load_object

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
