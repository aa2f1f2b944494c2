#pragma once

// A range of indices and its division into chunks: the only thing that kernels and backends both
// know. All arithmetic stays inside 64 bits, so a range may end at 2^64 - 1.

#include <algorithm>
#include <cstdint>
#include <stdexcept>

namespace parlab {

/// Half-open [begin, end). Empty where begin == end; begin > end is not a range.
struct IndexRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  constexpr std::uint64_t size() const { return end - begin; }
  constexpr bool empty() const { return begin == end; }
  friend constexpr bool operator==(const IndexRange&, const IndexRange&) = default;
};

/// A range cut into numbered chunks of `grain` indices each; the last one may be shorter.
class Chunking {
 public:
  /// Throws std::invalid_argument for grain 0 or a range that ends before it begins.
  constexpr Chunking(IndexRange range, std::uint64_t grain) : range_(range), grain_(grain) {
    if (grain == 0) throw std::invalid_argument("grain must be at least 1");
    if (range.begin > range.end) throw std::invalid_argument("range ends before it begins");
  }

  constexpr IndexRange range() const { return range_; }
  constexpr std::uint64_t grain() const { return grain_; }

  /// How many chunks there are: size / grain, rounded up, without overflow.
  constexpr std::uint64_t chunks() const {
    return range_.size() / grain_ + (range_.size() % grain_ != 0 ? 1 : 0);
  }

  /// Chunk number `chunk`, which must be below chunks().
  constexpr IndexRange operator[](std::uint64_t chunk) const {
    const std::uint64_t begin = range_.begin + chunk * grain_;
    return {begin, begin + std::min(grain_, range_.end - begin)};
  }

 private:
  IndexRange range_;
  std::uint64_t grain_;
};

}  // namespace parlab
