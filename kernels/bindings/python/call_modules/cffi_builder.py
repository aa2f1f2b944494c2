"""Writes the C source of parlab_calls._cffi_calls, cffi's API mode, for CMake to compile.

    python cffi_builder.py OUTPUT.c
"""

import sys

import cffi

builder = cffi.FFI()
builder.cdef("""
typedef struct parlab_backend parlab_backend;
int parlab_backend_open(const char* name, int32_t workers, parlab_backend** backend);
int64_t count_darts(parlab_backend* backend, uint64_t darts, uint64_t seed);
int parlab_calls_is_prime(parlab_backend* backend, const uint64_t* numbers, uint8_t* out,
                          int64_t size);
const char* parlab_last_error(void);
""")
# In this mode C may stand around a call, so that no memory for its answer is made in Python. A
# failure is a number below 0: to count 2^63 darts would take centuries.
builder.set_source("parlab_calls._cffi_calls", """
#include "kernels/bindings/python/call_modules/calls.h"

static int64_t count_darts(parlab_backend* backend, uint64_t darts, uint64_t seed) {
  uint64_t inside = 0;
  const parlab_status status = parlab_pi(backend, darts, seed, 0, 0, &inside);
  return status == PARLAB_OK ? (int64_t)inside : -(int64_t)status;
}
""")

if __name__ == "__main__":
    builder.emit_c_code(sys.argv[1])
