// simd: Philox and the test in Highway, for every SIMD level of x86-64 in one binary.
//
// A vector holds one word of as many blocks as it has 64-bit lanes. Only the lower half of a lane
// is the word: the multiplication reads nothing else, so the upper half may hold rubbish, and a
// product need not be split into its halves but only shifted.
// In the first round the multiplicand counts up, so its product only needs an addition a step.

#include "kernels/numerics/dart_blocks.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/numerics/monte_carlo_simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parlab::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Lanes = hn::ScalableTag<std::uint64_t>;
using Words = hn::Vec<Lanes>;

/// Vectors in flight, to hide the latency of the multiplication. AVX-512 has 32 registers; with 16
/// more than two spill (3 times slower under clang).
#if HWY_TARGET <= HWY_AVX3
constexpr int in_flight = 4;
#else
constexpr int in_flight = 2;
#endif

constexpr std::uint64_t lanes = HWY_LANES(std::uint64_t);

/// 64-bit products of the lower halves of the lanes.
HWY_INLINE Words multiply(Words a, Words b) {
#if HWY_TARGET == HWY_SCALAR
  // The one level without MulEven.
  const Lanes tag;
  return hn::Set(tag, (hn::GetLane(a) & 0xFFFFFFFF) * (hn::GetLane(b) & 0xFFFFFFFF));
#else
  const hn::Repartition<std::uint32_t, Lanes> halves;
  return hn::MulEven(hn::BitCast(halves, a), hn::BitCast(halves, b));
#endif
}

/// One where a dart is outside, that is where the sum of the squares carries.
HWY_INLINE Words subtract_outside(Words sum, Words x, Words y) {
  const Lanes tag;
  const Words x_squared = multiply(x, x);
  const auto outside = hn::Lt(hn::Add(x_squared, multiply(y, y)), x_squared);
  return hn::Sub(sum, hn::VecFromMask(tag, outside));  // a true lane is -1
}

}  // namespace

std::uint64_t count_whole_groups(IndexRange blocks, std::uint64_t seed) {
  const Lanes tag;
  const PhiloxKeys keys(seed);
  Words key_0[philox_rounds];
  Words key_1[philox_rounds];
  for (int round = 0; round < philox_rounds; ++round) {
    key_0[round] = hn::Set(tag, keys.word_0[round]);
    key_1[round] = hn::Set(tag, keys.word_1[round]);
  }
  const Words multiplier_0 = hn::Set(tag, philox_multiplier_0);
  const Words multiplier_1 = hn::Set(tag, philox_multiplier_1);

  // Words 1 to 3 of the counter are the same for all blocks here, so the first two rounds fold:
  // round 0 leaves {block >> 32 ^ key_0, 0, high(product) ^ key_1, low(product)}.
  const std::uint32_t second_a = static_cast<std::uint32_t>(blocks.begin >> 32) ^ keys.word_0[0];
  const std::uint64_t second_product = philox_multiplier_0 * second_a;
  const Words second_c =
      hn::Set(tag, static_cast<std::uint32_t>(second_product >> 32) ^ keys.word_1[1]);
  const Words third_d = hn::Set(tag, static_cast<std::uint32_t>(second_product) ^ keys.word_1[2]);

  Words first_product[in_flight];
  for (int i = 0; i < in_flight; ++i)
    first_product[i] =
        multiply(multiplier_0, hn::Iota(tag, (blocks.begin & 0xFFFFFFFF) + lanes * i));
  const Words step = hn::Set(tag, philox_multiplier_0 * lanes * in_flight);

  Words outside = hn::Zero(tag);
  for (std::uint64_t block = blocks.begin; block < blocks.end; block += lanes * in_flight) {
    Words a[in_flight], b[in_flight], c[in_flight], d[in_flight];
    HWY_UNROLL(8)
    for (int i = 0; i < in_flight; ++i) {  // round 0
      d[i] = first_product[i];
      c[i] = hn::Xor(hn::ShiftRight<32>(d[i]), key_1[0]);
      first_product[i] = hn::Add(d[i], step);
    }
    HWY_UNROLL(8)
    for (int i = 0; i < in_flight; ++i) {  // round 1
      b[i] = multiply(c[i], multiplier_1);
      a[i] = hn::Xor(hn::ShiftRight<32>(b[i]), key_0[1]);
      c[i] = hn::Xor(d[i], second_c);
    }
    HWY_UNROLL(8)
    for (int i = 0; i < in_flight; ++i) {  // round 2
      const Words product_0 = multiply(a[i], multiplier_0);
      const Words product_1 = multiply(c[i], multiplier_1);
      a[i] = hn::Xor3(hn::ShiftRight<32>(product_1), b[i], key_0[2]);
      b[i] = product_1;
      c[i] = hn::Xor(hn::ShiftRight<32>(product_0), third_d);
      d[i] = product_0;
    }
    HWY_UNROLL(10)
    for (int round = 3; round < philox_rounds; ++round) {
      HWY_UNROLL(8)
      for (int i = 0; i < in_flight; ++i) {
        const Words product_0 = multiply(a[i], multiplier_0);
        const Words product_1 = multiply(c[i], multiplier_1);
        a[i] = hn::Xor3(hn::ShiftRight<32>(product_1), b[i], key_0[round]);
        b[i] = product_1;
        c[i] = hn::Xor3(hn::ShiftRight<32>(product_0), d[i], key_1[round]);
        d[i] = product_0;
      }
    }
    HWY_UNROLL(8)
    for (int i = 0; i < in_flight; ++i) {
      outside = subtract_outside(outside, a[i], b[i]);
      outside = subtract_outside(outside, c[i], d[i]);
    }
  }
  return 2 * blocks.size() - hn::GetLane(hn::SumOfLanes(tag, outside));
}

std::uint64_t count_inside(IndexRange darts, std::uint64_t seed) {
  return count_by_wide_blocks<lanes * in_flight>(
      darts, seed, [&](IndexRange blocks) { return count_whole_groups(blocks, seed); });
}

}  // namespace parlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parlab {
namespace {

HWY_EXPORT(count_inside);

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
}  // namespace parlab
#endif  // HWY_ONCE
