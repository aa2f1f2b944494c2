#pragma once

// Primes by the sieve of Eratosthenes, in segments that fit in the cache, 30 numbers a byte.
//
// Four kinds of prime p, by size: the smallest are in ready-made patterns (presieve.hpp); small and
// medium ones are crossed off period by period (cross_off.hpp), the small ones in blocks that fit
// in the first-level cache of this machine, the medium ones in segments that fit in the second;
// large ones, which meet a segment rarely, by division anew in each segment (first_multiples.hpp),
// so that they need no state. In short ranges the medium ones are treated as small.
//
// Sources: C. Bays and R. Hudson, "The segmented sieve of Eratosthenes and primes in arithmetic
// progressions to 10^12", BIT 17, 1977; primesieve by K. Walisch for wheel and pre-sieve.
// Cost: [0, 1e9) in 60 ms on one core of Zen 5, [1e12, 1e12 + 1e9) in 180 ms. sqrt(end) / 30 bytes
// for the base primes (143 MB for end near 2^64), less than 1 MB a thread for its segment (up to 32
// MB for end near 2^64), kept for the next call.

#include <cstdint>
#include <vector>

#include "kernels/base/index_range.hpp"

namespace parlab {

class SegmentedSieve {
 public:
  /// Makes the base primes up to sqrt(end): 1 s for end near 2^64, under 1 ms for 10^12.
  explicit SegmentedSieve(std::uint64_t end);

  /// How many primes the range holds. Throws std::out_of_range where range.end > end.
  std::uint64_t count(IndexRange range) const;

  /// Writes the primes of the range, in order, to `out` and returns how many. There must be room
  /// for most_primes_in(range). Throws as count does.
  std::uint64_t list(IndexRange range, std::uint64_t* out) const;

  /// Numbers that a segment of a sieve to `end` covers: chunks are best multiples of it.
  static std::uint64_t segment_numbers(std::uint64_t end);

 private:
  /// Calls visit(first_byte, bytes, size) for segment after segment, with the primes of the range
  /// from 7 on as set bits. Callers see to 2, 3, 5.
  template <class Visit>
  void for_each_segment(IndexRange range, const Visit& visit) const;

  /// Crosses off by the base primes of base_[begin, end).
  void cross_off_large(std::uint64_t begin, std::uint64_t end, std::uint8_t* bytes,
                       std::uint64_t size, std::uint64_t first_byte) const;

  std::uint64_t end_;
  std::vector<std::uint8_t> base_;  // the primes from 7 to sqrt(end), a wheel-30 bitmap
};

/// An upper bound for how many primes the range holds, within a factor 2 or so for long ranges.
std::uint64_t most_primes_in(IndexRange range);

}  // namespace parlab
