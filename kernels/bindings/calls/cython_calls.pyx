# cython: language_level=3, boundscheck=False, wraparound=False
"""parlab's count_darts and is_prime over Cython, on the backend serial."""

import os

from cpython.number cimport PyNumber_Index
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t

from numpy import ndarray

from parlab_calls.masks import refuse_masks


cdef extern from "kernels/bindings/calls/calls.h" nogil:
    ctypedef struct parlab_backend:
        pass
    ctypedef enum parlab_status:
        PARLAB_OK
        PARLAB_BAD_INPUT
        PARLAB_NO_MEMORY
    parlab_status parlab_backend_open(const char* name, int32_t workers, parlab_backend** backend)
    parlab_status parlab_pi(parlab_backend* backend, uint64_t darts, uint64_t seed,
                            const char* variant, uint64_t grain, uint64_t* inside)
    parlab_status parlab_calls_is_prime(parlab_backend* backend, const uint64_t* numbers,
                                        uint8_t* out, int64_t size)
    const char* parlab_last_error()


cdef parlab_backend* serial = NULL


cdef int check(parlab_status status) except -1:
    """Raises what a status stands for. On the thread that made the call."""
    if status == PARLAB_OK:
        return 0
    words = parlab_last_error().decode(errors="replace")
    if status == PARLAB_BAD_INPUT:
        raise ValueError(words)
    if status == PARLAB_NO_MEMORY:
        raise MemoryError(words)
    raise RuntimeError(words)


def _open_serial():
    check(parlab_backend_open("serial", 1, &serial))


_open_serial()
# A handle is refused in a process that was forked after it was opened.
os.register_at_fork(after_in_child=_open_serial)


def count_darts(darts, seed):
    """How many of darts 0 to darts - 1 lie inside the quarter circle."""
    # An argument declared as uint64_t would take a float and cut it.
    cdef uint64_t number = PyNumber_Index(darts), key = PyNumber_Index(seed), inside = 0
    cdef parlab_status status
    with nogil:
        status = parlab_pi(serial, number, key, NULL, 0, &inside)
    check(status)
    return inside


def is_prime(numbers, out):
    """Writes 1 where a number (uint64) is prime, else 0, into out (uint8, as long)."""
    if type(numbers) is not ndarray or type(out) is not ndarray:
        refuse_masks(numbers, out)
    test_in_place(numbers, out)


cdef int test_in_place(const uint64_t[::1] numbers, uint8_t[::1] out) except -1:
    if numbers is None or out is None:
        raise TypeError("numbers and out must be arrays")
    if numbers.shape[0] != out.shape[0]:
        raise ValueError("numbers and out must have one length")
    cdef int64_t size = numbers.shape[0]
    cdef parlab_status status = PARLAB_OK
    if size != 0:
        with nogil:
            status = parlab_calls_is_prime(serial, &numbers[0], &out[0], size)
    check(status)
    return 0
