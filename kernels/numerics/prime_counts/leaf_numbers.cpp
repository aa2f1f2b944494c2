#include "kernels/numerics/prime_counts/leaf_numbers.hpp"

#include <algorithm>
#include <limits>

namespace parlab {

std::vector<LeafNumber> leaf_numbers(std::uint64_t most, std::span<const std::uint32_t> primes) {
  constexpr std::uint64_t block = 1 << 14;  // numbers, so that the three tables stay in the cache
  std::vector<LeafNumber> leaves;
  leaves.reserve(most / 5 + 64);  // 6 / pi^2 times all p / (p + 1) up to 13: 0.189 of all numbers
  std::vector<std::int32_t> factor(block);
  std::vector<std::uint32_t> product(block);  // of the prime factors found; 0: none counts
  for (std::uint64_t begin = 0; begin <= most; begin += block) {
    const std::uint64_t end = std::min(begin + block, most + 1);
    std::ranges::fill(factor, 0);
    std::ranges::fill(product, 1);
    for (const std::uint64_t prime : primes) {
      if (prime * prime >= end) break;
      const bool small = prime <= 13;
      for (std::uint64_t n = (begin + prime - 1) / prime * prime; n < end; n += prime) {
        const std::uint64_t i = n - begin;
        product[i] = small ? 0 : product[i] * static_cast<std::uint32_t>(prime);
        factor[i] = factor[i] == 0 ? -static_cast<std::int32_t>(prime) : -factor[i];
      }
      if (small) continue;
      const std::uint64_t square = prime * prime;
      for (std::uint64_t n = (begin + square - 1) / square * square; n < end; n += square)
        product[n - begin] = 0;
    }
    for (std::uint64_t n = std::max<std::uint64_t>(begin, 2); n < end; ++n) {
      const std::uint64_t i = n - begin;
      if (product[i] == 0 || (factor[i] == 0 && n <= 13)) continue;
      const auto number = static_cast<std::uint32_t>(n);
      std::int32_t signed_factor = factor[i];
      // What the primes up to the root leave is one more factor.
      if (product[i] != number)
        signed_factor = signed_factor == 0 ? -static_cast<std::int32_t>(number) : -signed_factor;
      leaves.push_back({number, signed_factor});
    }
    if (begin == 0) leaves.insert(leaves.begin(), {1, std::numeric_limits<std::int32_t>::max()});
  }
  return leaves;
}

}  // namespace parlab
