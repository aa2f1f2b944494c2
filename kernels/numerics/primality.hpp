#pragma once

#include <cstdint>

namespace parlab {

/// Whether n is prime, for every 64-bit n: Miller and Rabin's test to the first twelve prime bases,
/// which no composite below 3.3e24 passes (Sorenson and Webster, "Strong pseudoprimes to twelve
/// prime bases", Math. Comp. 86, 2017). Some 2 us for a prime near 2^64.
bool is_prime(std::uint64_t n);

}  // namespace parlab
