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

/// A dart is outside where the sum of the squares carries.
HWY_INLINE auto is_outside(Words x, Words y) {
  const Words x_squared = multiply(x, x);
  return hn::Lt(hn::Add(x_squared, multiply(y, y)), x_squared);
}

#if HWY_TARGET <= HWY_AVX3
/// Masks are counted beside the vector ports, which are what the loop waits for.
struct CountOutside {
  HWY_INLINE void operator()(Words a, Words b, Words c, Words d) {
    outside += hn::CountTrue(Lanes(), is_outside(a, b)) + hn::CountTrue(Lanes(), is_outside(c, d));
  }
  std::uint64_t outside;
};
HWY_INLINE CountOutside none_outside() { return {0}; }
HWY_INLINE std::uint64_t total(std::uint64_t outside) { return outside; }
#else
struct CountOutside {
  HWY_INLINE void operator()(Words a, Words b, Words c, Words d) {
    // A true lane is -1.
    outside = hn::Sub(outside, hn::VecFromMask(Lanes(), is_outside(a, b)));
    outside = hn::Sub(outside, hn::VecFromMask(Lanes(), is_outside(c, d)));
  }
  Kept<Words> outside;
};
HWY_INLINE CountOutside none_outside() { return {hn::Zero(Lanes())}; }
HWY_INLINE std::uint64_t total(Words outside) { return sum_of_lanes(outside); }
#endif

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
  CountOutside count = none_outside();
  generate_blocks(blocks, seed, count);
  return 2 * blocks.size() - total(count.outside);
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
