#pragma once

// Steps from one multiple of a prime to the next that shares no factor with 210, in a sieve of 30
// numbers a byte. A prime p = 30 q + r at the multiple p n stands at one of 8 * 48 places: which of
// eight r, and which of 48 n modulo 210.

#include <array>
#include <bit>
#include <cstdint>
#include <numeric>

#include "kernels/numerics/arithmetic/wheel30.hpp"

namespace parlab {

/// What a prime does at a place: clear a bit of its byte, then go on by q * gap + carry bytes.
struct WheelStep {
  std::uint8_t mask;
  std::uint8_t gap;
  std::uint16_t carry;
  std::uint32_t next;  // the place after it
};

inline constexpr std::size_t wheel_multipliers = 48;

/// Numbers below 210 that are coprime to it.
inline constexpr std::array<std::uint32_t, wheel_multipliers> coprime_to_210 = [] {
  std::array<std::uint32_t, wheel_multipliers> numbers{};
  std::size_t count = 0;
  for (std::uint32_t n = 1; n < 210; ++n)
    if (std::gcd(n, 210U) == 1) numbers[count++] = n;
  return numbers;
}();

inline constexpr std::array<WheelStep, 8 * wheel_multipliers> wheel_steps = [] {
  std::array<WheelStep, 8 * wheel_multipliers> steps{};
  for (std::uint32_t residue = 0; residue < 8; ++residue) {
    for (std::uint32_t i = 0; i < wheel_multipliers; ++i) {
      const std::uint32_t next = (i + 1) % wheel_multipliers;
      const std::uint32_t gap = (coprime_to_210[next] + 210 - coprime_to_210[i] - 1) % 210 + 1;
      const std::uint32_t place = wheel_residues[residue] * coprime_to_210[i] % 30;
      steps[residue * wheel_multipliers + i] = {
          .mask = static_cast<std::uint8_t>(~wheel_bit[place]),
          .gap = static_cast<std::uint8_t>(gap),
          .carry = static_cast<std::uint16_t>((place + wheel_residues[residue] * gap) / 30),
          .next = residue * static_cast<std::uint32_t>(wheel_multipliers) + next};
    }
  }
  return steps;
}();

/// Place of a prime at a multiplier, which is given by its place in coprime_to_210.
inline std::uint32_t wheel_place(std::uint32_t prime, std::uint32_t multiplier) {
  // The bits of wheel_bit are in the order of the residues.
  const auto residue = static_cast<std::uint32_t>(std::countr_zero(wheel_bit[prime % 30]));
  return residue * static_cast<std::uint32_t>(wheel_multipliers) + multiplier;
}

/// The longest step between two numbers that are coprime to 210: from 199 to 209, or 1 to 11.
inline constexpr std::uint64_t longest_gap = 10;

}  // namespace parlab
