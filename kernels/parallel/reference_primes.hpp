#pragma once

// The primes of a range by plain ways that share nothing with the segmented sieve: what its answers
// are checked against.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/base/function_ref.hpp"
#include "kernels/base/index_range.hpp"
#include "kernels/numerics/arithmetic/integer_sqrt.hpp"
#include "kernels/numerics/primality/primality.hpp"
#include "kernels/numerics/sieve/sieve.hpp"
#include "kernels/numerics/sieve/textbook_sieve.hpp"

namespace parlab {

/// Whether to test number by number takes less time than the textbook's sieve: at high ranges,
/// where each of its blocks visits all base primes. Estimates, in ns, measured on Zen 5.
inline bool tests_beat_textbook(IndexRange range) {
  const double size = static_cast<double>(range.size());
  const double root = std::sqrt(static_cast<double>(range.end));
  const double blocks = size / (1 << 20) + 1;
  return 16 * size < 5 * (root + size) + blocks * root / 20 * 4;
}

/// Calls visit(p) for every prime p of the range, in order: by the textbook's sieve of odd numbers.
/// Beyond 2^46, where most base primes have no multiple in the range, only primes below 2^20 are crossed
/// off, and what they leave, one number in 25, is tested. 1 to 7 ns a number on Zen 4.
inline void for_each_reference_prime(IndexRange range, FunctionRef<void(std::uint64_t)> visit) {
  constexpr std::uint64_t max_divisor = std::uint64_t{1} << 20;
  constexpr std::uint64_t tested_from = std::uint64_t{1} << 46;
  if (range.begin >= range.end) return;
  const bool tests = range.end > tested_from;
  const std::uint64_t root = integer_sqrt(range.end - 1);
  std::vector<std::uint64_t> divisors;
  for_each_prime_by_textbook({3, std::max<std::uint64_t>(3, tests ? max_divisor : root + 1)},
                             [&](std::uint64_t p) { divisors.push_back(p); });
  std::vector<char> composite;  // entry i: 2 i + 1 above the piece's first number, which is even
  std::vector<std::uint64_t> left;
  std::vector<std::uint8_t> is_prime;
  const Chunking pieces({range.begin / 2 * 2, range.end}, 1 << 21);
  if (range.begin <= 2 && range.end > 2) visit(2);
  for (std::uint64_t i = 0; i < pieces.chunks(); ++i) {
    const IndexRange piece = pieces[i];
    composite.assign(piece.size() / 2, 0);
    for (const std::uint64_t divisor : divisors) {
      std::uint64_t offset = 0;  // of the first odd multiple from the square on
      if (divisor * divisor >= piece.begin) {
        offset = divisor * divisor - piece.begin;
      } else {
        offset = divisor - piece.begin % divisor;
        if (offset % 2 == 0) offset += divisor;
      }
      for (std::uint64_t at = offset / 2; at < composite.size(); at += divisor) composite[at] = 1;
    }
    left.clear();
    const std::uint64_t least = std::max<std::uint64_t>(range.begin, 3);
    for (std::uint64_t at = 0; at < composite.size(); ++at)
      if (composite[at] == 0 && piece.begin + 2 * at + 1 >= least)
        left.push_back(piece.begin + 2 * at + 1);
    is_prime.assign(left.size(), 1);
    if (tests) are_prime(left, is_prime.data());
    for (std::size_t at = 0; at < left.size(); ++at)
      if (is_prime[at] != 0) visit(left[at]);
  }
}

}  // namespace parlab
