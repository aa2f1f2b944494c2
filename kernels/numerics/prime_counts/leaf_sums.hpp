#pragma once

// The inner loops of counting by leaves (prime_counter.hpp), compiled for each SIMD level: what they
// gain from it is an instruction that counts bits.

#include <cstdint>
#include <span>

#include "kernels/base/index_range.hpp"
#include "kernels/numerics/prime_counts/counted_segment.hpp"
#include "kernels/numerics/prime_counts/leaf_numbers.hpp"
#include "kernels/numerics/prime_counts/prime_table.hpp"

namespace parlab {

/// The sum of the easy and trivial leaves p q of primes[b] = p with b in `range`. primes[1] is 2, and
/// the last is the largest of all up to y. p must be above sqrt(y) and at most the cube root of x;
/// `table` reaches to sqrt(x).
std::uint64_t sum_easy_leaves(std::uint64_t x, std::span<const std::uint32_t> primes,
                              const PrimeTable& table, IndexRange range);

/// The hard leaves of one prime p in one segment.
struct HardLeaves {
  std::uint32_t prime;
  std::uint64_t dividend;     // x / p
  std::uint64_t first;        // the segment's first number
  std::uint64_t left_before;  // numbers without a factor below p, before the segment
  const LeafNumber* at;       // the largest m; moves down
  std::uint64_t above;        // all m are above
  std::uint64_t sum = 0;      // of the leaves' terms
  std::uint64_t leaves = 0;   // each times -mu(m)
};

/// Sets sum and leaves, and moves `at` down to the first number that is not above.
void sum_hard_leaves(HardLeaves& leaves, CountedSegment& segment);

}  // namespace parlab
