#pragma once

// What the factor searches share: the division of their range between two polls.

#include <algorithm>
#include <cstdint>

#include "kernels/numerics/factors/factor_search.hpp"

namespace parlab {

/// Calls search(part), which returns a factor or 0, for one part of the divisors after the other.
template <class Search>
std::uint64_t search_polling(IndexRange divisors, FunctionRef<bool()> stop, const Search& search) {
  while (!divisors.empty()) {
    if (stop()) return 0;
    const std::uint64_t size = std::min(divisors.size(), divisors_per_poll);
    if (const std::uint64_t factor = search(IndexRange{divisors.begin, divisors.begin + size}))
      return factor;
    divisors.begin += size;
  }
  return 0;
}

/// One part of smallest_factor_wheel.
std::uint64_t search_by_wheel(std::uint64_t n, IndexRange divisors);

}  // namespace parlab
