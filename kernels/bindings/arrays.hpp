#pragma once

// Arrays that come from another language, checked before they are touched.

#include <cstdint>
#include <vector>

#include "kernels/bindings/parlab.h"
#include "kernels/numerics/diffusion.hpp"

namespace parlab {

enum class Access { reads, writes };

/// Throws UsageError unless the array has elements of `dtype`, so many dimensions, a shape and
/// strides that address memory it can have, and may be written where it is to be.
void check_array(const parlab_array& array, const char* name, parlab_dtype dtype, int dimensions,
                 Access access);

/// Bytes from the first element to the end of the last; 0 where there is none. Of a checked array.
std::uint64_t extent(const parlab_array& array);

/// Throws UsageError where two checked arrays, of which the second is written, have a byte in
/// common: at one address, or at two where a file or shared memory was mapped twice.
void check_apart(const parlab_array& a, const char* name_a, const parlab_array& b,
                 const char* name_b);

/// A checked array of two dimensions.
template <class Cell>
Rows<Cell> rows_of(const parlab_array& array) {
  const auto rows = static_cast<std::uint64_t>(array.shape[0]);
  const auto columns = static_cast<std::uint64_t>(array.shape[1]);
  // A single row may have any stride: it is never used.
  const std::uint64_t stride =
      rows > 1 ? static_cast<std::uint64_t>(array.strides[0]) / sizeof(Cell) : columns;
  return {static_cast<Cell*>(array.data), rows, columns, stride};
}

}  // namespace parlab
