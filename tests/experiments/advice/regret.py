"""Holds `parlab advise` to the truth: made-up loops of several shapes and lengths, the advised arm of each, and its
time against the best arm of a longer race of all arms. Prints a line per loop and the distribution of the loss.

Usage: python3 tests/experiments/advice/regret.py PARLAB [--loops N] [--budget 20s] [--rounds 11] [--json FILE]

Takes a quiet machine and about a minute per loop; no test runs it, because a test must not depend on times.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

# What advise and the race of all arms choose among: one of each kind that has plain code.
BACKENDS = "openmp:static,openmp:dynamic,openmp:guided,tbb:auto,tbb:static,stdpar,threads:static,threads:dynamic"
CHUNKS_PER_WORKER = (1, 4, 16, 64, 256, 1024)

# Steps of index i of n where `mean` are the average.
SHAPES = {
    "even": "mean",
    "trending": "2 * mean * i / n",
    "clustered": "i % n < n / 16 ? 16 * mean : 0",
    "heavy tail": "tail(i, mean)",
}

COMPUTE = """
constexpr std::uint64_t size = {size};
constexpr std::uint64_t n = size, mean = {mean};
inline std::uint64_t mixed(std::uint64_t i) {{
  i = (i ^ (i >> 31)) * 0x9E3779B97F4A7C15;
  return i ^ (i >> 29);
}}
/// Pareto, of exponent 1.5: the mean is 3 times the least.
inline std::uint64_t tail(std::uint64_t i, std::uint64_t average) {{
  const double u = (static_cast<double>(mixed(i) >> 11) + 1) * 0x1p-53;
  return static_cast<std::uint64_t>(std::min(static_cast<double>(average) / 3 * std::pow(u, -1 / 1.5), 1e4 * average));
}}
std::uint64_t kernel(std::uint64_t begin, std::uint64_t end) {{
  std::uint64_t sum = 0;
  for (std::uint64_t i = begin; i < end; ++i) {{
    std::uint64_t x = i | 1;
    for (std::uint64_t left = {steps}; left > 0; --left) x = x * 6364136223846793005 + 1442695040888963407;
    sum += x >> 32;
  }}
  return sum;
}}
"""

MEMORY = """
constexpr std::uint64_t size = {size};
parlab::array<double> x(size, [](std::uint64_t i) {{ return 1.0 / (i + 1); }}), y(size);
void kernel(std::uint64_t begin, std::uint64_t end) {{
  for (std::uint64_t i = begin; i < end; ++i) y[i] = 2 * x[i] + 1;
}}
"""


def loops() -> list[tuple[str, str]]:
    """Name and text of 30 kernels: 4 shapes from some 100 ns to 100 ms, at about 1 ns a step, and 2 bound by memory."""
    made = []
    for exponent in range(-7, 0):
        steps = round(10 ** (exponent + 9))
        size = max(16, min(steps // 20, 100_000))
        for shape, text in SHAPES.items():
            made.append((f"{shape} 1e{exponent} s",
                         COMPUTE.format(size=size, mean=max(steps // size, 1), steps=text)))
    for size in (1 << 16, 1 << 22):
        made.append((f"memory {size}", MEMORY.format(size=size)))
    return made


def parlab(program: str, *words: str) -> None:
    ended = subprocess.run([program, *words], capture_output=True, text=True)
    if ended.returncode != 0:
        sys.exit(f"parlab {' '.join(words)}: {ended.returncode}\n{ended.stderr}")


def regret(program: str, folder: Path, text: str, options: argparse.Namespace) -> dict:
    """What the advised arm loses against the best of all, in one race."""
    (folder / "loop.hpp").write_text(text)
    parlab(program, "advise", str(folder / "loop.hpp"), "--backend", BACKENDS, "--budget", options.budget, "--quiet",
           "--json", str(folder / "advice.json"))
    advice = json.loads((folder / "advice.json").read_text())
    workers = advice["considered"][0]["workers"]
    chunks = ",".join(str(workers * each) for each in CHUNKS_PER_WORKER if workers * each <= advice["size"])
    parlab(program, "run", "own", "--kernel", str(folder / "loop.hpp"), "--backend", BACKENDS, "--workers", str(workers),
           "--chunks", chunks, "--rounds", options.rounds, "--quiet", "--json", str(folder / "truth.json"))
    truth = json.loads((folder / "truth.json").read_text())["results"]
    medians = {(arm["backend"], arm["schedule"], arm["workers"], arm["grain"] if arm["backend"] != "serial" else 0):
               statistics.median(arm["seconds"]) for arm in truth if arm["role"] != "baseline again"}
    choice = advice["choice"]
    key = (choice["backend"], choice["schedule"] or "", choice["workers"],
           choice["grain"] if choice["backend"] != "serial" else 0)
    if key not in medians:
        sys.exit(f"the race of all arms lacks {key}")
    best = min(medians, key=medians.__getitem__)
    promised = advice["against_serial"]["ratio"] if choice["backend"] != "serial" else 1.0
    serial = next(seconds for (backend, *_), seconds in medians.items() if backend == "serial")
    return {"choice": choice["label"], "best": " ".join(map(str, best)), "loss": medians[key] / medians[best] - 1,
            "promised": promised, "had": serial / medians[key]}


def main() -> None:
    parser = argparse.ArgumentParser(description="what advised arms lose against the best")
    parser.add_argument("program")
    parser.add_argument("--loops", type=int, default=0, help="every k-th loop, so many in all [all 30]")
    parser.add_argument("--budget", default="20s", help="of each advice")
    parser.add_argument("--rounds", default="11", help="of the race of all arms")
    parser.add_argument("--json", help="a file for all of it")
    options = parser.parse_args()
    chosen = loops()
    if options.loops:
        chosen = [chosen[i * len(chosen) // options.loops] for i in range(options.loops)]
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name, text in chosen:
            found.append({"loop": name} | regret(options.program, Path(folder), text, options))
            print("{loop:<20} advised {choice:<28} best {best:<28} loss {loss:6.1%}  promised {promised:.2f}x, "
                  "had {had:.2f}x".format(**found[-1]), flush=True)
    losses = sorted(one["loss"] for one in found)
    within = sum(loss <= 0.05 for loss in losses)
    print(f"\n{within} of {len(losses)} within 5 % of the best; loss: median {statistics.median(losses):.1%}, "
          f"max {losses[-1]:.1%}")
    if options.json:
        Path(options.json).write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
