#include "kernels/numerics/sieve/cross_off.hpp"

#include <array>
#include <utility>

#include "kernels/numerics/arithmetic/wheel30.hpp"

namespace parlab {
namespace {

constexpr auto eight = std::make_index_sequence<8>{};

/// For a prime 30 q + r: byte and mask of its multiple by the wheel residue s, but for q s bytes.
template <std::size_t residue, std::size_t multiple>
struct Crossing {
  static constexpr std::uint32_t product = wheel_residues[residue] * wheel_residues[multiple];
  static constexpr std::uint32_t byte = product / 30;
  static constexpr std::uint8_t mask = static_cast<std::uint8_t>(~wheel_bit[product % 30]);
};

template <std::size_t residue, std::size_t... multiple>
void cross_period(std::uint8_t* period, std::uint64_t q, std::index_sequence<multiple...>) {
  ((period[q * wheel_residues[multiple] + Crossing<residue, multiple>::byte] &=
    Crossing<residue, multiple>::mask),
   ...);
}

template <std::size_t residue, std::size_t... multiple>
void cross_period_within(std::uint8_t* bytes, std::uint32_t size, std::int32_t period,
                         std::uint32_t q, std::index_sequence<multiple...>) {
  const auto cross = [&](std::uint32_t byte, std::uint8_t mask) {
    // A byte before the segment has wrapped around, so it is beyond the end too.
    bytes[byte < size ? byte : size] &= mask;
  };
  (cross(static_cast<std::uint32_t>(period) + q * wheel_residues[multiple] +
             Crossing<residue, multiple>::byte,
         Crossing<residue, multiple>::mask),
   ...);
}

template <std::size_t residue>
void whole_periods(std::uint8_t* bytes, std::int32_t size, CrossingPrime* begin,
                   CrossingPrime* end) {
  for (CrossingPrime* p = begin; p < end; ++p) {
    const auto prime = static_cast<std::int32_t>(p->prime);
    const std::uint64_t q = p->prime / 30;
    std::int32_t start = p->period_start;
    for (; start < size; start += prime) cross_period<residue>(bytes + start, q, eight);
    // The last period may reach into the next segment, where it is crossed off once more.
    p->period_start = start - prime - size;
  }
}

template <std::size_t residue>
void within(std::uint8_t* bytes, std::int32_t size, CrossingPrime* begin, CrossingPrime* end) {
  const auto unsigned_size = static_cast<std::uint32_t>(size);
  for (CrossingPrime* p = begin; p < end; ++p) {
    const auto prime = static_cast<std::int32_t>(p->prime);
    const std::uint32_t q = p->prime / 30;
    std::int32_t start = p->period_start;
    if (start < 0) {
      cross_period_within<residue>(bytes, unsigned_size, start, q, eight);
      start += prime;
    }
    for (; start <= size - prime; start += prime) cross_period<residue>(bytes + start, q, eight);
    if (start < size) {
      cross_period_within<residue>(bytes, unsigned_size, start, q, eight);
      start += prime;
    }
    // Past the segment; back to the last period unless it ended exactly here.
    p->period_start = start == size ? 0 : start - prime - size;
  }
}

using CrossOff = void (*)(std::uint8_t*, std::int32_t, CrossingPrime*, CrossingPrime*);
constexpr std::array<CrossOff, 8> whole_periods_by_residue = {
    whole_periods<0>, whole_periods<1>, whole_periods<2>, whole_periods<3>,
    whole_periods<4>, whole_periods<5>, whole_periods<6>, whole_periods<7>};
constexpr std::array<CrossOff, 8> within_by_residue = {within<0>, within<1>, within<2>, within<3>,
                                                       within<4>, within<5>, within<6>, within<7>};

}  // namespace

void cross_off_whole_periods(std::size_t residue, std::uint8_t* bytes, std::int32_t size,
                             CrossingPrime* begin, CrossingPrime* end) {
  whole_periods_by_residue[residue](bytes, size, begin, end);
}

void cross_off_within(std::size_t residue, std::uint8_t* bytes, std::int32_t size,
                      CrossingPrime* begin, CrossingPrime* end) {
  within_by_residue[residue](bytes, size, begin, end);
}

}  // namespace parlab
