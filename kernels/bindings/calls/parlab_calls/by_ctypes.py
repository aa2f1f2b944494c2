"""count_darts and is_prime over ctypes, with argtypes and a look at the status, and no more.

Numbers are not checked: ctypes takes -1 for 2**64 - 1.
"""

from __future__ import annotations

import os
from ctypes import byref, c_uint64, c_void_p

import numpy as np
from parlab.library import RELEASING, Array, check

from .masks import refuse_masks

UINT64, UINT8 = np.dtype(np.uint64), np.dtype(np.uint8)
_pi, _is_prime = RELEASING.parlab_pi, RELEASING.parlab_is_prime
_serial = c_void_p()


def _open_serial() -> None:
    check(RELEASING.parlab_backend_open(b"serial", 1, byref(_serial)))


_open_serial()
os.register_at_fork(after_in_child=_open_serial)  # a forked process may not use its parent's


def count_darts(darts: int, seed: int) -> int:
    """How many of darts 0 to darts - 1 lie inside the quarter circle."""
    inside = c_uint64()
    status = _pi(_serial, darts, seed, None, 0, byref(inside))
    if status:
        check(status)
    return inside.value


def is_prime(numbers: np.ndarray, out: np.ndarray) -> None:
    """Writes 1 where a number (uint64) is prime, else 0, into out (uint8, as long)."""
    if type(numbers) is not np.ndarray or type(out) is not np.ndarray:
        refuse_masks(numbers, out)
    if numbers.dtype != UINT64 or out.dtype != UINT8:
        raise TypeError(f"numbers and out must hold uint64 and uint8, not {numbers.dtype} and {out.dtype}")
    places, flags = numbers.ctypes, out.ctypes
    source = Array(places.data, 2, numbers.ndim, places.shape, places.strides, 0, 0)
    target = Array(flags.data, 4, out.ndim, flags.shape, flags.strides, out.flags.writeable, 0)
    status = _is_prime(_serial, source, target, 0)  # the library looks at what lies where
    if status:
        check(status)
