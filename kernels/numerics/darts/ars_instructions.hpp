#pragma once

#include <cstdint>

#include "kernels/base/index_range.hpp"

namespace parlab {

/// Counts the darts inside of whole blocks of ARS-7; their number must be a multiple of
/// blocks_at_once.
struct AesKernel {
  using Count = std::uint64_t (*)(IndexRange blocks, std::uint64_t seed);

  std::uint64_t blocks_at_once = 0;  // 0: there is no kernel
  Count count_inside = nullptr;      // two darts a block, 32 bits a coordinate
  Count count_inside_53 = nullptr;   // one dart a block, 53 bits a coordinate
};

/// The best for this processor and the SIMD level in force (simd_level.hpp).
AesKernel aes_kernel();

}  // namespace parlab
