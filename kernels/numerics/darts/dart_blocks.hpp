#pragma once

// Any range of darts as whole Philox blocks, for variants that compute many blocks at once.

#include <algorithm>
#include <cstdint>

#include "kernels/numerics/darts/monte_carlo.hpp"

namespace parlab {

/// Whether one dart lies inside: half of its block's words are thrown away.
constexpr bool dart_is_inside(std::uint64_t dart, std::uint64_t seed) {
  const auto words = dart_block(dart / 2, seed);
  const std::size_t first = 2 * (dart & 1);
  return inside_quarter_circle(words[first], words[first + 1]);
}

/// Counts a first odd and a last even dart one by one, and all others by count_blocks(IndexRange
/// blocks), called for pieces in which the upper 32 bits of the block index do not change: there a
/// kernel needs to count in the lower word only.
template <class CountBlocks>
std::uint64_t count_by_blocks(IndexRange darts, std::uint64_t seed,
                              const CountBlocks& count_blocks) {
  std::uint64_t inside = 0;
  if (!darts.empty() && darts.begin % 2 == 1) inside += dart_is_inside(darts.begin++, seed);
  if (!darts.empty() && darts.end % 2 == 1) inside += dart_is_inside(--darts.end, seed);
  const std::uint64_t end = darts.end / 2;
  for (std::uint64_t begin = darts.begin / 2; begin < end;) {
    const std::uint64_t next_border = ((begin >> 32) + 1) << 32;
    const IndexRange piece{begin, std::min(end, next_border)};
    inside += count_blocks(piece);
    begin = piece.end;
  }
  return inside;
}

/// As count_by_blocks for kernels that compute `width` blocks at once: those that are left over
/// are counted one by one.
template <std::uint64_t width, class CountWhole>
std::uint64_t count_by_wide_blocks(IndexRange darts, std::uint64_t seed,
                                   const CountWhole& count_whole) {
  return count_by_blocks(darts, seed, [&](IndexRange blocks) {
    const std::uint64_t whole_end = blocks.end - blocks.size() % width;
    std::uint64_t inside = whole_end > blocks.begin ? count_whole({blocks.begin, whole_end}) : 0;
    for (std::uint64_t dart = 2 * whole_end; dart < 2 * blocks.end; dart += 2) {
      const auto words = dart_block(dart / 2, seed);
      inside += inside_quarter_circle(words[0], words[1]);
      inside += inside_quarter_circle(words[2], words[3]);
    }
    return inside;
  });
}

}  // namespace parlab
