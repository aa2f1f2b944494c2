#pragma once

// The wheel of 210: of 210 consecutive numbers 48 are coprime to 2, 3, 5 and 7.

#include <array>
#include <cstdint>
#include <numeric>

namespace parlab {

inline constexpr std::array<std::uint16_t, 48> wheel210_residues = [] {
  std::array<std::uint16_t, 48> residues{};
  std::size_t count = 0;
  for (std::uint16_t n = 1; n < 210; ++n)
    if (std::gcd(unsigned{n}, 210U) == 1) residues[count++] = n;
  return residues;
}();

inline constexpr std::array<std::uint64_t, 4> wheel210_primes = {2, 3, 5, 7};

}  // namespace parlab
