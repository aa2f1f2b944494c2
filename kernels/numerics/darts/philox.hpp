#pragma once

// Philox4x32-10: random numbers by counting. A block cipher with little secrecy and much speed
// turns counter and key into four words; there is no state, so number 10^12 costs what number 0
// does, and any worker can draw any number of the stream.
//
// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11,
// section 3.3 and table 2. Passes BigCrush; the same words as Random123 and std::philox4x32 of
// C++26, where block n has the counter {low, high} = n.
// Cost: two widening multiplications a round, 20 for four words.

#include <array>
#include <cstdint>

namespace parlab {

// Multipliers and Weyl increments: Salmon et al., SC'11, table 2.
inline constexpr std::uint64_t philox_multiplier_0 = 0xD2511F53;
inline constexpr std::uint64_t philox_multiplier_1 = 0xCD9E8D57;
inline constexpr std::uint32_t philox_weyl_0 = 0x9E3779B9;  // golden ratio
inline constexpr std::uint32_t philox_weyl_1 = 0xBB67AE85;  // sqrt(3) - 1
inline constexpr int philox_rounds = 10;

/// The four words of one block.
constexpr std::array<std::uint32_t, 4> philox4x32_10(std::array<std::uint32_t, 4> counter,
                                                     std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < philox_rounds; ++round) {
    const std::uint64_t product_0 = philox_multiplier_0 * counter[0];
    const std::uint64_t product_1 = philox_multiplier_1 * counter[2];
    counter = {static_cast<std::uint32_t>(product_1 >> 32) ^ counter[1] ^ key[0],
               static_cast<std::uint32_t>(product_1),
               static_cast<std::uint32_t>(product_0 >> 32) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(product_0)};
    key[0] += philox_weyl_0;
    key[1] += philox_weyl_1;
  }
  return counter;
}

/// The two key words of every round, for code that keeps them in registers.
struct PhiloxKeys {
  explicit constexpr PhiloxKeys(std::uint64_t seed) {
    for (std::uint32_t round = 0; round < philox_rounds; ++round) {
      word_0[round] = static_cast<std::uint32_t>(seed) + round * philox_weyl_0;
      word_1[round] = static_cast<std::uint32_t>(seed >> 32) + round * philox_weyl_1;
    }
  }
  std::array<std::uint32_t, philox_rounds> word_0{};
  std::array<std::uint32_t, philox_rounds> word_1{};
};

}  // namespace parlab
