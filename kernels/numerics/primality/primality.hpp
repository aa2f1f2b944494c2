#pragma once

// Whether a 64-bit number is prime, without a factor: in some hundred multiplications.
//
// is_prime is the test of Baillie, Pomerance, Selfridge and Wagstaff: a strong probable-prime test
// to base 2, then a Lucas test. Composites pass the one or the other (31894014 below 2^64 the
// first: J. Feitsma's and W. Galway's tables), but none below 2^64 passes both. The Lucas test is
// the "almost extra strong" one, two multiplications a bit: V_k = P V_{k-1} - V_{k-2} with the
// least P >= 3 for which P^2 - 4 is no square modulo n; for a prime n, with n + 1 = d 2^s and d
// odd, V_d = +-2 or V_{d 2^r} = 0 for some r < s - 1.
//
// Sources: R. Baillie, S. Wagstaff, "Lucas pseudoprimes", Math. Comp. 35, 1980; J. Grantham,
// "Frobenius pseudoprimes", Math. Comp. 70, 2001 (extra strong); R. Baillie, A. Fiori, S. Wagstaff,
// "Strengthening the Baillie-PSW primality test", Math. Comp. 90, 2021 (no composite below 2^64).
// Cost on Zen 4: 0.6 us for a prime near 2^64 alone, 0.2 us in a batch (AVX-512); composites mostly
// fall to a small prime in some ns, or to the first test in half the time.

#include <cstdint>
#include <span>

#include "kernels/base/index_range.hpp"

namespace parlab {

bool is_prime(std::uint64_t n);

/// Writes for each number 1 where it is prime, else 0: as is_prime, many at once in SIMD. out must
/// have room for numbers.size().
void are_prime(std::span<const std::uint64_t> numbers, std::uint8_t* out);

/// How many primes the range holds, by are_prime on its odd numbers. Cost: 15 ns a number near
/// 2^64.
std::uint64_t count_primes_by_batch(IndexRange range);

/// Writes the primes of the range, in order, to `out` and returns how many. There must be room for
/// most_primes_in(range), see sieve.hpp.
std::uint64_t list_primes_by_batch(IndexRange range, std::uint64_t* out);

/// The same answers by Miller and Rabin's test to the first twelve prime bases, which no composite
/// below 3.3e24 passes (Sorenson and Webster, "Strong pseudoprimes to twelve prime bases",
/// Math. Comp. 86, 2017). The reference: some 6 us for a prime near 2^64.
bool is_prime_by_miller_rabin(std::uint64_t n);

}  // namespace parlab
