#pragma once

// Trial division by every odd number that looks up now and then: how often, and how that is
// written, is what is measured. Both take stop(), read once in divisions_per_poll divisions, and
// return the smallest divisor of n in the range that is 2 or odd, or 0. Requires divisors.begin >=
// 2 and an end below 2^63.
//
// counting  a counter in the inner loop, as one would write it first
// blocks    an inner loop that does nothing but divide, and a poll between two of them
//
// Cost: a 64-bit division, 2 ns and more; the counter hides behind it on most machines.

#include <algorithm>
#include <cstdint>

#include "kernels/base/index_range.hpp"

namespace parlab {

template <class Stop>
std::uint64_t factor_by_counting(std::uint64_t n, IndexRange divisors,
                                 std::uint64_t divisions_per_poll, const Stop& stop) {
  if (divisors.begin <= 2 && divisors.end > 2 && n % 2 == 0) return 2;
  std::uint64_t since_poll = 0;
  for (std::uint64_t divisor = std::max<std::uint64_t>(divisors.begin, 3) | 1;
       divisor < divisors.end; divisor += 2) {
    if (n % divisor == 0) return divisor;
    if (++since_poll == divisions_per_poll) {
      if (stop()) return 0;
      since_poll = 0;
    }
  }
  return 0;
}

/// The odd divisors of one block, or 2 where the block holds it.
inline std::uint64_t factor_in_block(std::uint64_t n, IndexRange divisors) {
  if (divisors.begin <= 2 && divisors.end > 2 && n % 2 == 0) return 2;
  for (std::uint64_t divisor = std::max<std::uint64_t>(divisors.begin, 3) | 1;
       divisor < divisors.end; divisor += 2)
    if (n % divisor == 0) return divisor;
  return 0;
}

/// Calls search(block), which returns a factor or 0, for one block of `size` numbers after another.
template <class Search, class Stop>
std::uint64_t factor_by_blocks(IndexRange divisors, std::uint64_t size, const Search& search,
                               const Stop& stop) {
  while (!divisors.empty()) {
    const std::uint64_t part = std::min(divisors.size(), size);
    if (const std::uint64_t factor = search(IndexRange{divisors.begin, divisors.begin + part}))
      return factor;
    divisors.begin += part;
    if (stop()) return 0;
  }
  return 0;
}

}  // namespace parlab
