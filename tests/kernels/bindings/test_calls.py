"""parlab_calls: each way to call gives the right answers in place, and refuses what it cannot use."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import parlab
import parlab_calls
import pytest

PRIMES_BELOW_20 = [0, 0, 1, 1, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1]


@pytest.fixture(params=parlab_calls.WAYS)
def way(request: pytest.FixtureRequest) -> ModuleType:
    if request.param not in parlab_calls.available():
        pytest.skip(f"{request.param} was not built: parlab list says what it needs")
    return importlib.import_module(f"parlab_calls.{request.param}")


def test_what_was_built_can_be_imported(build: Path) -> None:
    folder = build / "python" / "parlab_calls"
    made = {path.name.split(".")[0].replace("_cffi_calls", "by_cffi_api") for path in folder.glob("*.so")}
    assert made <= set(parlab_calls.available()) and "by_ctypes" in parlab_calls.available()


def test_the_list_names_the_same_ways(build: Path) -> None:
    listing = json.loads(subprocess.run([build / "parlab", "list", "--json"], capture_output=True,
                                        check=True).stdout)
    there = {way["name"]: way["available"] for way in listing["calls"]}
    assert there.pop("parlab")
    assert {f"by_{name.lower().replace(' ', '_')}" for name, is_there in there.items() if is_there} == set(
        parlab_calls.available())
    assert all(way["available"] or "install" in way["why"] for way in listing["calls"])


def test_answers_are_those_of_the_package(way: ModuleType) -> None:
    for darts, seed in ((0, 1), (1, 0), (1, 2**64 - 1), (100_003, 7)):
        assert way.count_darts(darts, seed) == parlab.count_darts(darts, seed=seed)
    numbers, out = np.arange(20, dtype=np.uint64), np.full(20, 9, np.uint8)
    assert way.is_prime(numbers, out) is None
    assert out.tolist() == PRIMES_BELOW_20
    large = np.array([2**64 - 59, 2**64 - 1], np.uint64)
    way.is_prime(large, out[:2])
    assert out.tolist() == [1, 0, *PRIMES_BELOW_20[2:]]  # in place, and nothing beside


def test_no_numbers_are_no_error(way: ModuleType) -> None:
    way.is_prime(np.empty(0, np.uint64), np.empty(0, np.uint8))


def test_what_is_read_may_be_read_only(way: ModuleType) -> None:
    numbers, out = np.arange(20, dtype=np.uint64), np.zeros(20, np.uint8)
    numbers.flags.writeable = False
    way.is_prime(numbers, out)
    assert out.tolist() == PRIMES_BELOW_20


def test_an_axis_of_one_element_may_have_any_stride(way: ModuleType) -> None:
    out = np.full(9, 9, np.uint8)
    way.is_prime(np.arange(7, 17, dtype=np.uint64)[::10], out[::9])
    assert out.tolist() == [1, *[9] * 8]


def test_subclasses_of_arrays_are_arrays(way: ModuleType, tmp_path: Path) -> None:
    numbers, out = np.memmap(tmp_path / "n", np.uint64, "w+", shape=20), np.zeros(20, np.uint8)
    numbers[:] = np.arange(20)
    way.is_prime(numbers, out)
    assert out.tolist() == PRIMES_BELOW_20


def test_numbers_of_numpy_are_numbers(way: ModuleType) -> None:
    assert way.count_darts(np.int64(1000), np.uint64(7)) == way.count_darts(1000, np.int8(7)) == 784


def read_only(size: int) -> np.ndarray:
    array = np.zeros(size, np.uint8)
    array.flags.writeable = False
    return array


@pytest.mark.parametrize("numbers, out", [
    (np.arange(4), np.zeros(4, np.uint8)),  # int64
    (np.arange(4.0), np.zeros(4, np.uint8)),
    (np.arange(4, dtype=">u8"), np.zeros(4, np.uint8)),  # bytes in another order
    (np.arange(4, dtype=np.uint64), np.zeros(4, np.int64)),
    (np.arange(4, dtype=np.uint64), read_only(4)),
    (np.arange(8, dtype=np.uint64)[::2], np.zeros(4, np.uint8)),
    (np.arange(4, dtype=np.uint64), np.zeros(8, np.uint8)[::2]),
    (np.arange(4, dtype=np.uint64)[::-1], np.zeros(4, np.uint8)),
    (np.arange(4, dtype=np.uint64).reshape(2, 2), np.zeros((2, 2), np.uint8)),
    (np.arange(4, dtype=np.uint64), np.zeros(3, np.uint8)),
    (np.ma.array([2, 3], mask=[0, 1], dtype=np.uint64), np.zeros(2, np.uint8)),
    (np.arange(2, dtype=np.uint64), np.ma.zeros(2, np.uint8)),
    ([1, 2, 3], np.zeros(3, np.uint8)),
    (np.arange(4, dtype=np.uint64), None),
], ids=["int64", "float64", "byte order", "out int64", "read-only", "strided", "out strided", "backwards",
        "2-D", "lengths", "masked", "out masked", "list", "None"])
def test_an_array_that_does_not_fit_is_refused_and_nothing_is_written(way: ModuleType, numbers: Any,
                                                                     out: Any) -> None:
    before = None if out is None else out.copy()
    with pytest.raises((TypeError, ValueError, AttributeError, BufferError)):
        way.is_prime(numbers, out)
    assert out is None or np.array_equal(out, before)


@pytest.mark.parametrize("numbers, out", [
    (np.ma.array([2, 3], mask=[0, 1], dtype=np.uint64), np.zeros(2, np.uint8)),
    (np.ma.array([2, 3], dtype=np.uint64), np.zeros(2, np.uint8)),  # nothing is masked: refused all the same
    (np.arange(2, dtype=np.uint64), np.ma.zeros(2, np.uint8)),
    (np.ma.masked, np.zeros(2, np.uint8)),
], ids=["masked", "nothing masked", "out", "the constant"])
def test_a_mask_is_never_lost(way: ModuleType, numbers: Any, out: Any) -> None:
    with pytest.raises(TypeError, match="its mask would be lost"):
        way.is_prime(numbers, out)
    assert not np.asarray(out).any()


def test_a_number_that_does_not_fit_is_refused_but_by_ctypes(way: ModuleType) -> None:
    if way.__name__.endswith("by_ctypes"):  # as its docstring says
        assert way.count_darts(1000, -1) == way.count_darts(1000, 2**64 - 1)
        return
    for darts in (-1, 2**64, 1.5, "1", None):
        with pytest.raises((TypeError, ValueError, OverflowError)):
            way.count_darts(darts, 1)


def longest_pause_beside(work: Callable[[], Any]) -> float:
    """How long another thread was kept from running while work() ran, as a share of work()'s time."""
    ticks, started, done = [], threading.Event(), threading.Event()

    def tick() -> None:
        started.set()
        while not done.is_set():
            ticks.append(time.monotonic())

    beside = threading.Thread(target=tick)
    beside.start()
    started.wait(60)
    begin = time.monotonic()
    work()
    end = time.monotonic()
    done.set()
    beside.join(60)
    during = [begin, *(moment for moment in ticks if begin < moment < end), end]
    return max(later - sooner for sooner, later in zip(during, during[1:])) / (end - begin)


def test_other_threads_run_during_a_call(way: ModuleType) -> None:
    # With the GIL kept the other waits for the whole call. A busy machine may make it wait too, but not
    # each time.
    assert any(longest_pause_beside(lambda: way.count_darts(200_000_000, 1)) < 0.5 for _ in range(10))


def test_a_forked_child_may_call(way: ModuleType) -> None:
    assert way.count_darts(1000, 7) == 784
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(0 if way.count_darts(1000, 7) == 784 else 1)
        except BaseException:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
