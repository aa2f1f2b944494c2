#include "kernels/numerics/prime_counts/counted_segment.hpp"

#include <algorithm>

#include "kernels/numerics/sieve/sieve_bytes.hpp"

namespace parlab {
namespace {

/// The multiples of 7, 11 and 13 repeat after so many bytes.
constexpr std::uint64_t pattern_period = 7UL * 11 * 13;

constexpr std::array<std::uint8_t, pattern_period> pattern = [] {
  std::array<std::uint8_t, pattern_period> bytes{};
  for (std::uint64_t n = 0; n < 30 * pattern_period; ++n) {
    if (n % 7 != 0 && n % 11 != 0 && n % 13 != 0)
      bytes[n / 30] = static_cast<std::uint8_t>(bytes[n / 30] | wheel_bit[n % 30]);
  }
  return bytes;
}();

/// For each wheel residue r of a prime p = 30 q + r and each multiplier 30 t + s: the multiple is `bit`
/// of byte p t + q s + carry.
struct Crossing {
  std::uint8_t carry;
  std::uint8_t bit;
};
constexpr std::array<std::array<Crossing, 8>, 30> crossings = [] {
  std::array<std::array<Crossing, 8>, 30> table{};
  for (const std::uint32_t residue : wheel_residues) {
    for (std::size_t i = 0; i < 8; ++i) {
      const std::uint32_t product = residue * wheel_residues[i];
      table[residue][i] = {static_cast<std::uint8_t>(product / 30),
                           static_cast<std::uint8_t>(std::countr_zero(wheel_bit[product % 30]))};
    }
  }
  return table;
}();

}  // namespace

void CountedSegment::begin(std::uint64_t first_byte, std::uint64_t size) {
  size_ = size;
  std::uint64_t from = first_byte % pattern_period;
  for (std::uint64_t at = 0; at < size;) {
    const std::uint64_t length = std::min(pattern_period - from, size - at);
    std::copy_n(pattern.data() + from, length, bytes_.data() + at);
    at += length;
    from = 0;
  }
  left_ = 0;
  for (std::uint64_t block = 0; block * block_bytes < size; ++block) {
    left_in_[block] =
        static_cast<std::uint32_t>(count_bits(bytes_.data() + block * block_bytes, block_bytes));
    left_ += left_in_[block];
  }
}

void CountedSegment::cross_off(std::uint32_t prime, std::int64_t& period) {
  const std::int64_t quotient = prime / 30;
  const std::array<Crossing, 8>& crossing = crossings[prime % 30];
  std::array<std::int64_t, 8> offset{};
  for (std::size_t i = 0; i < 8; ++i) offset[i] = quotient * wheel_residues[i] + crossing[i].carry;
  std::uint8_t* const bytes = bytes_.data();
  std::uint32_t* const left_in = left_in_.data();
  std::uint64_t crossed = 0;
  const auto cross = [&](std::int64_t at, unsigned bit) {
    const auto byte = static_cast<std::uint64_t>(at);
    const std::uint32_t set = bytes[byte] >> bit & 1U;
    bytes[byte] = static_cast<std::uint8_t>(bytes[byte] & ~(1U << bit));
    left_in[byte / block_bytes] -= set;
    crossed += set;
  };
  const auto size = static_cast<std::int64_t>(size_);
  const auto cross_within = [&] {
    for (std::size_t i = 0; i < 8; ++i) {
      const std::int64_t at = period + offset[i];
      if (at >= 0 && at < size) cross(at, crossing[i].bit);
    }
  };
  if (period < 0) {
    cross_within();
    period += prime;
  }
  for (; period + prime <= size; period += prime) {
    for (std::size_t i = 0; i < 8; ++i) cross(period + offset[i], crossing[i].bit);
  }
  if (period < size) {
    cross_within();
    period += prime;
  }
  // The last period may reach into the segment that follows.
  period -= size + (period == size ? 0 : prime);
  left_ -= crossed;
}

}  // namespace parlab
