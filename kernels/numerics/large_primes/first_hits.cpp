#include "kernels/numerics/large_primes/first_hits.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "kernels/numerics/large_primes/wheel_steps.hpp"

#ifndef PARLAB_FIRST_HITS  // once, however often this file is compiled
#define PARLAB_FIRST_HITS
namespace parlab {
namespace {

/// For each number below 210, how far it is to the next that is coprime to 210, and its place.
struct NextCoprime {
  std::array<double, 210> distance;
  std::array<std::uint8_t, 210> place;
};
constexpr NextCoprime next_coprime = [] {
  NextCoprime next{};
  for (std::uint32_t n = 0; n < 210; ++n) {
    std::uint8_t place = 0;
    while (coprime_to_210[place] < n) ++place;
    next.distance[n] = coprime_to_210[place] - n;
    next.place[n] = place;
  }
  return next;
}();

/// One prime after the other, by integers.
std::size_t hits_by_integers(const std::uint32_t* primes, std::size_t count,
                             std::uint64_t first_byte, std::uint64_t size, FirstHit* out) {
  const std::uint64_t first_number = 30 * first_byte;
  std::size_t hits = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t prime = primes[i];
    std::uint64_t multiplier = first_number / prime;
    std::uint64_t distance = 0;  // of the multiple from first_number
    if (multiplier < prime) {
      multiplier = prime;
      const std::uint64_t square = prime * prime;
      distance = square - first_number;
      if (square < first_number) {
        distance = square + prime - first_number;
        ++multiplier;
      }
    } else {
      const std::uint64_t rest = first_number % prime;
      distance = rest == 0 ? 0 : prime - rest;
      multiplier += rest == 0 ? 0 : 1;
    }
    const std::size_t place = multiplier % 210;
    distance += static_cast<std::uint64_t>(next_coprime.distance[place]) * prime;
    if (distance / 30 < size)
      out[hits++] = {primes[i], static_cast<std::uint32_t>(distance / 30),
                     next_coprime.place[place]};
  }
  return hits;
}

}  // namespace
}  // namespace parlab
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/numerics/large_primes/first_hits.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parlab::HWY_NAMESPACE {

std::size_t first_hits(const std::uint32_t* primes, std::size_t count, std::uint64_t first_byte,
                       std::uint64_t size, FirstHit* out) {
  std::size_t i = 0;
  std::size_t hits = 0;
#if HWY_NATIVE_FMA
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::ScalableTag<double> numbers;
  const hn::Rebind<std::int32_t, decltype(numbers)> halves;
  const hn::Rebind<std::int64_t, decltype(numbers)> wholes;
  const hn::Rebind<std::uint64_t, decltype(numbers)> naturals;
  const hn::Rebind<std::uint32_t, decltype(numbers)> primes_of;
  const std::size_t lanes = hn::Lanes(numbers);
  constexpr std::size_t most_lanes = 8;  // doubles in the widest vector: 512 bits
  // Both parts are exact as doubles: 52 bits above, 12 bits below.
  const std::uint64_t low_part = 30 * first_byte % 4096;
  const auto high = hn::Set(numbers, static_cast<double>(30 * first_byte - low_part));
  const auto low = hn::Set(numbers, static_cast<double>(low_part));
  const auto end = hn::Set(numbers, static_cast<double>(size));
  const auto zero = hn::Zero(numbers);
  const auto one = hn::Set(numbers, 1);
  for (; i + lanes <= count; i += lanes) {
    const auto prime =
        hn::ConvertTo(numbers, hn::PromoteTo(naturals, hn::LoadU(primes_of, primes + i)));
    auto multiplier = hn::Floor(hn::Div(high, prime));
    // From first_number to the multiple: at least -p - 4095, for the quotient is off by 1 at most.
    auto distance = hn::Sub(hn::MulSub(multiplier, prime, high), low);
    for (int step = 0; step < 2; ++step) {
      const auto before = hn::Lt(distance, zero);
      distance = hn::IfThenElse(before, hn::Add(distance, prime), distance);
      multiplier = hn::IfThenElse(before, hn::Add(multiplier, one), multiplier);
    }
    const auto early = hn::Lt(multiplier, prime);
    distance = hn::IfThenElse(early, hn::Sub(hn::MulSub(prime, prime, high), low), distance);
    multiplier = hn::IfThenElse(early, prime, multiplier);
    // Half a unit more than the quotient keeps its rounding away from whole numbers.
    const auto wheels =
        hn::Floor(hn::Mul(hn::Add(multiplier, hn::Set(numbers, 0.5)), hn::Set(numbers, 1.0 / 210)));
    const auto place =
        hn::ConvertTo(wholes, hn::NegMulAdd(wheels, hn::Set(numbers, 210), multiplier));
    const auto steps = hn::GatherIndex(numbers, next_coprime.distance.data(), place);
    distance = hn::MulAdd(steps, prime, distance);
    // A number coprime to 30 is a thirtieth away from whole bytes at least.
    const auto byte = hn::Floor(hn::Mul(distance, hn::Set(numbers, 1.0 / 30)));
    const auto hit = hn::Lt(byte, end);
    std::array<std::uint8_t, 8> mask{};
    hn::StoreMaskBits(numbers, hit, mask.data());
    if (mask[0] == 0) continue;
    std::array<std::int32_t, most_lanes> lane_bytes;
    std::array<std::int64_t, most_lanes> lane_places;
    hn::StoreU(hn::DemoteTo(halves, byte), halves, lane_bytes.data());
    hn::StoreU(place, wholes, lane_places.data());
    for (unsigned left = mask[0]; left != 0; left &= left - 1) {
      const auto lane = static_cast<std::size_t>(std::countr_zero(left));
      out[hits++] = {primes[i + lane], static_cast<std::uint32_t>(lane_bytes[lane]),
                     next_coprime.place[static_cast<std::size_t>(lane_places[lane])]};
    }
  }
#endif
  return hits + hits_by_integers(primes + i, count - i, first_byte, size, out + hits);
}

}  // namespace parlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parlab {
namespace {
HWY_EXPORT(first_hits);
}  // namespace

std::size_t find_first_hits(std::span<const std::uint32_t> primes, std::uint64_t first_byte,
                            std::uint64_t size, FirstHit* out) {
  return HWY_DYNAMIC_DISPATCH(first_hits)(primes.data(), primes.size(), first_byte, size, out);
}

void cross_off_first_hits(std::span<const std::uint32_t> primes, std::uint8_t* bytes,
                          std::uint64_t size, std::uint64_t first_byte) {
  std::array<FirstHit, most_primes_at_once> hits;
  const std::size_t count = find_first_hits(primes, first_byte, size, hits.data());
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t quotient = hits[i].prime / 30;
    std::uint32_t place = wheel_place(hits[i].prime, hits[i].multiplier);
    for (std::uint64_t byte = hits[i].byte; byte < size;) {
      const WheelStep& step = wheel_steps[place];
      bytes[byte] &= step.mask;
      byte += quotient * step.gap + step.carry;
      place = step.next;
    }
  }
}

}  // namespace parlab
#endif  // HWY_ONCE
