/* What the modules share that are compiled: parlab.h's calls with as little around them as Python
 * hands over. Arrays are 1-D, contiguous and of `size` elements: the module has checked that. */
#ifndef PARLAB_CALLS_H
#define PARLAB_CALLS_H

#include "kernels/bindings/c/parlab.h"

static inline parlab_status parlab_calls_is_prime(parlab_backend* backend, const uint64_t* numbers,
                                                  uint8_t* out, int64_t size) {
  const int64_t numbers_stride = sizeof *numbers;
  const int64_t out_stride = sizeof *out;
  const parlab_array from = {(void*)numbers, PARLAB_UINT64, 1, &size, &numbers_stride, 0, 0};
  const parlab_array to = {out, PARLAB_UINT8, 1, &size, &out_stride, 1, 0};
  return parlab_is_prime(backend, &from, &to, 0);
}

#endif
