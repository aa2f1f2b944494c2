#pragma once

// Where large primes first hit a stretch of the sieve: one division a prime, in SIMD.
//
// In double precision, for all 64-bit numbers: with L the stretch's first number, q the rounded
// quotient L / p and a fused multiply-add, L - q p is exact, for it is small; it says by how much q
// is off. Targets without one, such as SSE4, divide integers.
//
// Cost: 2 ns a prime with AVX-512 on Zen 5, of which 0.6 ns are a gather.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace parlab {

/// The smallest primes that these functions take; the quotients' room for errors rests on it.
inline constexpr std::uint32_t smallest_large_prime = 1 << 16;

inline constexpr std::size_t most_primes_at_once = 1024;

/// Hits of primes, each at one place of three arrays: the prime's quotient by 30, the byte that it
/// hits, counted from where the stretch begins, and its place among the steps of the wheel
/// (wheel_steps.hpp), from which the rest of the prime follows.
struct FirstHits {
  static constexpr std::size_t most_lanes = 16;  // written in whole vectors
  static constexpr std::size_t room = most_primes_at_once + most_lanes;
  std::array<std::uint32_t, room> quotients;
  std::array<std::uint32_t, room> bytes;
  std::array<std::uint32_t, room> places;
};

/// Finds for each prime p its first multiple p n in bytes [first_byte, first_byte + size), with n
/// at least p and coprime to 210, where it has one; returns how many, in the order of the primes.
/// Requires size < 2^31, most_primes_at_once primes at most, of smallest_large_prime at least, and
/// p * p at most 2^62 above the stretch's start.
std::size_t find_first_hits(std::span<const std::uint32_t> primes, std::uint64_t first_byte,
                            std::uint64_t size, FirstHits& hits);

/// Crosses off the multiples of primes, from their squares on, in bytes[0, size), which stand for
/// the numbers from 30 * first_byte on. Keeps no state. Primes as for find_first_hits.
void cross_off_first_hits(std::span<const std::uint32_t> primes, std::uint8_t* bytes,
                          std::uint64_t size, std::uint64_t first_byte);

}  // namespace parlab
