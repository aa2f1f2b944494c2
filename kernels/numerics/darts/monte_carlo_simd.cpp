// simd: Philox and the test in Highway, for every SIMD level in one binary.

#include "kernels/numerics/darts/dart_blocks.hpp"
#include "kernels/numerics/darts/random_words.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/numerics/darts/monte_carlo_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/numerics/darts/philox-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace parlab::HWY_NAMESPACE {
namespace {

/// One more where a dart is outside, that is where the sum of the squares carries.
HWY_INLINE Words add_outside(Words sum, Words x, Words y) {
  const Lanes tag;
  const Words x_squared = multiply(x, x);
  const auto outside = hn::Lt(hn::Add(x_squared, multiply(y, y)), x_squared);
#if HWY_TARGET <= HWY_AVX3
  return hn::IfThenElse(outside, hn::Add(sum, hn::Set(tag, 1)), sum);  // one masked addition
#else
  return hn::Sub(sum, hn::VecFromMask(tag, outside));  // a true lane is -1
#endif
}

struct CountOutside {
  HWY_INLINE void operator()(Words a, Words b, Words c, Words d) {
    outside = add_outside(outside, a, b);
    outside = add_outside(outside, c, d);
  }
  Kept<Words> outside;
};

struct XorWords {
  HWY_INLINE void operator()(Words a, Words b, Words c, Words d) {
    sum = exclusive_or(sum, hn::Xor(a, b), hn::Xor(c, d));
  }
  Kept<Words> sum;  // the upper halves of the lanes are of no use
};

}  // namespace

std::uint64_t xor_of_blocks(IndexRange blocks, std::uint64_t seed) {
  const Lanes tag;
  XorWords words{hn::Zero(tag)};
  generate_blocks(blocks, seed, words);
  alignas(64) std::uint64_t lane_sums[lanes];
  hn::Store(words.sum, tag, lane_sums);
  std::uint64_t sum = 0;
  for (const std::uint64_t lane : lane_sums) sum ^= lane;
  return sum & 0xFFFFFFFF;
}

std::uint64_t count_whole_groups(IndexRange blocks, std::uint64_t seed) {
  CountOutside count{hn::Zero(Lanes())};
  generate_blocks(blocks, seed, count);
  return 2 * blocks.size() - sum_of_lanes(count.outside);
}

std::uint64_t count_inside(IndexRange darts, std::uint64_t seed) {
  return count_by_wide_blocks<blocks_in_flight>(
      darts, seed, [&](IndexRange blocks) { return count_whole_groups(blocks, seed); });
}

}  // namespace parlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parlab {
namespace {

HWY_EXPORT(count_inside);
HWY_EXPORT(xor_of_blocks);

std::uint64_t count_inside_simd(IndexRange darts, std::uint64_t seed) {
  return HWY_DYNAMIC_DISPATCH(count_inside)(darts, seed);
}

const RegisterDartVariant registered{{
    .name = "simd",
    .what = "Philox4x32-10 in SIMD by Highway, the level chosen at run time",
    .splittable = true,
    .count_inside = count_inside_simd,
}};

}  // namespace

std::uint64_t xor_of_dart_words(IndexRange darts, std::uint64_t seed) {
  std::uint64_t sum = 0;
  constexpr std::uint64_t border = std::uint64_t{1} << 32;  // of the lower counter word
  for (std::uint64_t block = darts.begin / 2; block < darts.end / 2;) {
    const std::uint64_t end = std::min(darts.end / 2, (block / border + 1) * border);
    sum ^= HWY_DYNAMIC_DISPATCH(xor_of_blocks)({block, end}, seed);
    block = end;
  }
  return sum;
}

}  // namespace parlab
#endif  // HWY_ONCE
