"""count_darts and is_prime over cffi's API mode: a module that cffi wrote, compiled by the build."""

from __future__ import annotations

import os

import numpy as np

from ._cffi_calls import ffi as _ffi
from ._cffi_calls import lib as _library
from .masks import refuse_masks

UINT64, UINT8 = np.dtype(np.uint64), np.dtype(np.uint8)
ERRORS = {1: ValueError, 3: MemoryError}  # by status; RuntimeError for any other
_serial = _ffi.NULL


def _check(status: int) -> None:
    if status != 0:
        raise ERRORS.get(status, RuntimeError)(_ffi.string(_library.parlab_last_error()).decode())


def _open_serial() -> None:
    global _serial
    place = _ffi.new("parlab_backend **")
    _check(_library.parlab_backend_open(b"serial", 1, place))
    _serial = place[0]


_open_serial()
os.register_at_fork(after_in_child=_open_serial)  # a forked process may not use its parent's


def count_darts(darts: int, seed: int) -> int:
    """How many of darts 0 to darts - 1 lie inside the quarter circle."""
    inside = _library.count_darts(_serial, darts, seed)
    if inside < 0:
        _check(-inside)
    return inside


def is_prime(numbers: np.ndarray, out: np.ndarray) -> None:
    """Writes 1 where a number (uint64) is prime, else 0, into out (uint8, as long)."""
    if type(numbers) is not np.ndarray or type(out) is not np.ndarray:
        refuse_masks(numbers, out)
    if numbers.dtype != UINT64 or out.dtype != UINT8:
        raise TypeError(f"numbers and out must hold uint64 and uint8, not {numbers.dtype} and {out.dtype}")
    if numbers.ndim != 1 or out.shape != numbers.shape:
        raise ValueError("numbers and out must have one dimension and one length")
    # from_buffer refuses what is not contiguous, and here what is read-only.
    status = _library.parlab_calls_is_prime(
        _serial, _ffi.from_buffer("uint64_t[]", numbers),
        _ffi.from_buffer("uint8_t[]", out, require_writable=True), len(numbers))
    if status:
        _check(status)
