#!/usr/bin/env python3
"""How near the inner loops of the kernels come to what the processor's ports allow.

The loops are taken out of the built objects, as the compiler made them, for AVX2 and AVX-512. llvm-mca models
what one iteration takes at least, from the ports that its instructions need (bound), and what it takes with
their latencies (simulated). parlab-micro times the same loops in the first cache and beside them a chain of
additions, a cycle each, which tells the clock: so nanoseconds become cycles without counters of the processor.

    experiments/micro/ports_bound.py                          # measures and prints the table
    experiments/micro/ports_bound.py --cpu znver4,znver5      # bounds for several models, measured here
    experiments/micro/ports_bound.py --results reports/out/micro.json --json ports.json   # as `make report` does
    experiments/micro/ports_bound.py --show julia:AVX3        # that loop's instructions, for llvm-mca by hand
    build/parlab-micro --benchmark_filter=^loop/ --benchmark_repetitions=15 --benchmark_enable_random_interleaving=true \\
      --benchmark_format=json >loops.json && experiments/micro/ports_bound.py --results loops.json

Exit status: 0 done, 1 a program failed or a loop was not found, 2 usage.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
VECTOR_BYTES = {"AVX2": 32, "AVX3": 64}
HALVES = ("znver4",)
LIMIT = 1.25  # as in reports/report/tables/ports_table.py: above it a ratio is bold, and README.md says why


@dataclass(frozen=True)
class Part:
    """A loop in an object: `function` is its name with LEVEL in it, `has` what some instruction must match."""

    source: str
    function: str
    has: str = ""
    lacks: str = "vmovnt"


@dataclass(frozen=True)
class Loop:
    """`items` that an iteration has of a part: as many for each instruction that `counted` matches, or, where it is
    empty, of an iteration. The sum over the parts is what an item takes."""

    name: str
    unit: str
    parts: tuple[Part, ...]
    items: dict[str, tuple[float, ...]]
    counted: str = ""  # unrolled as the compiler likes

    def items_in(self, body: list[str], level: str, part: int) -> float:
        """Of an iteration."""
        items = self.items[level][part]
        return items * sum(bool(re.search(self.counted, text)) for text in body) if self.counted else items


def _by_bytes(*items: float) -> dict[str, tuple[float, ...]]:
    """So many items for each byte of a vector."""
    return {level: tuple(each * size for each in items) for level, size in VECTOR_BYTES.items()}


STORE = r"mov\w+ +%[yz]mm\d+,[^(]*\((?!%rsp)"  # but for what is spilled

# Lanes of 64 bits are bytes / 8; vectors in flight are 4 at AVX-512 and 2 at AVX2 where the kernel says so.
LOOPS = (
    Loop("philox", "dart", (Part("darts/monte_carlo_simd", "N_LEVEL::count_whole_groups"),),
         {"AVX2": (4 * 2 * 2,), "AVX3": (8 * 4 * 2,)}),
    Loop("philox53", "dart", (Part("darts/monte_carlo_53", "N_LEVEL::count_blocks"),),
         {"AVX2": (4 * 2,), "AVX3": (8 * 4,)}),
    Loop("ars", "dart", (Part("darts/ars_instructions", "count_by_AES|generate_by_AES<.*Outside", "aesenc"),),
         {"AVX2": (16,), "AVX3": (64,)}),
    Loop("ars53", "dart", (Part("darts/ars_instructions", "count_53_by_AES|generate_by_AES<.*Inside", "aesenc"),),
         {"AVX2": (8,), "AVX3": (32,)}),
    Loop("julia", "step", (Part("julia/julia_simd", "N_LEVEL::count_steps", "vmulpd"),), _by_bytes(1 / 8), r"vcmp\w+pd"),
    Loop("diffusion", "cell", (Part("diffusion/diffusion_simd", "N_LEVEL::sweep_simd|N_LEVEL::.*sweep_rows<4"),),
         _by_bytes(1 / 8), STORE),
    Loop("factor", "divisor", (Part("factors/factor_search_vector", "N_LEVEL::.*search_(line|by_lines)", "vpmullw"),),
         _by_bytes(1 / 2), "vpmullw"),
    # 60 squarings, for 4 of 64 bits are a shift, and 64 steps; 4 and 3 vectors of numbers.
    Loop("primality", "number", (Part("primality/primality_batch", "N_LEVEL::test_base_2", "vpmul"),
                                 Part("primality/primality_batch", "N_LEVEL::test_lucas", "vpmul")),
         _by_bytes(4 / 8 / 60, 3 / 8 / 64)),
    Loop("sieve_patterns", "byte", (Part("sieve/sieve_bytes", "N_LEVEL::and_all", "vpand"),), _by_bytes(1), STORE),
    Loop("sieve_bits", "byte", (Part("sieve/sieve_bytes", "N_LEVEL::count_all", "vpshufb"),), _by_bytes(1 / 2), "vpshufb"),
    Loop("sieve_crossing", "multiple", (Part("sieve/cross_off", r"whole_periods<0", "andb"),),
         {"AVX2": (1,), "AVX3": (1,)}, "andb"),
)


class Failed(Exception):
    """A program that failed, or a loop that is not there: one line."""


def run(*words: str, text: str | None = None) -> str:
    """What a program prints."""
    try:
        done = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
    except OSError as error:
        hint = "; Debian has it in llvm-19" if "llvm-mca" in words[0] else ""
        raise Failed(f"{words[0]}: {error.strerror}{hint}") from error
    if done.returncode != 0:
        raise Failed(f"{words[0]} ended with {done.returncode}: {said_first(done.stderr)}")
    return done.stdout


def said_first(text: str) -> str:
    """The error, not what explains it."""
    lines = text.strip().splitlines() or ["nothing said"]
    return next((line for line in lines if "error" in line.lower()), lines[-1])


def functions_of(listing: str) -> dict[str, list[tuple[int, str]]]:
    """Name to (address, instruction) of each function that objdump lists."""
    functions: dict[str, list[tuple[int, str]]] = {}
    code: list[tuple[int, str]] = []
    for line in listing.splitlines():
        if head := re.match(r"[0-9a-f]+ <(.*)>:$", line):
            code = functions.setdefault(head[1], [])
        elif found := re.match(r"\s+([0-9a-f]+):\t(.*)", line):
            code.append((int(found[1], 16), re.sub(r"\s+(#|<).*", "", found[2]).strip()))
    return functions


def innermost_loops(code: list[tuple[int, str]]) -> list[list[str]]:
    """The bodies of loops that have none within: from the target of a jump back to the jump."""
    places = {address: index for index, (address, _) in enumerate(code)}
    spans = []
    for end, (address, text) in enumerate(code):
        jump = re.match(r"j\w+\s+([0-9a-f]+)$", text)
        if jump and int(jump[1], 16) <= address and int(jump[1], 16) in places:
            spans.append((places[int(jump[1], 16)], end))
    inner = [one for one in spans
             if not any(one != other and one[0] <= other[0] and other[1] <= one[1] for other in spans)]
    return [[text for _, text in code[begin:end + 1] if not re.match(r"(data16|cs|nop|xchg\s+%ax,%ax)", text)]
            for begin, end in inner]


def loop_of(part: Part, level: str, build: Path) -> list[str]:
    """The longest innermost loop of the part's function that is of the right kind."""
    target = build / "kernels/CMakeFiles/parlab_kernels.dir/numerics" / (part.source + ".cpp.o")
    if not target.exists():
        raise Failed(f"{target} is not there: build parlab-micro first, or name the build by --build")
    name = part.function.replace("LEVEL", level).replace("AES", "vaes" if level == "AVX3" else "aes")
    loops = [body for function, code in functions_of(run("objdump", "-d", "-C", "--no-show-raw-insn", str(target))).items()
             if re.search(name, function) for body in innermost_loops(code)
             if any(re.search(part.has, text) for text in body) and not any(re.search(part.lacks, text) for text in body)]
    if not loops:
        raise Failed(f"no loop of {name} in {target}")
    return max(loops, key=len)


def in_halves(body: list[str]) -> list[str]:
    """With each instruction on 512 bits as two on 256: Zen 4 has ports that wide and sends both halves through one,
    which llvm-mca's model leaves out for many instructions."""
    halves: list[str] = []
    for line in body:
        splits = "%zmm" in line and "%ymm" not in line and "%xmm" not in line
        halves += [line.replace("%zmm", "%ymm")] * 2 if splits else [line]
    return halves


def simulate(body: list[str], mca: str, cpu: str) -> tuple[float, float]:
    """Cycles an iteration takes by the busiest port, by all vector ports together, or by what is decoded; and in a
    simulation of many."""
    iterations = 400
    text = "\n".join(re.sub(r"^(j\w+)\s.*", r"\1 0", line) for line in body) + "\n"
    said = run(mca, "-mtriple=x86_64", f"-mcpu={cpu}", f"-iterations={iterations}", "-json", text=text)
    try:
        document = json.loads(said[said.index("{"):])
        region, names = document["CodeRegions"][0], document["TargetInfo"]["Resources"]
    except (ValueError, LookupError, TypeError) as error:
        raise Failed(f"{mca} -json says nothing of a region: is it llvm-mca?") from error
    ports = [i for i, name in enumerate(names) if re.fullmatch(r"Zn\dFP[0-3]", name)]
    uses = sum(use["ResourceUsage"] for use in region["ResourcePressureView"]["ResourcePressureInfo"]
               if use["ResourceIndex"] in ports and use["InstructionIndex"] < len(body))
    summary = region["SummaryView"]
    together = uses / len(ports) if ports else 0.0
    return max(summary["BlockRThroughput"], together), summary["TotalCycles"] / iterations


def modelled(body: list[str], mca: str, cpu: str) -> tuple[float, float]:
    """Cycles an iteration takes at least by its ports, and by the simulation, which knows latencies."""
    bound, simulated = simulate(body, mca, cpu)
    if cpu in HALVES and any("%zmm" in line for line in body):
        bound = max(bound, simulate(in_halves(body), mca, cpu)[0])
    return bound, simulated


def rates_in(document: object) -> Iterator[tuple[str, float]]:
    """Name and items a second of each loop that ran, in the JSON of Google Benchmark."""
    rows = document.get("benchmarks") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise Failed("the results are not what parlab-micro --benchmark_format=json writes")
    for row in rows:
        if not isinstance(row, dict) or row.get("run_type") != "iteration" or row.get("error_occurred"):
            continue
        name, rate = row.get("run_name"), row.get("items_per_second")
        if not isinstance(name, str) or not name.startswith("loop/"):
            continue
        if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 < rate < math.inf:
            raise Failed(f"the results' items_per_second of {name} is {rate!r}, no rate")
        yield name, float(rate)


def measured(build: Path, repetitions: int, file: Path | None) -> tuple[float, dict[str, list[float]]]:
    """The clock in hertz; cycles per item, one a repetition, of each loop that parlab-micro has."""
    if file:
        text = file.read_text(encoding="utf-8")
    else:
        text = run(str(build / "parlab-micro"), "--benchmark_filter=^loop/", "--benchmark_format=json",
                   f"--benchmark_repetitions={repetitions}", "--benchmark_enable_random_interleaving=true",
                   "--benchmark_min_time=0.02")
    rates: dict[str, list[float]] = {}
    for name, rate in rates_in(json.loads(text)):
        rates.setdefault(name.removeprefix("loop/"), []).append(rate)
    clocks = rates.pop("clock", [])
    if not clocks:
        raise Failed("the results hold no loop/clock: run parlab-micro as --help says")
    clock = statistics.median(clocks)
    return clock, {name: [clock / rate for rate in each] for name, each in rates.items()}


@dataclass(frozen=True)
class Row:
    """What an item of a loop takes, in cycles."""

    loop: str  # "julia, a step"
    level: str
    model: str
    bound: float
    simulated: float
    measured: float
    quartiles: tuple[float, float] | None  # None of one repetition


def rows_of(cycles: dict[str, list[float]], arguments: argparse.Namespace) -> Iterator[Row]:
    """One for each loop, level and model."""
    for loop in LOOPS:
        for level in VECTOR_BYTES:
            each = next((cycles[name] for name in cycles if name.startswith(f"{loop.name}:{level}")), None)
            if each is None:
                continue  # not on this processor
            low, middle, high = statistics.quantiles(each, n=4, method="inclusive") if len(each) > 1 else each * 3
            for cpu in arguments.cpu.split(","):
                bound = simulated = 0.0
                for number, part in enumerate(loop.parts):
                    body = loop_of(part, level, arguments.build)
                    least, likely = modelled(body, arguments.mca, cpu)
                    items = loop.items_in(body, level, number)
                    bound, simulated = bound + least / items, simulated + likely / items
                yield Row(f"{loop.name}, a {loop.unit}", level, cpu, bound, simulated, middle,
                          (low, high) if len(each) > 1 else None)


def digits(cycles: float) -> str:
    """Three of them, without an exponent."""
    return f"{cycles:.3g}" if cycles < 999.5 else f"{cycles:.0f}"


def show(rows: Iterator[Row]) -> None:
    """As a table."""
    print("| loop | level | model | bound | simulated | measured | quartiles | ratio |")
    print("|---|---|---|--:|--:|--:|--:|--:|")
    for row in rows:
        ratio = row.measured / row.bound
        mark = "**" if ratio > LIMIT else ""
        quartiles = " to ".join(map(digits, row.quartiles)) if row.quartiles else "–"
        print(f"| {row.loop} | {row.level} | {row.model} | {digits(row.bound)} | {digits(row.simulated)} "
              f"| {digits(row.measured)} | {quartiles} | {mark}{ratio:.2f}{mark} |")


def own_model(mca: str) -> str:
    """The model of this processor."""
    host = re.search(r"Host CPU: (\S+)", run(mca, "--version"))
    if not host or host[1].startswith(("generic", "x86-64", "(")):
        raise Failed(f"{mca} does not know this processor: name the nearest model by --cpu, as in --cpu znver4")
    return host[1]


def newest_mca() -> str:
    """llvm-mca of the highest version: later ones know more processors."""
    found = [(int(program.name.rpartition("-")[2]), str(program)) for folder in os.get_exec_path()
             for program in Path(folder).glob("llvm-mca-*") if program.name.rpartition("-")[2].isdigit()]
    return max(found)[1] if found else "llvm-mca"


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=PROJECT / "build", help="folder of the build [build]")
    parser.add_argument("--cpu", help="models of llvm-mca, a list [this processor's]")
    parser.add_argument("--mca", help="llvm-mca [its highest version]")
    parser.add_argument("--repetitions", type=int, default=9, help="of each loop, interleaved [9]")
    parser.add_argument("--results", type=Path, help="JSON of parlab-micro, instead of measuring")
    parser.add_argument("--json", type=Path, help="write the rows here instead, as the report reads them")
    parser.add_argument("--show", metavar="LOOP:LEVEL", help="print a loop's instructions and end")
    arguments = parser.parse_args()
    if arguments.cpu is not None and not all(arguments.cpu.split(",")):
        parser.error("--cpu: models by name, with commas between, as in znver4,znver5")
    if arguments.json and arguments.cpu and "," in arguments.cpu:
        parser.error("--json: for one model; name one by --cpu")
    if arguments.repetitions < 2:
        parser.error("--repetitions: at least 2, for quartiles")
    try:
        if arguments.show:
            name, _, level = arguments.show.partition(":")
            chosen = next((loop for loop in LOOPS if loop.name == name), None)
            if chosen is None or level not in VECTOR_BYTES:
                parser.error(f"--show: no '{arguments.show}'; name one of {', '.join(loop.name for loop in LOOPS)}, "
                             f"then :{' or :'.join(VECTOR_BYTES)}")
            for part in chosen.parts:
                print("\n".join(loop_of(part, level, arguments.build)))
            return 0
        arguments.mca = arguments.mca or newest_mca()
        version = re.search(r"LLVM version.*", run(arguments.mca, "--version"))
        if not version:
            raise Failed(f"{arguments.mca} is not llvm-mca")
        arguments.cpu = arguments.cpu or own_model(arguments.mca)
        clock, cycles = measured(arguments.build, arguments.repetitions, arguments.results)
        if arguments.json:
            rows = [asdict(row) for row in rows_of(cycles, arguments)]
            if not rows:
                raise Failed("the results hold no loop at AVX2 or AVX-512")
            document = {"schema": "parlab/1-ports", "llvm": version[0].strip(), "clock_hertz": clock, "rows": rows}
            partial = arguments.json.with_name(arguments.json.name + ".partial")
            partial.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
            partial.replace(arguments.json)  # whole, or not at all
            return 0
        print(f"By llvm-mca of {version[0].strip()}. The clock: {clock / 1e9:.2f} GHz, timed among the loops.\n")
        show(rows_of(cycles, arguments))
    except (Failed, OSError, ValueError) as failed:
        print(f"ports_bound.py: {failed}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
