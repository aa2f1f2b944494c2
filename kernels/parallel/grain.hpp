#pragma once

// How large a chunk is where nobody asked for a grain.

#include <cstdint>
#include <limits>

namespace parlab {

/// What a kernel asks of its chunks, in its indices.
struct GrainLimits {
  /// Below it, handing out a chunk costs more than computing it: some 10 us of work.
  std::uint64_t min = 1;
  /// Some 10 ms of work, so that an interruption is soon seen.
  std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
  /// An automatic grain is a multiple of it: the kernel's own blocks.
  std::uint64_t step = 1;

  friend bool operator==(const GrainLimits&, const GrainLimits&) = default;
};

/// Chunks that each worker gets: enough to even out uneven work, few enough that handing them out
/// costs nothing measurable (`parlab run dispatch` tells what it costs).
inline constexpr std::uint64_t chunks_per_worker = 16;

/// The grain for `size` indices on `workers`: within min and max, then rounded up to a step. Where min allows
/// few chunks only, each worker has as many as the others, of up to twice that length.
std::uint64_t automatic_grain(std::uint64_t size, int workers, const GrainLimits& limits);

}  // namespace parlab
