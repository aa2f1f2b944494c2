"""count_darts and is_prime over cffi's ABI mode: declarations are read at import, nothing is compiled."""

from __future__ import annotations

import os

import cffi
import numpy as np
from parlab.library import check, library_path

from .cffi_declarations import DECLARATIONS
from .masks import refuse_masks

UINT64, UINT8 = np.dtype(np.uint64), np.dtype(np.uint8)
_ffi = cffi.FFI()
_ffi.cdef(DECLARATIONS)
_library = _ffi.dlopen(library_path())
_serial = _ffi.NULL
_numbers_stride, _out_stride = _ffi.new("int64_t[1]", [8]), _ffi.new("int64_t[1]", [1])


def _open_serial() -> None:
    global _serial
    place = _ffi.new("parlab_backend **")
    check(_library.parlab_backend_open(b"serial", 1, place))
    _serial = place[0]


_open_serial()
os.register_at_fork(after_in_child=_open_serial)  # a forked process may not use its parent's


def count_darts(darts: int, seed: int) -> int:
    """How many of darts 0 to darts - 1 lie inside the quarter circle."""
    inside = _ffi.new("uint64_t *")
    status = _library.parlab_pi(_serial, darts, seed, _ffi.NULL, 0, inside)
    if status:
        check(status)
    return inside[0]


def is_prime(numbers: np.ndarray, out: np.ndarray) -> None:
    """Writes 1 where a number (uint64) is prime, else 0, into out (uint8, as long)."""
    if type(numbers) is not np.ndarray or type(out) is not np.ndarray:
        refuse_masks(numbers, out)
    if numbers.dtype != UINT64 or out.dtype != UINT8:
        raise TypeError(f"numbers and out must hold uint64 and uint8, not {numbers.dtype} and {out.dtype}")
    if numbers.ndim != 1 or out.shape != numbers.shape:
        raise ValueError("numbers and out must have one dimension and one length")
    # from_buffer refuses what is not contiguous, and here what is read-only.
    source, target = _ffi.from_buffer(numbers), _ffi.from_buffer(out, require_writable=True)
    shape = _ffi.new("int64_t[1]", [len(numbers)])
    status = _library.parlab_is_prime(
        _serial, _ffi.new("parlab_array *", [source, 2, 1, shape, _numbers_stride, 0, 0]),
        _ffi.new("parlab_array *", [target, 4, 1, shape, _out_stride, 1, 0]), 0)
    if status:
        check(status)
