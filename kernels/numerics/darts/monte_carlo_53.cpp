// philox53, philox53_scalar: darts with the coordinates that doubles in [0, 1) have, 53 bits each.
//
// Dart i takes all four words of Philox block i: (word 0 + 2^32 word 1) / 2^11 is X 2^53, the other
// two give Y. It is inside where X^2 + Y^2 < 1 in double precision, each square and the sum
// rounded: the build must not fuse them (-ffp-contract=off), or the levels would differ.

#include <algorithm>

#include "kernels/numerics/darts/monte_carlo.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/numerics/darts/monte_carlo_53.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/numerics/darts/philox-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace parlab::HWY_NAMESPACE {
namespace {

using Doubles = hn::ScalableTag<double>;

/// Times 2^53.
HWY_INLINE hn::Vec<Doubles> coordinate(Words low, Words high) {
  const Lanes tag;
#if HWY_TARGET == HWY_SCALAR
  const Words word = hn::Or(hn::And(low, hn::Set(tag, 0xFFFFFFFF)), hn::ShiftLeft<32>(high));
#else
  const hn::Repartition<std::uint32_t, Lanes> halves;
  const Words word = hn::BitCast(
      tag, hn::OddEven(hn::BitCast(halves, hn::ShiftLeft<32>(high)), hn::BitCast(halves, low)));
#endif
  const hn::RebindToSigned<Lanes> signed_tag;
  return hn::ConvertTo(Doubles(), hn::BitCast(signed_tag, hn::ShiftRight<11>(word)));
}

struct CountInside {
  HWY_INLINE void operator()(Words a, Words b, Words c, Words d) {
    const Doubles tag;
    const auto x = coordinate(a, b);
    const auto y = coordinate(c, d);
    const auto inside = hn::Lt(hn::Add(hn::Mul(x, x), hn::Mul(y, y)), hn::Set(tag, 0x1p106));
#if HWY_TARGET <= HWY_AVX3
    const auto mask = hn::RebindMask(Lanes(), inside);
    minus_inside = hn::IfThenElse(mask, hn::Sub(minus_inside, hn::Set(Lanes(), 1)), minus_inside);
#else
    // A true lane is -1.
    minus_inside = hn::Add(minus_inside, hn::BitCast(Lanes(), hn::VecFromMask(tag, inside)));
#endif
  }
  Kept<Words> minus_inside;
};

}  // namespace

std::uint64_t blocks_at_once() { return blocks_in_flight; }

std::uint64_t count_blocks(IndexRange blocks, std::uint64_t seed) {
  CountInside count{hn::Zero(Lanes())};
  generate_blocks(blocks, seed, count);
  return 0 - sum_of_lanes(count.minus_inside);
}

}  // namespace parlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parlab {
namespace {

HWY_EXPORT(blocks_at_once);
HWY_EXPORT(count_blocks);

bool is_inside(std::uint64_t dart, std::uint64_t seed) {
  const auto words = dart_block(dart, seed);
  const auto coordinate = [](std::uint32_t low, std::uint32_t high) {
    return static_cast<double>((low | std::uint64_t{high} << 32) >> 11) * 0x1p-53;
  };
  const double x = coordinate(words[0], words[1]);
  const double y = coordinate(words[2], words[3]);
  return x * x + y * y < 1;
}

std::uint64_t count_one_by_one(IndexRange darts, std::uint64_t seed) {
  std::uint64_t inside = 0;
  for (std::uint64_t dart = darts.begin; dart < darts.end; ++dart)
    inside += is_inside(dart, seed) ? 1 : 0;
  return inside;
}

std::uint64_t count_simd(IndexRange darts, std::uint64_t seed) {
  const std::uint64_t at_once = HWY_DYNAMIC_DISPATCH(blocks_at_once)();
  std::uint64_t inside = 0;
  while (!darts.empty()) {
    // The kernel counts in the lower word of the block's index only.
    const std::uint64_t to_border = (std::uint64_t{1} << 32) - (darts.begin & 0xFFFFFFFF);
    const std::uint64_t size = std::min(darts.size(), to_border);
    const std::uint64_t whole_end = darts.begin + size - size % at_once;
    if (whole_end > darts.begin)
      inside += HWY_DYNAMIC_DISPATCH(count_blocks)({darts.begin, whole_end}, seed);
    inside += count_one_by_one({whole_end, darts.begin + size}, seed);
    darts.begin += size;
  }
  return inside;
}

const RegisterDartVariant scalar{{
    .name = "philox53_scalar",
    .what = "53-bit coordinates from Philox4x32-10, one by one: the reference of philox53",
    .splittable = true,
    .count_inside = count_one_by_one,
    .reference = "philox53_scalar",
    .precision = 53,
    .way = "scalar",
}};

const RegisterDartVariant simd{{
    .name = "philox53",
    .what = "53-bit coordinates from Philox4x32-10 in SIMD",
    .splittable = true,
    .count_inside = count_simd,
    .reference = "philox53_scalar",
    .precision = 53,
    .way = "simd",
}};

}  // namespace
}  // namespace parlab
#endif  // HWY_ONCE
