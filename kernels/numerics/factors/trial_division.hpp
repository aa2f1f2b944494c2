#pragma once

// Primes by trial division: try 2, then every odd divisor up to the square root. The way that books
// on parallel programming start with, and no faster here: it is what others are measured against.
//
// Cost: up to sqrt(n) / 2 divisions for a number n, all of them where n is prime.

#include <cstdint>

#include "kernels/base/index_range.hpp"

namespace parlab {

/// Correct for every n; a prime near 2^64 takes 2^31 divisions.
bool is_prime_by_trial(std::uint64_t n);

/// How many primes the range holds.
std::uint64_t count_primes_by_trial(IndexRange range);

/// Writes the primes of the range, in order, to `out` and returns how many. There must be room for
/// most_primes_in(range), see sieve.hpp.
std::uint64_t list_primes_by_trial(IndexRange range, std::uint64_t* out);

}  // namespace parlab
