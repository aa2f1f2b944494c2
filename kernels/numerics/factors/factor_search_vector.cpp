// The vector search of factor_search.hpp.
//
// What rounding adds to the 0.4 of the line: the slope's last bit at the start of a lane, 2^-17 of
// at most 420 steps, 0.0033; the step's last bit, 2^-17 of at most 4096 steps, 0.032; the start,
// cut to 2^-16; n, 1/D and their product in double precision, for n < 2^64 and D > 10^8 (below, n
// is smaller too) 2^-50 of 2^38; together less than 0.04, and 0.06 are left to 1/2.

#include <cmath>

#include "kernels/numerics/arithmetic/wheel210.hpp"
#include "kernels/numerics/factors/factor_search.hpp"
#include "kernels/numerics/factors/polled_search.hpp"

#ifndef PARLAB_LINE_WHEEL  // once, however often this file is compiled
#define PARLAB_LINE_WHEEL
namespace parlab {
namespace {

/// Two turns of the wheel, so that the candidates fill three vectors of 32.
constexpr std::uint64_t line_wheel = 420;
constexpr double half_wheel = 210;
constexpr std::size_t line_residues = 96;
constexpr auto residues_420 = [] {
  std::array<std::uint16_t, line_residues> residues{};
  for (std::size_t i = 0; i < 96; ++i)
    residues[i] = static_cast<std::uint16_t>(wheel210_residues[i % 48] + 210 * (i / 48));
  return residues;
}();

/// Sum of rounding errors, see above.
constexpr double max_turns = 4096;
constexpr double curvature = 0.8;

/// The quotients' line over [begin, begin + 420 turns): quotient and slope times 2^16, rounded to
/// the nearest integer by adding a half, modulo 2^32.
struct Line {
  Line(std::uint64_t n, std::uint64_t begin, std::uint64_t turns) {
    const auto half = static_cast<double>(turns) * half_wheel;
    const double inverse = 1 / (static_cast<double>(begin) + half);
    const double quotient = static_cast<double>(n) * inverse;
    const double descent = quotient * inverse;
    const double bend = descent * inverse * half * half;
    const double at_begin = quotient + descent * half + bend / 2 + 0.5;
    start = static_cast<std::uint32_t>(static_cast<std::int64_t>(at_begin * 65536));
    slope = static_cast<std::uint32_t>(std::llrint(descent * 65536));
    step = static_cast<std::uint32_t>(std::llrint(descent * (line_wheel * 65536)));
  }
  std::uint32_t start, slope, step;
};

}  // namespace
}  // namespace parlab
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/numerics/factors/factor_search_vector.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/numerics/arithmetic/kept_vectors-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace parlab::HWY_NAMESPACE {
#if HWY_TARGET == HWY_SCALAR
// Without vectors there is nothing to gain over the wheel.
std::uint64_t search_by_division(std::uint64_t n, IndexRange divisors) {
  return search_by_wheel(n, divisors);
}
std::uint64_t search_by_lines(std::uint64_t n, IndexRange divisors) {
  return search_by_wheel(n, divisors);
}
#else
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Words = hn::ScalableTag<std::uint16_t>;
constexpr std::size_t word_lanes = lanes_of<std::uint16_t>;
constexpr std::size_t vectors_at_once = 3;
constexpr std::size_t group = vectors_at_once * word_lanes;

/// The smallest true divisor among the candidates of some lanes, or 0. A lane is to be looked at
/// where its word is 0.
std::uint64_t divide_properly(std::uint64_t n, IndexRange divisors, std::uint64_t begin,
                              std::uint64_t turns, const std::uint16_t* words,
                              const std::uint16_t* residues) {
  std::uint64_t smallest = 0;
  for (std::size_t lane = 0; lane < word_lanes; ++lane) {
    if (words[lane] != 0) continue;
    for (std::uint64_t turn = 0; turn < turns; ++turn) {
      const std::uint64_t divisor = begin + line_wheel * turn + residues[lane];
      if (n % divisor != 0) continue;
      if (divisor >= divisors.begin && divisor < divisors.end &&
          (smallest == 0 || divisor < smallest))
        smallest = divisor;
    }
  }
  return smallest;
}

std::uint64_t search_line(std::uint64_t n, IndexRange divisors, std::uint64_t begin,
                          std::uint64_t turns) {
  const Words words;
  const Line line(n, begin, turns);
  alignas(64) std::uint16_t quotients[line_residues];
  alignas(64) std::uint16_t fractions[line_residues];
  for (std::size_t i = 0; i < line_residues; ++i) {
    const std::uint32_t value = line.start - line.slope * residues_420[i];
    quotients[i] = static_cast<std::uint16_t>(value >> 16);
    fractions[i] = static_cast<std::uint16_t>(value);
  }
  const auto target = hn::Set(words, static_cast<std::uint16_t>(n));
  const auto wheel = hn::Set(words, static_cast<std::uint16_t>(line_wheel));
  const auto whole_step = hn::Set(words, static_cast<std::uint16_t>(line.step >> 16));
  const auto part_step = hn::Set(words, static_cast<std::uint16_t>(line.step));
  const auto one = hn::Set(words, std::uint16_t{1});
  const auto first = hn::Set(words, static_cast<std::uint16_t>(begin));

  std::uint64_t smallest = 0;
  for (std::size_t at = 0; at < line_residues; at += group) {
    Kept<hn::Vec<Words> > quotient[vectors_at_once], fraction[vectors_at_once],
        divisor[vectors_at_once], least[vectors_at_once];
    HWY_UNROLL(3)
    for (std::size_t v = 0; v < vectors_at_once; ++v) {
      const std::size_t lane = at + v * word_lanes;
      quotient[v] = hn::LoadU(words, quotients + lane);
      fraction[v] = hn::LoadU(words, fractions + lane);
      divisor[v] = hn::Add(first, hn::LoadU(words, residues_420.data() + lane));
      least[v] = hn::Set(words, std::uint16_t{0xFFFF});
    }
    for (std::uint64_t turn = 0; turn < turns; ++turn) {
      HWY_UNROLL(3)
      for (std::size_t v = 0; v < vectors_at_once; ++v) {
        // 0 where quotient * divisor = n modulo 2^16; Min remembers it.
        least[v] = hn::Min(least[v], hn::Xor(hn::Mul(quotient[v], divisor[v]), target));
        const auto borrow = hn::Lt(fraction[v], part_step);
        const auto next = hn::Sub(quotient[v], whole_step);
        quotient[v] = hn::IfThenElse(borrow, hn::Sub(next, one), next);
        fraction[v] = hn::Sub(fraction[v], part_step);
        divisor[v] = hn::Add(divisor[v], wheel);
      }
    }
    const auto all = hn::Min(hn::Min(least[0], least[1]), least[2]);
    if (HWY_LIKELY(hn::AllFalse(words, hn::Eq(all, hn::Zero(words))))) continue;
    for (std::size_t v = 0; v < vectors_at_once; ++v) {
      alignas(64) std::uint16_t lanes[word_lanes];
      hn::Store(least[v], words, lanes);
      const std::uint64_t factor = divide_properly(n, divisors, begin, turns, lanes,
                                                   residues_420.data() + at + v * word_lanes);
      if (factor != 0 && (smallest == 0 || factor < smallest)) smallest = factor;
    }
  }
  return smallest;
}

}  // namespace

/// For divisors from where a line covers one turn of 420.
std::uint64_t search_by_lines(std::uint64_t n, IndexRange divisors) {
  if (divisors.empty()) return 0;  // or a block from below it would be searched
  const auto number = static_cast<double>(n);
  std::uint64_t begin = divisors.begin - divisors.begin % 210;
  while (begin < divisors.end) {
    const auto from = static_cast<double>(begin);
    const double reach = 2 * from * std::sqrt(curvature * from / number) / line_wheel;
    // 1 comes first, so that it is taken where the reach is 0 / 0, as it may be for n = 0.
    const auto most = static_cast<std::uint64_t>(std::min(std::max(1.0, reach), max_turns));
    // The reach only grows from here, so lines of this length do for a while.
    for (int lines = 0; lines < 16 && begin < divisors.end; ++lines) {
      const std::uint64_t turns =
          std::min(most, (divisors.end - begin + line_wheel - 1) / line_wheel);
      if (const std::uint64_t factor = search_line(n, divisors, begin, turns)) return factor;
      begin += line_wheel * turns;
    }
  }
  return 0;
}

/// In double precision, for divisors from 2^14 to 2^32. Where d divides n, n / d is an integer
/// below 2^50. n as a double is off by 2^10 at most, so its quotient by 2^-4 and, rounded, by 2^-3:
/// rounding to an integer gives n / d. That is tested modulo 2^32.
std::uint64_t search_by_division(std::uint64_t n, IndexRange divisors) {
  using Numbers = hn::ScalableTag<double>;
  const Numbers numbers;
  const hn::Repartition<std::uint64_t, Numbers> wide;
  const hn::Repartition<std::uint32_t, Numbers> halves;
  alignas(64) double residues[48];
  for (std::size_t i = 0; i < 48; ++i) residues[i] = wheel210_residues[i];
  // Added to a number below 2^52 it rounds it to an integer, which the lower bits then hold.
  const auto to_bits = hn::Set(numbers, 0x1p52);
  const auto dividend = hn::Set(numbers, static_cast<double>(n));
  const auto target = hn::Set(wide, n << 32);
  for (std::uint64_t turn = divisors.begin / 210; 210 * turn < divisors.end; ++turn) {
    const auto begin = hn::Set(numbers, static_cast<double>(210 * turn));
    auto hit = hn::FirstN(wide, 0);
    HWY_UNROLL(6)
    for (std::size_t i = 0; i < 48; i += hn::Lanes(numbers)) {
      const auto divisor = hn::Add(begin, hn::Load(numbers, residues + i));
      const auto quotient = hn::BitCast(halves, hn::Add(hn::Div(dividend, divisor), to_bits));
      const auto integer = hn::BitCast(halves, hn::Add(divisor, to_bits));
      hit = hn::Or(hit, hn::Eq(hn::ShiftLeft<32>(hn::MulEven(quotient, integer)), target));
    }
    if (HWY_LIKELY(hn::AllFalse(wide, hit))) continue;
    const IndexRange here{std::max(divisors.begin, 210 * turn),
                          std::min(divisors.end, 210 * (turn + 1))};
    if (const std::uint64_t factor = search_by_wheel(n, here)) return factor;
  }
  return 0;
}

#endif  // HWY_SCALAR
}  // namespace parlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parlab {
namespace {

HWY_EXPORT(search_by_lines);
HWY_EXPORT(search_by_division);

constexpr std::uint64_t division_from = 1 << 14;
constexpr std::uint64_t vectors_to = std::uint64_t{1} << 32;

/// The first divisor D with n h^2 / D^3 <= 0.8 for h = 210, half a turn; more than 2^14.
std::uint64_t lines_from(std::uint64_t n) {
  const double from = std::cbrt(half_wheel * half_wheel / curvature * static_cast<double>(n));
  // A block may start up to 209 below the range.
  return std::max(division_from, static_cast<std::uint64_t>(from) + 2 * line_wheel);
}

IndexRange cut(IndexRange range, std::uint64_t begin, std::uint64_t end) {
  const std::uint64_t from = std::clamp(begin, range.begin, range.end);
  return {from, std::clamp(end, from, range.end)};
}

}  // namespace

std::uint64_t smallest_factor_vector(std::uint64_t n, IndexRange divisors,
                                     FunctionRef<bool()> stop) {
  const std::uint64_t lines = std::min(lines_from(n), vectors_to);
  return search_polling(divisors, stop, [&](IndexRange part) {
    std::uint64_t factor = search_by_wheel(n, cut(part, 0, division_from));
    if (factor == 0)
      factor = HWY_DYNAMIC_DISPATCH(search_by_division)(n, cut(part, division_from, lines));
    if (factor == 0)
      factor = HWY_DYNAMIC_DISPATCH(search_by_lines)(n, cut(part, lines, vectors_to));
    if (factor == 0) factor = search_by_wheel(n, cut(part, vectors_to, ~std::uint64_t{0}));
    return factor;
  });
}

}  // namespace parlab
#endif  // HWY_ONCE
