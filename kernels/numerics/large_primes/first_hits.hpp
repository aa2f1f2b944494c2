#pragma once

// Where large primes first hit a stretch of the sieve: one division a prime, in SIMD.
//
// In double precision, for all 64-bit numbers: with L the stretch's first number, q the rounded
// quotient L / p and a fused multiply-add, L - q p is exact, for it is small; it says by how much q
// is off. Targets without one, such as SSE4, divide integers.
//
// Cost: 1 ns a prime with AVX-512.

#include <cstddef>
#include <cstdint>
#include <span>

namespace parlab {

/// The smallest primes that these functions take; the quotients' room for errors rests on it.
inline constexpr std::uint32_t smallest_large_prime = 1 << 16;

/// A prime hits byte `byte` of the stretch, with the multiplier at place `multiplier` of the 48
/// that are coprime to 210 (wheel_steps.hpp).
struct FirstHit {
  std::uint32_t prime;
  std::uint32_t byte;
  std::uint32_t multiplier;
};

/// Writes for each prime p its first multiple p n in bytes [first_byte, first_byte + size), with n
/// at least p and coprime to 210, where it has one; returns how many. Requires size < 2^31,
/// primes of smallest_large_prime at least, p * p at most 2^62 above the stretch's start.
std::size_t find_first_hits(std::span<const std::uint32_t> primes, std::uint64_t first_byte,
                            std::uint64_t size, FirstHit* out);

/// Crosses off the multiples of primes, from their squares on, in bytes[0, size), which stand for
/// the numbers from 30 * first_byte on. Keeps no state; at most most_primes_at_once.
inline constexpr std::size_t most_primes_at_once = 1024;
void cross_off_first_hits(std::span<const std::uint32_t> primes, std::uint8_t* bytes,
                          std::uint64_t size, std::uint64_t first_byte);

}  // namespace parlab
