"""Reads result files of schema parlab/1 and checks them field by field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from report.load.checked_fields import BadFile, Fields, load_object
from report.load.race_result import (ROLES, VERDICTS, Arm, Comparison, Context, Gate, Headline, Model,
                                     Race, Ratio, Remark)
from report.load.scaling_results import read_scaling

SCHEMA = "parlab/1"
PARTS = ("own", "peer", "bound", "scaling")
INTERVALS = ("fixed", "anytime")


def load_race(path: Path) -> Race:
    """Reads and checks a result file. Raises BadFile."""
    top = load_object(path)
    require_schema(top, SCHEMA)
    run = top.object("run")
    results = top.objects("results")
    if not results:
        raise BadFile(path, "results is empty")
    rounds = run.whole("rounds", at_least=1)
    arms = tuple(_arm(fields, index, len(results), rounds) for index, fields in enumerate(results))
    for arm, fields in zip(arms, results):
        if any(arm.label == other.label for other in arms[: arm.index]):
            raise fields.refuse("label", f'is "{arm.label}", as an earlier result\'s')
    return Race(
        path=path,
        context=_context(top.object("context")),
        experiment=run.text("experiment"),
        name=run.text("name") or path.stem,
        question=run.text("question"),
        why=run.text("why"),
        rounds=rounds,
        isolation=run.text("isolation"),
        metric=run.text("metric") if run.has("metric") else "seconds",
        alpha=run.number("alpha", above=0.0),
        margin=run.number("margin", above=0.0),
        gate_margin=run.number("gate_margin", above=0.0) if run.has("gate_margin") else None,
        elapsed_seconds=run.number("elapsed_seconds", at_least=0.0),
        arms=arms,
        gates=tuple(_gate(fields, len(arms)) for fields in top.objects("gates")),
        models=tuple(_model(fields, len(arms)) for fields in top.objects("models")),
        headlines=tuple(read_headline(fields, path.name, len(arms))
                        for fields in top.objects("headlines")),
        remarks=tuple(Remark(fields.index("result", len(arms)), fields.text("sentence"))
                      for fields in top.objects("remarks")) if top.has("remarks") else (),
        scaling=read_scaling(top.object("scaling"), len(arms)) if top.has("scaling") else None,
        sentences=run.whole("sentences") if run.has("sentences") else None,
        renewed_every=run.whole("renewed_every", at_least=1) if run.has("renewed_every") else None,
        anytime=run.has("interval") and run.one_of("interval", INTERVALS) == "anytime",
    )


def require_schema(top: Fields, schema: str) -> None:
    """Refuses a document of another schema."""
    found = top.text("schema")
    if found != schema:
        raise top.refuse("schema", f'is "{found}", not "{schema}"',
                         "use the report of the same version as the program")


def read_headline(fields: Fields, file: str, results: int) -> Headline:
    """A headline about a race with that many results."""
    return Headline(file, fields.text("sentence"), fields.index("result", results),
                    fields.index("against", results),
                    read_ratio(fields, "ratio", "interval", above=0.0),
                    fields.number("confidence", above=0.0), fields.one_of("verdict", VERDICTS))


def read_ratio(fields: Fields, value: str, interval: str, above: float = float("-inf")) -> Ratio:
    """A number and its interval, the ends of which may be null."""
    ends = fields.items(interval)
    if len(ends) != 2:
        raise fields.refuse(interval, f"has {len(ends)} ends, not 2")
    low, high = (end.number("") if end.has("") else None for end in ends)
    if low is not None and high is not None and low > high:
        raise fields.refuse(interval, f"runs from {low:g} down to {high:g}")
    return Ratio(fields.number(value, above=above), low, high)


def _comparison(fields: Fields, name: str, other: str, results: int) -> Comparison | None:
    if fields.value(name) is None:
        return None
    part = fields.object(name)
    return Comparison(read_ratio(part, "ratio", "interval", above=0.0), part.index(other, results),
                      part.one_of("verdict", VERDICTS), part.number("confidence", above=0.0),
                      part.text("reason") if part.has("reason") else "",
                      part.has("beside_load") and part.flag("beside_load"),
                      part.number("tells", above=0.0) if part.has("tells") else None)


def _cause(fields: Fields) -> str:
    """Why an arm failed: the stated cause, or the wrong answer; empty where it did not."""
    if fields.has("failure"):
        failure = fields.object("failure")
        where = f" in round {failure.whole('round') + 1}" if failure.has("round") else ""
        return failure.text("cause") + where
    if not fields.flag("ok"):
        return f"answered {fields.value('answer')}, expected {fields.value('expected')}"
    return ""


def _arm(fields: Fields, index: int, results: int, rounds: int) -> Arm:
    def optional(name: str) -> float | None:
        return fields.number(name, at_least=0.0) if fields.has(name) else None

    text, whole, cause = fields.text, fields.whole, _cause(fields)
    seconds = fields.numbers("seconds", above=0.0)
    taken = whole("rounds") if fields.has("rounds") else rounds  # fewer where it was decided sooner
    if taken > rounds:
        raise fields.refuse("rounds", f"is {taken} of {rounds}")
    if not cause and len(seconds) != taken:
        raise fields.refuse("seconds", f"has {len(seconds)} values for {taken} rounds")
    memory = optional("peak_rss_bytes")
    return Arm(
        index=index, cause=cause, seconds=seconds, role=fields.one_of("role", ROLES),
        label=text("label"), group=text("group"), kernel=text("kernel"), variant=text("variant"),
        algorithm=text("algorithm"), backend=text("backend"), schedule=text("schedule"),
        unit=text("unit"), grain=whole("grain"), chunks=whole("chunks"), size=whole("size"),
        workers=whole("workers", at_least=1), repeats=whole("repeats", at_least=1),
        parameters=dict(fields.object("parameters").values) | _surroundings(fields),
        cpu_seconds=optional("cpu_seconds"), context_switches=optional("context_switches"),
        peak_rss_bytes=None if memory is None else int(memory),
        answer=fields.value("answer"), expected=fields.value("expected"), ok=not cause,
        comparison=_comparison(fields, "comparison", "baseline_result", results),
        against_best=_comparison(fields, "against_best", "best_result", results),
        facts=_facts(fields), paced=fields.has("paced") and fields.flag("paced"),
        metrics=_metrics(fields.object("metrics")) if fields.has("metrics") else {},
        bytes_per_second=optional("bytes_per_second"), load_seconds=optional("load_seconds"),
    )


def _surroundings(fields: Fields) -> dict[str, str]:
    """What an arm was started with, and where, as further axes: told as `NAME=value`."""
    told = {}
    if fields.has("environment"):
        environment = fields.object("environment")
        told = {name: f"{name}={environment.text(name)}" for name in environment.values}
    if fields.has("pin") and fields.text("pin") != "none":
        told["pin"] = f"pin={fields.text('pin')}"
    return told


def _metrics(fields: Fields) -> dict[str, tuple[float, ...]]:
    """The arm's own numbers over the rounds; a round without one is left out."""
    return {name: tuple(item.number("") for item in fields.items(name) if item.has(""))
            for name in fields.values}


def _facts(fields: Fields) -> dict[str, Any]:
    """What an experiment adds about an arm. Those of a part of a task are read by the report."""
    if not fields.has("facts"):
        return {}
    facts = fields.object("facts")
    if facts.has("part"):
        facts.one_of("part", PARTS)
        for name in ("task", "library", "bound"):
            facts.text(name)
        if facts.has("goal"):
            facts.number("goal", above=0.0)
        if not isinstance(fields.object("parameters").values.get("workers", 1), int):
            raise fields.refuse("parameters", "has a number of workers that is not a whole number")
    return {"goal": None} | dict(facts.values)


def _gate(fields: Fields, results: int) -> Gate:
    return Gate(fields.text("group"), fields.index("baseline_result", results),
                fields.index("again_result", results),
                read_ratio(fields, "ratio", "interval", above=0.0), fields.flag("ok"),
                fields.number("guard", at_least=1.0) if fields.has("guard") else 1.0)


def _model(fields: Fields, results: int) -> Model:
    even = fields.object("break_even") if fields.has("break_even") else None
    return Model(
        label=fields.text("label"),
        results=tuple(item.index("", results) for item in fields.items("results")),
        start=read_ratio(fields, "start_seconds", "start_interval"),
        each=read_ratio(fields, "each_seconds", "each_interval"), unit=fields.text("unit"),
        break_even=read_ratio(even, "size", "interval") if even else None,
        against=even.text("against") if even else "",
        why=fields.text("break_even_why") if fields.has("break_even_why") else "")


def _context(fields: Fields) -> Context:
    text = fields.text
    return Context(
        date=text("date"), cpu=text("cpu"), compiler=text("compiler"), flags=text("flags"),
        build_type=text("build_type"), commit=text("commit"), version=text("version"),
        command=text("command"), virtual_machine=fields.flag("virtual_machine"),
        dirty=fields.flag("dirty"),
        cores=fields.whole("cores", at_least=1),
        usable_cores=fields.whole("usable_cores", at_least=1),
        load_before=_load(fields, "load_before"), load_after=_load(fields, "load_after"),
        steal_seconds=fields.number("steal_seconds", at_least=0.0)
        if fields.has("steal_seconds") else None, details=dict(fields.values))


def _load(fields: Fields, name: str) -> tuple[float, ...]:
    load = fields.numbers(name)
    if not load:
        raise fields.refuse(name, "is empty")
    return load
