#include "kernels/numerics/sieve/first_multiples.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "kernels/numerics/arithmetic/wheel30.hpp"

#ifndef PARLAB_FIRST_MULTIPLE  // once, however often this file is compiled
#define PARLAB_FIRST_MULTIPLE
namespace parlab {
namespace {

constexpr std::size_t most_lanes = 8;  // doubles in the widest vector: 512 bits

struct FirstMultiple {
  std::uint32_t prime;
  std::uint32_t offset;
};
}  // namespace
}  // namespace parlab
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/numerics/sieve/first_multiples.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parlab::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Numbers = hn::ScalableTag<double>;
using Indices = hn::Rebind<std::int32_t, Numbers>;

}  // namespace

std::size_t starts_of_periods(const std::uint32_t* primes, std::size_t count, double first_byte,
                              std::int32_t* starts) {
  const Numbers numbers;
  const Indices indices;
  const std::size_t lanes = hn::Lanes(numbers);
  const auto first = hn::Set(numbers, first_byte);
  const auto wheel = hn::Set(numbers, 30);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto bits = hn::LoadU(indices, reinterpret_cast<const std::int32_t*>(primes + i));
    const auto prime = hn::PromoteTo(numbers, bits);
    const auto period = hn::Max(hn::Floor(hn::Div(prime, wheel)), hn::Floor(hn::Div(first, prime)));
    const auto start = hn::MulSub(period, prime, first);
    hn::StoreU(hn::DemoteTo(indices, start), indices, starts + i);
  }
  return i;
}

/// Appends those primes whose first odd multiple is less than `limit` from first_number. Reads the
/// primes in whole vectors.
std::size_t first_odd_multiples(const std::uint32_t* primes, std::size_t count, double first_number,
                                double limit, FirstMultiple* out) {
  const Numbers numbers;
  const Indices indices;
  const std::size_t lanes = hn::Lanes(numbers);
  const auto first = hn::Set(numbers, first_number);
  const auto end = hn::Set(numbers, limit);
  const auto one = hn::Set(numbers, 1);
  const auto half = hn::Set(numbers, 0.5);
  std::size_t hits = 0;
  for (std::size_t i = 0; i < count; i += lanes) {
    const auto bits = hn::LoadU(indices, reinterpret_cast<const std::int32_t*>(primes + i));
    const auto prime = hn::PromoteTo(numbers, bits);
    // The least odd number that is not below the quotient.
    const auto above = hn::Ceil(hn::Mul(hn::Sub(hn::Div(first, prime), one), half));
    const auto multiplier = hn::Max(hn::Add(hn::Add(above, above), one), prime);
    const auto offset = hn::MulSub(multiplier, prime, first);
    const auto hit = hn::Lt(offset, end);
    // Few hit, so a loop over the mask; compressing stores are microcode on Zen 4.
    std::array<std::uint8_t, 8> mask{};
    hn::StoreMaskBits(numbers, hit, mask.data());
    if (mask[0] == 0) continue;
    std::array<std::int32_t, most_lanes> lane_offsets;
    hn::StoreU(hn::DemoteTo(indices, offset), indices, lane_offsets.data());
    for (unsigned left = mask[0]; left != 0; left &= left - 1) {
      const auto lane = static_cast<std::size_t>(std::countr_zero(left));
      out[hits++] = {primes[i + lane], static_cast<std::uint32_t>(lane_offsets[lane])};
    }
  }
  return hits;
}

}  // namespace parlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parlab {
namespace {

HWY_EXPORT(starts_of_periods);
HWY_EXPORT(first_odd_multiples);

/// See the header.
constexpr std::uint64_t exact_below = std::uint64_t{1} << 52;

/// No prime, and its square is beyond every range that is divided in double precision.
constexpr std::uint32_t padding = 0x7FFFFFFF;

void cross_off_from(std::uint64_t offset, std::uint64_t prime, std::uint8_t* bytes,
                    std::uint64_t size) {
  for (; offset < 30 * size; offset += 2 * prime)
    bytes[offset / 30] &= static_cast<std::uint8_t>(~wheel_bit[offset % 30]);
}

std::uint64_t first_odd_offset(std::uint64_t prime, std::uint64_t first_number) {
  if (prime * prime > first_number) return prime * prime - first_number;
  const std::uint64_t offset = prime - first_number % prime;
  return offset % 2 == 0 ? offset + prime : offset;  // first_number is even
}

}  // namespace

void find_period_starts(std::span<const std::uint32_t> primes, std::uint64_t first_byte,
                        std::int32_t* starts) {
  std::size_t done = 0;
  if (first_byte < exact_below)
    done = HWY_DYNAMIC_DISPATCH(starts_of_periods)(primes.data(), primes.size(),
                                                   static_cast<double>(first_byte), starts);
  for (; done < primes.size(); ++done) {
    const std::uint64_t prime = primes[done];
    const std::uint64_t period = std::max(prime / 30, first_byte / prime);
    starts[done] = static_cast<std::int32_t>(static_cast<std::int64_t>(period * prime) -
                                             static_cast<std::int64_t>(first_byte));
  }
}

void cross_off_sparse(std::span<const std::uint32_t> primes, std::uint8_t* bytes,
                      std::uint64_t size, std::uint64_t first_byte) {
  const std::uint64_t first_number = 30 * first_byte;
  if (first_number >= exact_below) {
    for (const std::uint64_t prime : primes)
      cross_off_from(first_odd_offset(prime, first_number), prime, bytes, size);
    return;
  }
  std::array<std::uint32_t, most_sparse_primes + most_lanes> padded;
  std::ranges::copy(primes, padded.begin());
  std::fill_n(padded.begin() + static_cast<std::ptrdiff_t>(primes.size()), most_lanes, padding);
  std::array<FirstMultiple, most_sparse_primes> first;
  const std::size_t hits = HWY_DYNAMIC_DISPATCH(first_odd_multiples)(
      padded.data(), primes.size(), static_cast<double>(first_number),
      static_cast<double>(30 * size), first.data());
  for (std::size_t i = 0; i < hits; ++i)
    cross_off_from(first[i].offset, first[i].prime, bytes, size);
}

}  // namespace parlab
#endif  // HWY_ONCE
