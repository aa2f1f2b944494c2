#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace parlab {

/// The largest r with r * r <= n. A double has 53 bits, so its root may be off by one.
inline std::uint64_t integer_sqrt(std::uint64_t n) {
  constexpr std::uint64_t largest = 0xFFFFFFFF;  // its square is the largest below 2^64
  const double estimate = std::sqrt(static_cast<double>(n));
  std::uint64_t root = std::min(static_cast<std::uint64_t>(estimate), largest);
  while (root * root > n) --root;
  while (root < largest && (root + 1) * (root + 1) <= n) ++root;
  return root;
}

}  // namespace parlab
