"""The library itself: found or refused on import, and never crashing whatever is passed to it."""

from __future__ import annotations

import ctypes
import os
import platform
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import parlab
import pytest
from parlab.library import RELEASING, SIGNATURES, Array

FUZZ = """
import sys
sys.path.insert(0, {package!r})
sys.path.insert(0, {tests!r})
import test_library
test_library.fuzz({seed}, {calls})
print("no crash")
"""


def import_with(package: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", "import parlab"], capture_output=True, text=True,
                          timeout=100, env={**os.environ, "PYTHONPATH": str(package), **environment})


def test_a_missing_library_says_what_to_do(build: Path, tmp_path: Path) -> None:
    done = import_with(build / "python", PARLAB_LIBRARY=str(tmp_path / "none.so"))
    assert done.returncode == 1 and "ImportError: PARLAB_LIBRARY names" in done.stderr
    (tmp_path / "text.so").write_text("no library")
    done = import_with(build / "python", PARLAB_LIBRARY=str(tmp_path / "text.so"))
    assert done.returncode == 1 and "run `make` in parlab's folder" in done.stderr


def test_a_library_of_another_version_is_refused(build: Path, tmp_path: Path) -> None:
    source = tmp_path / "other.c"
    source.write_text("unsigned parlab_abi_version(void) { return 7; }\n")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / "other.so", source], check=True,
                   timeout=100)
    done = import_with(build / "python", PARLAB_LIBRARY=str(tmp_path / "other.so"))
    assert done.returncode == 1 and "has ABI version 7, this package needs 1" in done.stderr


# ---- random arguments -------------------------------------------------------------------------

NUMBERS = (0, 1, 2, 3, 7, 64, 1000, 2**31 - 1, 2**32, 2**63, 2**64 - 1)
NAMES = (None, b"", b"simd", b"scalar", b"tiled", b"periodic", b"sieve", b"trial", b"nothing", b"\xff\xfe", b"x" * 5000)
WORKING = np.zeros(4096, np.uint64)  # 32 KiB: what all arrays with data point to


def any_array(draw: random.Random) -> Array | None:
    """A description that is right, or wrong in some way; what is right lies in WORKING."""
    if draw.random() < 0.05:
        return None
    dtype = draw.choice((1, 2, 3, 4, 4, 0, -1, 99))
    size = {1: 8, 2: 8, 3: 4, 4: 1}.get(dtype, 8)
    dimensions = draw.choice((1, 2, 2, 0, 3, -1, 2**31 - 1))
    shape = [draw.choice((0, 1, 2, 5, 16)) for _ in range(4)]
    strides = [512, size, 1, 1] if dimensions == 2 else [size, size, size, size]
    data = WORKING.ctypes.data + draw.choice((0, 0, 0, 8, 16384))
    wrong = draw.randrange(10)
    if wrong == 0:
        shape[draw.randrange(2)] = draw.choice((-1, -2**63))
    elif wrong == 1:
        strides[draw.randrange(2)] = draw.choice((-8, 0, 3, -2**63, 2**63 - 1))
        shape = [2, 2, 2, 2]
    elif wrong == 2:
        data = None
    elif wrong == 3:
        data += 3
        shape = [min(side, 4) for side in shape]
    numbers = ctypes.c_int64 * 4
    array = Array(data, dtype, dimensions, numbers(*shape), numbers(*strides),
                  draw.choice((0, 1, 1, 1)), 0)
    if wrong == 4:
        array.shape = None
    return array


def any_argument(kind: object, draw: random.Random, handle: ctypes.c_void_p) -> object:
    if kind is ctypes.c_void_p:
        return draw.choice((handle, handle, handle, handle, None))
    if kind is ctypes.c_char_p:
        return draw.choice(NAMES)
    if kind is ctypes.c_double:
        return draw.choice((0.0, 0.1, -1.8, 1e308, -1e308, float("nan"), float("inf"), 5e-324))
    if kind is ctypes.c_uint32:
        return draw.choice((0, 1, 300))
    if kind is ctypes.c_int32:
        return draw.choice((0, 1, 8, 64, 65, -1, -2**31, 2**31 - 1))
    if kind is ctypes.c_uint64:
        return draw.choice(NUMBERS)
    if kind == ctypes.POINTER(Array):
        array = any_array(draw)
        return None if array is None else ctypes.byref(array)
    return draw.choice((ctypes.byref(ctypes.c_uint64()), ctypes.byref(ctypes.c_uint64()), None))


def is_short(name: str, arguments: list[object]) -> bool:
    """Whether a call that is all right would end soon: a prime near 2**64 alone takes seconds."""
    numbers = [value for value in arguments if isinstance(value, int)]
    if name == "parlab_pi":
        return numbers[0] <= 2**20 and not (0 < numbers[2] < 1000 < numbers[0])
    if name in ("parlab_count_primes", "parlab_list_primes"):
        return numbers[1] < numbers[0] or (numbers[1] <= 2**31 and numbers[1] - numbers[0] <= 2**20)
    if name == "parlab_smallest_factor":
        return numbers[0] <= 2**32
    if name.startswith("parlab_diffusion"):
        return numbers[0] <= 1000
    return True


def fuzz(seed: int, calls: int) -> None:
    """Random calls on random backends; each must return a status, with a message where it is not 0."""
    draw = random.Random(seed)
    handles = []
    for backend in (b"serial", b"threads:dynamic"):
        handle = ctypes.c_void_p()
        assert RELEASING.parlab_backend_open(backend, 0, ctypes.byref(handle)) == 0
        handles.append(handle)
    kinds = {name: kinds for name, kinds in SIGNATURES.items() if name != "parlab_backend_open"}
    made = 0
    seen = set()
    while made < calls:
        name = draw.choice(sorted(kinds))
        arguments = [any_argument(kind, draw, draw.choice(handles)) for kind in kinds[name]]
        if not is_short(name, arguments):
            continue
        status = getattr(RELEASING, name)(*arguments)
        seen.add(status)
        assert status in (0, 1, 2, 3), (name, arguments, status)
        if status:
            message = RELEASING.parlab_last_error()
            assert message and b"\n" not in message, (name, message)
        made += 1
    for name in NAMES:
        handle = ctypes.c_void_p()
        assert RELEASING.parlab_backend_open(name, draw.choice((-1, 0, 4097, 2**31 - 1)),
                                             ctypes.byref(handle)) in (1, 2, 3)
    assert seen >= {0, 1}, "some calls must have been right, and some refused"


@pytest.mark.parametrize("seed", range(3))
def test_random_arguments_never_crash(seed: int, build: Path) -> None:
    program = FUZZ.format(package=str(build / "python"), tests=str(Path(__file__).parent), seed=seed,
                          calls=1500)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=280)
    assert done.returncode == 0 and "no crash" in done.stdout, (done.returncode, done.stderr[-2000:])


def test_kernels_never_crash_on_random_numpy_arrays() -> None:
    draw = random.Random(11)
    refused = 0
    for _ in range(400):
        shape = tuple(draw.choice((0, 1, 2, 3, 17)) for _ in range(draw.choice((0, 1, 2, 2, 2, 3))))
        array = np.zeros(shape, draw.choice(("f8", "f8", "f8", "u8", "u4", "u1", "f4", "i8", "O", "?", ">f8")))
        if draw.random() < 0.4 and array.ndim:
            array = draw.choice((array.T, array[::-1], array[..., ::2], array[1:]))
        for kernel in (lambda: parlab.diffusion(array, 2), lambda: parlab.julia(out=array),
                       lambda: parlab.is_prime(array)):
            try:
                kernel()
            except parlab.Error:
                refused += 1
    assert refused > 100


def with_simd(build: Path, level: str, code: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", "import parlab\n" + code], capture_output=True, text=True,
                          timeout=100, env={**os.environ, "PYTHONPATH": str(build / "python"),
                                            "PARLAB_SIMD": level})


@pytest.mark.skipif(platform.machine() != "x86_64", reason="SSSE3 is a level of x86-64")
def test_a_simd_level_is_taken_from_the_environment(build: Path) -> None:
    done = with_simd(build, "ssse3", "print(parlab.simd_level(), parlab.count_primes(0, 1e5))")
    assert done.stdout.split() == ["SSSE3", "9592"], done.stderr


def test_a_simd_level_that_is_none_is_refused_with_the_list(build: Path) -> None:
    done = with_simd(build, "avx99", "try: parlab.pi(10)\nexcept ValueError as error: print(error)")
    assert "PARLAB_SIMD" in done.stdout and "'avx99'" in done.stdout and parlab.simd_level() in done.stdout


# ---- how many workers all cores are -------------------------------------------------------------

COUNT = """import ctypes, json, os, subprocess, sys
mask = json.loads(sys.argv[2])
if mask: os.sched_setaffinity(0, mask)
from parlab.library import RELEASING
handle = ctypes.c_void_p()
assert RELEASING.parlab_backend_open(b"threads", 0, ctypes.byref(handle)) == 0
listed = subprocess.run([sys.argv[1], "list", "--json"], capture_output=True, check=True).stdout
print(RELEASING.parlab_backend_workers(handle), json.loads(listed)["usable_cores"])"""


def workers_of_all_cores(build: Path, mask: list[int], *prefix: str) -> list[int]:
    """What the library takes for all cores, and what the program says, in a process with that mask."""
    done = subprocess.run([*prefix, sys.executable, "-c", COUNT, str(build / "parlab"), str(mask)], capture_output=True,
                          text=True, timeout=100, env={**os.environ, "PYTHONPATH": str(build / "python")})
    assert done.returncode == 0, done.stderr
    return [int(word) for word in done.stdout.split()]


def test_all_cores_are_those_of_the_mask_for_library_and_program_alike(build: Path) -> None:
    allowed = sorted(os.sched_getaffinity(0))
    library, program = workers_of_all_cores(build, [])
    assert library == program <= len(allowed)
    assert workers_of_all_cores(build, allowed[-1:]) == [1, 1]


@pytest.mark.parametrize("quota, cores", [("50000", 1), ("150000", 1), ("max", None)])
def test_all_cores_are_those_that_a_container_pays_for(build: Path, quota: str, cores: int | None) -> None:
    group = Path(f"/sys/fs/cgroup/parlab-test-{os.getpid()}")
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no group can be made: {error}")
    try:
        if not (group / "cpu.max").exists():
            pytest.skip("no cpu controller")
        (group / "cpu.max").write_text(f"{quota} 100000")
        expected = cores or workers_of_all_cores(build, [])[0]
        enter = ("sh", "-c", f'echo $$ >{group}/cgroup.procs && exec "$@"', "-")
        assert workers_of_all_cores(build, [], *enter) == [expected, expected]
    finally:
        group.rmdir()
