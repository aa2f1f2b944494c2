#pragma once

// The numbers m that special and ordinary leaves are made of: products of different primes above 13.

#include <cstdint>
#include <span>
#include <vector>

namespace parlab {

struct LeafNumber {
  std::uint32_t number;
  /// The smallest prime factor, negative where the number has an odd number of them (its Moebius
  /// value is -1). That of 1 is beyond all primes.
  std::int32_t signed_factor;
};

/// 1 and all products of different primes above 13 up to `most`, ascending. `primes` are those from
/// 2 to sqrt(most) at least. Requires most < 2^31.
std::vector<LeafNumber> leaf_numbers(std::uint64_t most, std::span<const std::uint32_t> primes);

}  // namespace parlab
