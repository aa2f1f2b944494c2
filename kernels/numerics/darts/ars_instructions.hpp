#pragma once

#include <cstdint>

#include "kernels/base/index_range.hpp"

namespace parlab {

/// Counts the darts inside of whole blocks of ARS-7; their number must be a multiple of
/// blocks_at_once.
struct AesKernel {
  std::uint64_t blocks_at_once;  // 0: there is no kernel
  std::uint64_t (*count_inside)(IndexRange blocks, std::uint64_t seed);
};

/// The best for this processor and the SIMD level in force (simd_level.hpp).
AesKernel aes_kernel();

}  // namespace parlab
