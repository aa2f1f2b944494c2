"""Makes result files out of nothing, for tests of the report.

The times are drawn from a random generator and mean nothing; only their form and the statistics
over them are right. They must never be shown as measurements.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import cost_lines
import paired_statistics as stats

ALPHA, MARGIN, GATE_MARGIN = 0.05, 0.03, 0.05
BACKENDS = [("threads", "static"), ("threads", "dynamic"), ("openmp", "static"),
            ("openmp", "dynamic"), ("tbb", "auto"), ("tbb", "static"), ("stdpar", ""),
            ("asio_pool", ""), ("processes", "static")]
Document = dict[str, Any]


def noisy(random_: random.Random, seconds: float, rounds: int, spread: float) -> list[float]:
    """Times around a value, some of them preempted."""
    return [seconds * math.exp(random_.gauss(0, spread)
                               + (random_.random() < 0.1) * random_.expovariate(1 / 0.1))
            for _ in range(rounds)]


def result(experiment: str, compute: tuple[str, str], workers: int, seconds: Sequence[float],
           **fields: Any) -> Document:
    """One result without its comparisons."""
    name = ":".join(filter(None, compute))
    return {"experiment": experiment, "kernel": experiment, "variant": "", "algorithm": "",
            "backend": compute[0], "schedule": compute[1], "workers": workers, "grain": 1,
            "chunks": 32, "size": 1, "unit": "indices", "parameters": {}, "group": experiment,
            "label": name if compute[0] == "serial" else f"{name} x{workers}", "role": "arm",
            "repeats": 1, "seconds": list(seconds), "cpu_seconds": 0.9 * seconds[0] * workers,
            "context_switches": 3, "peak_rss_bytes": 5 << 20, "answer": 78539816,
            "expected": 78539816, "ok": True, "failure": None, "comparison": None,
            "against_best": None, **fields}


def compared(results: list[Document], base: int, arm: int, rule: stats.Rule) -> Document:
    """The comparison of two results by the independent statistics."""
    pair = results[base]["seconds"], results[arm]["seconds"]
    outcome = stats.compare(*pair, rule)
    needed, taken = stats.rounds_needed(rule.alpha) * outcome.block, len(pair[0])
    now = {"rounds_needed": needed, "guard": rule.guard, "reason":
           f"too few rounds: {taken} of {needed} needed" if taken < needed else ""}
    return {"ratio": outcome.ratio, "interval": [outcome.interval.low, outcome.interval.high],
            "confidence": 1 - rule.alpha, "verdict": outcome.verdict, "rounds": outcome.rounds,
            "block": outcome.block, "p": stats.smallest_alpha(*pair, rule),
            **(now if rule.kind == stats.ANYTIME else {})}


def judged_as_once(document: Document) -> Document:
    """The same race as versions judged it whose intervals held at one number of rounds, and which
    withheld verdicts where a gate failed."""
    run = {key: value for key, value in document["run"].items()
           if key not in ("interval", "renewed_every", "sentences", "dependence")}
    return fill_in(document | {"gates": [], "run": run | {"gate_margin": GATE_MARGIN,
                                                          "isolation": "standing"}})


def fill_in(document: Document) -> Document:
    """Adds gates, comparisons and rankings to a document whose results have roles and times."""
    results = document["results"]
    once = stats.kind_of(document["run"]) == stats.FIXED
    if not once:
        document["run"]["dependence"] = stats.pooled_dependence(results)
    for group in dict.fromkeys(r["group"] for r in results):
        members = [i for i, r in enumerate(results) if r["group"] == group]
        base = next(i for i in members if results[i]["role"] == "baseline")
        again = next(i for i in members if results[i]["role"] == "baseline again")
        rule = stats.Rule(ALPHA, MARGIN, stats.kind_of(document["run"]),
                          dependence=document["run"].get("dependence"))
        gate = stats.against_itself(results[base]["seconds"], results[again]["seconds"], rule)
        interval = gate.interval
        guard = stats.guard_of(interval)
        ok = stats.passes_gate(interval, GATE_MARGIN) if once else guard == 1
        document["gates"].append({"group": group, "baseline_result": base, "again_result": again,
                                  "ratio": gate.ratio, "interval": [interval.low, interval.high], "ok": ok,
                                  **({} if once else {"guard": guard})})
        rule = stats.rule_for(document, results[base])
        ran = [i for i in members if results[i]["ok"] and results[i]["role"] != "baseline again"]
        best = max(ran, key=lambda i: compared(results, base, i, rule)["ratio"])
        for i in ran:
            if i != base:
                results[i]["comparison"] = compared(results, base, i, rule) | {
                    "baseline": results[base]["label"], "baseline_result": base}
            if i != best:
                results[i]["against_best"] = compared(results, best, i, rule) | {
                    "best": results[best]["label"], "best_result": best}
        if once and not ok:
            for part in (results[i][key] for i in ran for key in ("comparison", "against_best")):
                if part:
                    part["verdict"] = "too noisy"
    return document


def race(name: str, question: str, results: list[Document], rounds: int,
         **context: Any) -> Document:
    """A result file around its results."""
    return fill_in({
        "schema": "parlab/1",
        "context": {
            "date": "2026-11-23T23:10:00Z", "host": "9f3c", "cpu": "Imaginary 9000", "cores": 2,
            "usable_cores": 2, "caches": {"L1d": 32768, "L2": 1048576, "L3": 33554432},
            "memory_bytes": 8 << 30, "simd": "AVX2", "virtual_machine": True, "governor": "unknown",
            "load_before": [0.12, 0.2, 0.3], "load_after": [1.8, 0.9, 0.5], "steal_seconds": 0.01,
            "kernel": "Linux 6.1", "compiler": "GNU 12.2.0", "flags": "-O3 -DNDEBUG",
            "build_type": "Release", "libraries": {"oneTBB": "2021.8"},
            "environment": {"OMP_NUM_THREADS": "2"}, "commit": "abc1234", "dirty": False,
            "version": "0.1.0", "command": f"build/parlab run {results[0]['experiment']} --rounds "
                                           f"{rounds} --json {name}.json", **context},
        "run": {"experiment": results[0]["experiment"], "name": name, "question": question,
                "why": "Made-up data has no mechanism: this paragraph only fills its place.",
                "rounds": rounds, "isolation": "renewed", "renewed_every": 2, "alpha": ALPHA,
                "margin": MARGIN, "interval": stats.ANYTIME, "sentences": 0, "elapsed_seconds": 12.3,
                "places": [list(range(len(results)))] * rounds, "round_load": [1.0] * rounds},
        "results": results, "gates": [], "models": [], "headlines": []})


def model_of(results: list[Document], indices: list[int], label: str) -> Document:
    """The cost model of one arm over its sizes."""
    sizes = [results[i]["size"] for i in indices]
    times = [results[i]["seconds"] for i in indices]
    serial = [next(r["seconds"] for r in results if r["role"] == "baseline"
                   and r["group"] == results[i]["group"]) for i in indices]
    rule = stats.Rule(ALPHA, MARGIN)
    (start, start_ends), (each, each_ends) = cost_lines.cost(sizes, times, rule)
    even = cost_lines.break_even(sizes, serial, times, rule)
    return {"kind": "linear cost", "label": label, "results": indices, "unit": "chunks",
            "start_seconds": start, "start_interval": [start_ends.low, start_ends.high],
            "each_seconds": each, "each_interval": [each_ends.low, each_ends.high],
            "break_even": even and {"size": even[0], "interval": [even[1].low, even[1].high],
                                    "against": "serial"},
            "break_even_why": "" if even else cost_lines.why_no_break_even(sizes, serial, times, rule)}


def with_baseline(experiment: str, draw: Callable[[float], list[float]], seconds: float,
                  **fields: Any) -> list[Document]:
    """The serial baseline and its second part."""
    return [result(experiment, ("serial", ""), 1, draw(seconds), role=role,
                   **fields | {"label": fields.get("label", "serial") + suffix})
            for role, suffix in (("baseline", ""), ("baseline again", " again"))]


def headlines_of(documents: Sequence[Document]) -> Document:
    """A sentence for the best arm of each race's first group, judged together."""
    chosen = []
    for document in documents:
        results = document["results"]
        compared_ = [r for r in results if r["comparison"]]
        if not compared_:
            continue
        arm = max(compared_, key=lambda r: r["comparison"]["ratio"])
        chosen.append((document, results.index(arm), arm["comparison"]["baseline_result"]))
    pairs = [tuple(document["results"][i]["seconds"] for i in (base, arm))
             for document, arm, base in chosen]
    rules = [stats.rule_for(document, document["results"][arm]) for document, arm, _ in chosen]
    planned = all(rule.kind == stats.ANYTIME for rule in rules)
    choices = [sum(one["group"] == document["results"][arm]["group"] and one["role"] == "arm"
                   for one in document["results"]) for document, arm, _ in chosen]
    levels = ([rule.alpha / (len(chosen) * count) for rule, count in zip(rules, choices)]
              if planned else stats.holm_levels(pairs, rules))
    headlines = []
    for (document, arm, base), rule, level, count in zip(chosen, rules, levels, choices):
        results = document["results"]
        part = compared(results, base, arm, rule.at(level))
        gate = next(g for g in document["gates"] if g["group"] == results[arm]["group"])
        low, high = (math.nan if end is None else end for end in part["interval"])
        if rule.kind == stats.FIXED and not gate["ok"]:
            part["verdict"] = "too noisy"
        headlines.append({
            "sentence": f"{results[arm]['label']} is {part['ratio']:.2f}x "
                        f"[{low:.2f}, {high:.2f}] {results[base]['label']}".replace("nan", "?"),
            "result": arm, "against": base, "file": f"{document['run']['name']}.json",
            **({"choices": count} if planned else {}),
            **{key: part[key] for key in ("ratio", "interval", "confidence", "verdict")}})
    return {"schema": "parlab/1-headlines", "alpha": ALPHA, "headlines": headlines,
            **({"sentences": len(chosen)} if planned else {})}


def ports_file() -> Document:
    """Loops that are near the bound, and one that is not."""
    rows = [("julia, a step", "AVX2", 0.75, 0.754, 0.985), ("julia, a step", "AVX3", 0.812, 0.813, 0.865),
            ("primality, a number", "AVX2", 523.0, 819.0, 1098.3), ("primality, a number", "AVX3", 403.0, 391.0, 616.0)]
    names = ("loop", "level", "bound", "simulated", "measured")
    return {"schema": "parlab/1-ports", "llvm": "LLVM version 19.1.7", "clock_hertz": 3.658e9,
            "rows": [dict(zip(names, row)) | {"model": "znver4", "quartiles": None} for row in rows]}


def micro_file() -> Document:
    """Google Benchmark's JSON with two repetitions of each benchmark, and one that failed."""
    row = {"run_type": "iteration", "time_unit": "ns", "iterations": 1000, "cpu_time": 3.0}
    names = [f"dispatch/{backend}/workers:2/chunks:{chunks}/real_time"
             for backend in ("serial", "tbb:auto") for chunks in (1, 64)]
    names += ["sieve/count/0/1000", "sieve/list/1e8"]
    return {"context": {"library_build_type": "debug"}, "benchmarks": [
        *({"name": name, "real_time": 3.25 * (1 + place) ** 5 + again, **row}
          for again in (0.0, 0.5) for place, name in enumerate(names)),
        {"name": "dispatch/absent/1", "error_occurred": True, "error_message": "no such backend"}]}
