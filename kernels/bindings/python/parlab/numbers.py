"""Kernels whose answers are numbers: darts, primes, factors."""

from __future__ import annotations

from ctypes import byref, c_uint64
from typing import Any

import numpy as np

from .arguments import plain, text, whole
from .arrays import described, empty, result
from .exceptions import BadInput, BadType
from .library import RELEASING, Backend, call, check

SHORT_DARTS, SHORT_BATCH = 50_000, 1_000  # some 50 us
MOST_LISTED = 2**40  # numbers of a range whose primes fit in no memory


def count_darts(darts: int | float, *, seed: int = 1, variant: str = "simd", backend: str = "serial",
                workers: int | None = None, grain: int | None = None, hold_gil: bool = False) -> int:
    """How many of darts 0 to darts - 1 lie inside the quarter circle of radius 1.

    Dart i is a function of i and the seed alone (Philox4x32-10)."""
    number = whole("darts", darts)
    inside = c_uint64()
    call("parlab_pi", Backend.named(backend, workers),
         (number, whole("seed", seed), text("variant", variant), _grain(grain), byref(inside)),
         hold_gil, number < SHORT_DARTS)
    return inside.value


def pi(darts: int | float = 1e8, *, seed: int = 1, variant: str = "simd", backend: str = "serial",
       workers: int | None = None, grain: int | None = None, hold_gil: bool = False) -> float:
    """Pi, estimated by throwing darts; its standard deviation is 1.64 / sqrt(darts)."""
    number = whole("darts", darts, 1)
    return 4 * count_darts(number, seed=seed, variant=variant, backend=backend, workers=workers,
                           grain=grain, hold_gil=hold_gil) / number


def count_primes(start: int | float, stop: int | float, *, algorithm: str = "sieve",
                 backend: str = "serial", workers: int | None = None, grain: int | None = None,
                 hold_gil: bool = False) -> int:
    """How many primes [start, stop) holds, stop at most 2**64 - 1. algorithm: sieve, batch or trial."""
    count = c_uint64()
    call("parlab_count_primes", Backend.named(backend, workers),
         (whole("start", start), whole("stop", stop), text("algorithm", algorithm), _grain(grain),
          byref(count)), hold_gil, False)
    return count.value


def primes(start: int | float, stop: int | float, *, backend: str = "serial",
           workers: int | None = None, grain: int | None = None,
           hold_gil: bool = False) -> np.ndarray:
    """The primes of [start, stop) in order: uint64, 1-D."""
    first, last, most = whole("start", start), whole("stop", stop), c_uint64()
    check(RELEASING.parlab_most_primes(first, last, byref(most)))
    if last - first > MOST_LISTED:
        raise BadInput(f"[{first}, {last}) holds too many primes to list: count them, or list parts")
    room, count = empty((most.value,), "uint64"), c_uint64()
    call("parlab_list_primes", Backend.named(backend, workers),
         (first, last, _grain(grain), byref(described("primes", room, "uint64", 1, True)),
          byref(count)), hold_gil, False)
    return room[:count.value].copy() if count.value < most.value // 2 else room[:count.value]


def is_prime(numbers: Any, *, out: np.ndarray | None = None, backend: str = "serial",
             workers: int | None = None, grain: int | None = None,
             hold_gil: bool = False) -> Any:
    """Whether numbers are prime: a bool for an int, for a uint64 array (1-D, contiguous) a bool array
    of its shape, which is a view of `out` (uint8) where that is given."""
    array = numbers = plain("numbers", numbers)
    single = not isinstance(numbers, (np.ndarray, list, tuple, range))
    if single:
        array = np.array([whole("numbers", numbers)], np.uint64)
    elif not isinstance(numbers, np.ndarray):
        array = np.array([whole("numbers", number) for number in numbers], np.uint64)
    source = described("numbers", array, "uint64", 1, False)
    target = result("out", out, array.shape, "uint8")
    call("parlab_is_prime", Backend.named(backend, workers),
         (byref(source), byref(described("out", target, "uint8", 1, True)), _grain(grain)), hold_gil,
         len(array) < SHORT_BATCH)
    return bool(target[0]) if single else target.view(bool)


def smallest_factor(n: int, *, variant: str = "vector", backend: str = "serial",
                    workers: int | None = None, grain: int | None = None, hold_gil: bool = False) -> int:
    """The smallest divisor of n above 1: n itself where n is prime. 2 <= n < 2**64.

    variant: naive, wheel or vector, each faster than the one before."""
    if isinstance(plain("n", n), (float, np.floating)):
        raise BadType(f"n must be an int, for a float does not hold every digit: {n!r}")
    factor = c_uint64()
    call("parlab_smallest_factor", Backend.named(backend, workers),
         (whole("n", n, 2), text("variant", variant), _grain(grain), byref(factor)), hold_gil, False)
    return factor.value


def _grain(grain: int | None) -> int:
    return 0 if grain is None else whole("grain", grain, 1)
