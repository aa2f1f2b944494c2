#pragma once

// ARS-7: random numbers by counting, like Philox (philox.hpp), but by rounds of AES, which
// processors have an instruction for. The key schedule is a Weyl sequence instead of AES's own.
//
// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11, section
// 3.2 and table 2: seven rounds pass BigCrush with two to spare. The same words as Random123's
// ars4x32. The round is that of FIPS 197, section 5.1.
// Here without the instruction: the reference, and what runs where there is none.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace parlab {

inline constexpr int ars_rounds = 7;

/// The two 64-bit halves of an AES state or key, lower half first.
using AesState = std::array<std::uint64_t, 2>;

/// Increments of the key's halves: SC'11, section 3.2; the golden ratio and sqrt(3) - 1.
inline constexpr AesState ars_weyl = {0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B};

/// The key of a round from 0, which is added before the first, to ars_rounds.
constexpr AesState ars_key(std::uint64_t seed, unsigned round) {
  return {seed + round * ars_weyl[0], round * ars_weyl[1]};
}

/// Twice in GF(2^8), modulo x^8 + x^4 + x^3 + x + 1.
constexpr std::uint8_t aes_double(std::uint8_t a) {
  return static_cast<std::uint8_t>(a << 1 ^ ((a & 0x80) != 0 ? 0x1B : 0));
}

/// FIPS 197, section 5.1.1: the inverse in GF(2^8), then a rotation pattern. p runs through all
/// powers of 3, a generator, and q through their inverses.
inline constexpr std::array<std::uint8_t, 256> aes_substitution = [] {
  std::array<std::uint8_t, 256> box{};
  std::uint8_t p = 1;
  std::uint8_t q = 1;
  do {
    p = static_cast<std::uint8_t>(p ^ aes_double(p));
    q = static_cast<std::uint8_t>(q ^ q << 1);
    q = static_cast<std::uint8_t>(q ^ q << 2);
    q = static_cast<std::uint8_t>(q ^ q << 4);
    if ((q & 0x80) != 0) q ^= 0x09;
    box[p] = static_cast<std::uint8_t>(q ^ std::rotl(q, 1) ^ std::rotl(q, 2) ^ std::rotl(q, 3) ^
                                       std::rotl(q, 4) ^ 0x63);
  } while (p != 1);
  box[0] = 0x63;
  return box;
}();

/// One round: substitute, shift rows, mix columns unless it is the last one, add the key.
constexpr AesState aes_round(const AesState& state, const AesState& key, bool last) {
  const auto byte = [&state](std::size_t i) {
    return aes_substitution[state[i / 8] >> (8 * (i % 8)) & 0xFF];
  };
  AesState result = key;
  for (std::size_t column = 0; column < 4; ++column) {
    std::array<std::uint8_t, 4> in{};
    for (std::size_t row = 0; row < 4; ++row) in[row] = byte(4 * ((column + row) % 4) + row);
    for (std::size_t row = 0; row < 4; ++row) {
      std::uint64_t out = in[row];
      if (!last) {
        const std::uint8_t next = in[(row + 1) % 4];
        out = static_cast<std::uint64_t>(aes_double(in[row]) ^ aes_double(next) ^ next ^
                                         in[(row + 2) % 4] ^ in[(row + 3) % 4]);
      }
      const std::size_t place = 4 * column + row;
      result[place / 8] ^= out << (8 * (place % 8));
    }
  }
  return result;
}

/// Block number `block` of the stream `seed`: two 64-bit words, the darts 2 block and 2 block + 1.
constexpr AesState ars_block(std::uint64_t block, std::uint64_t seed) {
  AesState state = {block ^ seed, 0};
  for (unsigned round = 1; round <= ars_rounds; ++round)
    state = aes_round(state, ars_key(seed, round), round == ars_rounds);
  return state;
}

}  // namespace parlab
