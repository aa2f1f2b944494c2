#pragma once

// Where a list of primes first meets a stretch of the sieve: one division a prime, in SIMD. In
// short ranges, which most primes meet once or never, this is most of the work.
//
// The divisions are done in double precision. With L the stretch's start and p the prime, L / p is
// rounded to a multiple of at most 2^-52 (L / p). Where L / p is no integer it is at least 1 / p
// away from one, which is more than that as long as L < 2^52: so floor and ceiling are those of the
// exact quotient. From there on the same is done with 64-bit integers.
//
// Cost: with AVX-512 about 1 ns a prime, of which 0.4 ns are the division.

#include <cstddef>
#include <cstdint>
#include <span>

namespace parlab {

/// For each prime p, from first_byte on in bytes, the start of the wheel period (cross_off.hpp)
/// that holds first_byte, but not before that of p * p: negative where it lies before first_byte.
/// Starts must fit in 32 bits.
void find_period_starts(std::span<const std::uint32_t> primes, std::uint64_t first_byte,
                        std::int32_t* starts);

/// Crosses off the odd multiples of primes from their squares on in bytes[0, size), which stand for
/// the numbers from 30 * first_byte on. For primes that meet a segment a few times at most: it
/// keeps no state. At most most_sparse_primes at once.
inline constexpr std::size_t most_sparse_primes = 1024;
void cross_off_sparse(std::span<const std::uint32_t> primes, std::uint8_t* bytes,
                      std::uint64_t size, std::uint64_t first_byte);

}  // namespace parlab
