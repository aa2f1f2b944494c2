#include "kernels/numerics/large_primes/first_hits.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "kernels/numerics/large_primes/wheel_steps.hpp"

#ifndef PARLAB_FIRST_HITS  // once, however often this file is compiled
#define PARLAB_FIRST_HITS
namespace parlab {
namespace {

/// For each number below 210, the next that is coprime to 210: how far it is (the lowest four bits),
/// and its place among the 48 (above them). 32 bits each, as gathers read them.
constexpr unsigned distance_bits = 4;
constexpr std::uint32_t distance_mask = (1U << distance_bits) - 1;
static_assert(longest_gap <= distance_mask);
constexpr std::array<std::uint32_t, 210> next_coprime = [] {
  std::array<std::uint32_t, 210> next{};
  for (std::uint32_t n = 0; n < 210; ++n) {
    std::uint32_t place = 0;
    while (coprime_to_210[place] < n) ++place;
    next[n] = (coprime_to_210[place] - n) | place << distance_bits;
  }
  return next;
}();

/// One prime after the other, by integers; `found` hits are there already.
std::size_t hits_by_integers(std::span<const std::uint32_t> primes, std::uint64_t first_byte,
                             std::uint64_t size, FirstHits& hits, std::size_t found) {
  const std::uint64_t first_number = 30 * first_byte;
  for (const std::uint64_t prime : primes) {
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
    const std::uint32_t next = next_coprime[multiplier % 210];
    distance += (next & distance_mask) * prime;
    if (distance / 30 >= size) continue;
    hits.quotients[found] = static_cast<std::uint32_t>(prime / 30);
    hits.bytes[found] = static_cast<std::uint32_t>(distance / 30);
    hits.places[found] = wheel_place(static_cast<std::uint32_t>(prime), next >> distance_bits);
    ++found;
  }
  return found;
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

std::size_t first_hits(std::span<const std::uint32_t> primes, std::uint64_t first_byte,
                       std::uint64_t size, FirstHits& hits) {
  std::size_t i = 0;
  std::size_t found = 0;
#if HWY_NATIVE_FMA
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::ScalableTag<double> numbers;
  const hn::Rebind<std::int32_t, decltype(numbers)> halves;
  const hn::Rebind<std::uint64_t, decltype(numbers)> naturals;
  const hn::Rebind<std::uint32_t, decltype(numbers)> words;
  const std::size_t lanes = hn::Lanes(numbers);
  const auto whole = [&](auto number) { return hn::DemoteTo(halves, number); };  // its whole part
  // Both parts are exact as doubles: 52 bits above, 12 bits below.
  const std::uint64_t low_part = 30 * first_byte % 4096;
  const auto high = hn::Set(numbers, static_cast<double>(30 * first_byte - low_part));
  const auto low = hn::Set(numbers, static_cast<double>(low_part));
  const auto end = hn::Set(halves, static_cast<std::int32_t>(size));
  const auto one = hn::Set(numbers, 1);
  const auto seven = hn::Set(halves, 7);
  const auto distances = hn::Set(halves, static_cast<int>(distance_mask));
  const auto multipliers = hn::Set(halves, static_cast<int>(wheel_multipliers));
  const std::uint64_t most = primes.empty() ? 0 : primes.back();
  const bool has_squares = most * most > 30 * first_byte;
  // Where one vector in twenty or more has a hit, to branch would cost more than to store none.
  const bool is_rare = 30 * size * 40 < most;
  for (; i + lanes <= primes.size(); i += lanes) {
    const auto prime =
        hn::ConvertTo(numbers, hn::PromoteTo(naturals, hn::LoadU(words, primes.data() + i)));
    // With x = first_number / p, high / p is between x - 1/16 - 1/64 and x + 1/64, for it is rounded
    // at 2^48 at most. So this is above x, by 1 at most, or by 2 where the fraction of x is near 1.
    auto multiplier =
        hn::Add(hn::Floor(hn::Add(hn::Div(high, prime), hn::Set(numbers, 0.125))), one);
    auto distance = hn::Sub(hn::MulSub(multiplier, prime, high), low);
    const auto beyond = hn::Ge(distance, prime);
    distance = hn::IfThenElse(beyond, hn::Sub(distance, prime), distance);
    multiplier = hn::IfThenElse(beyond, hn::Sub(multiplier, one), multiplier);
    if (has_squares) {
      const auto early = hn::Lt(multiplier, prime);
      distance = hn::IfThenElse(early, hn::Sub(hn::MulSub(prime, prime, high), low), distance);
      multiplier = hn::IfThenElse(early, prime, multiplier);
    }
    // Half a unit more than the quotient keeps its rounding away from whole numbers.
    const auto wheels =
        hn::Floor(hn::Mul(hn::Add(multiplier, hn::Set(numbers, 0.5)), hn::Set(numbers, 1.0 / 210)));
    const auto rest = whole(hn::NegMulAdd(wheels, hn::Set(numbers, 210), multiplier));
    const auto next =
        hn::GatherIndex(halves, reinterpret_cast<const std::int32_t*>(next_coprime.data()), rest);
    distance = hn::MulAdd(hn::PromoteTo(numbers, hn::And(next, distances)), prime, distance);
    // A number coprime to 30 is a thirtieth away from whole bytes at least. What is too far for 32
    // bits becomes the largest of them.
    const auto byte = whole(hn::Mul(distance, hn::Set(numbers, 1.0 / 30)));
    const auto hit = hn::Lt(byte, end);
    if (is_rare && hn::AllFalse(halves, hit)) continue;
    // Which of the eight residues r: the whole part of 8 r / 30.
    const auto eighths = whole(hn::Mul(prime, hn::Set(numbers, 8.0 / 30)));
    const auto place =
        hn::Add(hn::ShiftRight<distance_bits>(next), hn::Mul(hn::And(eighths, seven), multipliers));
    // In registers, then stored whole: stores of some lanes are microcode on Zen 4.
    const auto put = [&](auto all, std::array<std::uint32_t, FirstHits::room>& out) {
      hn::StoreU(hn::BitCast(words, hn::Compress(all, hit)), words, out.data() + found);
    };
    put(hn::ShiftRight<3>(eighths), hits.quotients);
    put(byte, hits.bytes);
    put(place, hits.places);
    found += hn::CountTrue(halves, hit);
  }
#endif
  return hits_by_integers(primes.subspan(i), first_byte, size, hits, found);
}

}  // namespace parlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parlab {
namespace {
HWY_EXPORT(first_hits);
}  // namespace

std::size_t find_first_hits(std::span<const std::uint32_t> primes, std::uint64_t first_byte,
                            std::uint64_t size, FirstHits& hits) {
  return HWY_DYNAMIC_DISPATCH(first_hits)(primes, first_byte, size, hits);
}

void cross_off_first_hits(std::span<const std::uint32_t> primes, std::uint8_t* bytes,
                          std::uint64_t size, std::uint64_t first_byte) {
  FirstHits hits;
  const std::size_t count = find_first_hits(primes, first_byte, size, hits);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t quotient = hits.quotients[i];
    std::uint32_t place = hits.places[i];
    for (std::uint64_t byte = hits.bytes[i]; byte < size;) {
      const WheelStep& step = wheel_steps[place];
      bytes[byte] &= step.mask;
      byte += quotient * step.gap + step.carry;
      place = step.next;
    }
  }
}

}  // namespace parlab
#endif  // HWY_ONCE
