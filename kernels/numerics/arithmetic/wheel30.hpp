#pragma once

// The wheel of 30: of 30 consecutive numbers only 8 are coprime to 2, 3 and 5, so a byte holds the
// primality of 30 numbers. Bit i of byte b stands for 30 b + wheel_residues[i].

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace parlab {

inline constexpr std::array<std::uint32_t, 8> wheel_residues = {1, 7, 11, 13, 17, 19, 23, 29};

/// For each n below 30 a byte with n's bit, or 0 where n shares a factor with 30.
inline constexpr std::array<std::uint8_t, 30> wheel_bit = [] {
  std::array<std::uint8_t, 30> bits{};
  for (std::size_t i = 0; i < 8; ++i) bits[wheel_residues[i]] = static_cast<std::uint8_t>(1U << i);
  return bits;
}();

/// For each n below 240 the bits of the numbers up to n, in a word of eight bytes.
inline constexpr std::array<std::uint64_t, 240> wheel_bits_up_to = [] {
  std::array<std::uint64_t, 240> masks{};
  std::uint64_t mask = 0;
  for (std::size_t n = 0; n < masks.size(); ++n) {
    mask |= std::uint64_t{wheel_bit[n % 30]} << (n / 30 * 8);
    masks[n] = mask;
  }
  return masks;
}();

/// Calls visit(n) in order for every number whose bit is set in bytes[0, size), which stand for the
/// numbers from 30 * first_byte on.
template <class Visit>
void for_each_number(const std::uint8_t* bytes, std::uint64_t size, std::uint64_t first_byte,
                     const Visit& visit) {
  static_assert(std::endian::native == std::endian::little);
  static constexpr std::array<std::uint8_t, 64> offset = [] {
    std::array<std::uint8_t, 64> offsets{};
    for (std::size_t i = 0; i < 64; ++i)
      offsets[i] = static_cast<std::uint8_t>(30 * (i / 8) + wheel_residues[i % 8]);
    return offsets;
  }();
  for (std::uint64_t at = 0; at < size; at += 8) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, bytes + at, size - at < 8 ? size - at : 8);
    for (; bits != 0; bits &= bits - 1)
      visit(30 * (first_byte + at) + offset[static_cast<std::size_t>(std::countr_zero(bits))]);
  }
}

}  // namespace parlab
