#pragma once

#include <fmt/format.h>

#include <cstdint>

#include "experiments/base/experiment.hpp"

namespace parlab {

/// How many primes, and a hash of them in order: two lists are the same where both agree (but for
/// one chance in 2^64). Joins like the lists themselves, so chunks can be hashed apart.
struct PrimeListHash {
  std::uint64_t count = 0;
  std::uint64_t hash = 0;
  std::uint64_t scale = 1;  // factor^count

  static constexpr std::uint64_t factor = 0x9E3779B97F4A7C15;  // odd, so no power of it is 0

  void add(std::uint64_t prime) { *this = join(*this, {1, prime * factor + 1, factor}); }
  static PrimeListHash join(const PrimeListHash& a, const PrimeListHash& b) {
    return {a.count + b.count, a.hash * b.scale + b.hash, a.scale * b.scale};
  }
  Answer answer() const { return fmt::format("{} primes, hash {:016x}", count, hash); }
};

}  // namespace parlab
