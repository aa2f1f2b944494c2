"""What experiments/micro/ports_bound.py reads out of objdump and llvm-mca."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "experiments/micro/ports_bound.py"
specification = importlib.util.spec_from_file_location("ports_bound", SCRIPT)
assert specification and specification.loader
ports_bound = importlib.util.module_from_spec(specification)
sys.modules["ports_bound"] = ports_bound
specification.loader.exec_module(ports_bound)

LISTING = """
0000000000000000 <parlab::N_AVX2::work(int)>:
   0:\txor    %eax,%eax
   2:\tnopw   0x0(%rax,%rax,1)
   8:\tmov    %rsi,%rdx
   b:\tvpaddq %ymm0,%ymm1,%ymm1
   f:\tvmovdqa 0x0(%rip),%ymm2        # 17 <x>
  17:\tdec    %rdx
  1a:\tjne    b <parlab::N_AVX2::work(int)+0xb>
  1c:\tdec    %rdi
  1f:\tjne    8 <parlab::N_AVX2::work(int)+0x8>
  21:\tjmp    8000 <elsewhere>
  26:\tret

0000000000000030 <parlab::N_AVX3::work(int)>:
  30:\tvpaddq %zmm0,%zmm1,%zmm1
  36:\tja     30 <parlab::N_AVX3::work(int)>
"""


def test_the_innermost_loop_is_found_and_those_around_it_are_not() -> None:
    functions = ports_bound.functions_of(LISTING)
    assert list(functions) == ["parlab::N_AVX2::work(int)", "parlab::N_AVX3::work(int)"]
    assert ports_bound.innermost_loops(functions["parlab::N_AVX2::work(int)"]) == [
        ["vpaddq %ymm0,%ymm1,%ymm1", "vmovdqa 0x0(%rip),%ymm2", "dec    %rdx", "jne    b"]]
    assert ports_bound.innermost_loops(functions["parlab::N_AVX3::work(int)"]) == [
        ["vpaddq %zmm0,%zmm1,%zmm1", "ja     30"]]


def test_a_function_without_a_jump_back_has_no_loop() -> None:
    assert ports_bound.innermost_loops([(0, "jne    8"), (2, "ret"), (8, "ret")]) == []


def test_halves_are_made_of_512_bits_only() -> None:
    assert ports_bound.in_halves(["vpaddq %zmm0,%zmm1,%zmm2", "vpmovqd %zmm0,%ymm1", "add $1,%rax"]) == [
        "vpaddq %ymm0,%ymm1,%ymm2", "vpaddq %ymm0,%ymm1,%ymm2", "vpmovqd %zmm0,%ymm1", "add $1,%rax"]


def test_items_are_counted_by_instructions_but_for_spills() -> None:
    loop = next(loop for loop in ports_bound.LOOPS if loop.name == "diffusion")
    body = ["vmovapd %zmm3,(%rax,%rcx,8)", "vmovapd %zmm3,0x40(%rsp)", "vmovapd (%rax),%zmm3", "vmovupd %zmm1,0x8(%rdx)"]
    assert loop.items_in(body, "AVX3", 0) == 2 * 8
    assert loop.items_in(body, "AVX2", 0) == 2 * 4


def test_every_loop_has_items_of_each_part_at_each_level() -> None:
    for loop in ports_bound.LOOPS:
        for level in ports_bound.VECTOR_BYTES:
            assert len(loop.items[level]) == len(loop.parts) and min(loop.items[level]) > 0


def said_by(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(SCRIPT), *words], capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("words, code, cause", [
    (("--show", "pie:AVX2"), 2, "no 'pie:AVX2'"),
    (("--show", "julia"), 2, "no 'julia'"),
    (("--repetitions", "1"), 2, "at least 2"),
    (("--cpu", "znver4,"), 2, "models by name"),
    (("--cpu", "znver4,znver5", "--json", "/nowhere/x"), 2, "for one model"),
    (("--show", "julia:AVX2", "--build", "/nowhere"), 1, "build parlab-micro first"),
    (("--mca", "/nowhere/llvm-mca"), 1, "Debian has it in"),
])
def test_bad_input_is_told(words: tuple[str, ...], code: int, cause: str) -> None:
    done = said_by(*words)
    assert done.returncode == code and cause in done.stderr and "Traceback" not in done.stderr
    assert done.stdout == ""


def test_another_program_is_not_taken_for_llvm_mca(tmp_path: Path) -> None:
    results = tmp_path / "loops.json"
    results.write_text(json.dumps({"benchmarks": []}), encoding="utf-8")
    done = said_by("--results", str(results), "--mca", "true")
    assert done.returncode == 1 and done.stderr == "ports_bound.py: true is not llvm-mca\n"


def test_results_without_a_clock_are_refused(tmp_path: Path) -> None:
    results = tmp_path / "loops.json"
    results.write_text(json.dumps({"benchmarks": []}), encoding="utf-8")
    with pytest.raises(ports_bound.Failed, match="hold no loop/clock"):
        ports_bound.measured(tmp_path, 9, results)


def loop(name: str, rate: object) -> dict[str, object]:
    return {"run_type": "iteration", "run_name": f"loop/{name}", "items_per_second": rate}


def test_loops_are_read_out_of_all_that_parlab_micro_measures(tmp_path: Path) -> None:
    results = tmp_path / "micro.json"
    rows = [{"run_type": "iteration", "run_name": "flag/Value", "real_time": 1.0}, loop("clock", 4e9), loop("julia:AVX2", 2e9),
            loop("julia:AVX2", 1e9), {"run_type": "aggregate", "run_name": "loop/julia:AVX2", "items_per_second": 7.0},
            {"run_name": "loop/factor:AVX2", "run_type": "iteration", "error_occurred": True}]
    results.write_text(json.dumps({"benchmarks": rows}), encoding="utf-8")
    assert ports_bound.measured(tmp_path, 9, results) == (4e9, {"julia:AVX2": [2.0, 4.0]})


@pytest.mark.parametrize("text", ["", "[]", "null", "3", '{"benchmarks": null}', '{"benchmarks": [1]}', "\udcff",
                                  *(json.dumps({"benchmarks": [loop("clock", rate)]})
                                    for rate in (0, -3e9, None, "x", True, float("nan"), float("inf"))),
                                  json.dumps({"benchmarks": [loop("clock", 3e9)]})])
def test_bad_results_are_told_in_one_line_and_nothing_is_written(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    fake = tmp_path / "llvm-mca"
    fake.write_text("#!/bin/sh\necho 'LLVM version 19'; echo '  Host CPU: znver4'\n", encoding="utf-8")
    fake.chmod(0o755)
    done = said_by("--results", str(tmp_path / "bad.json"), "--mca", str(fake), "--json", str(tmp_path / "out.json"))
    assert done.returncode == 1 and done.stderr.startswith("ports_bound.py: ") and done.stderr.count("\n") == 1, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"bad.json", "llvm-mca"}
