// Philox4x32-10 (philox.hpp) for many blocks at once. Included once for each SIMD level, hence the
// guard that toggles.
//
// A vector holds one word of as many blocks as it has 64-bit lanes. Only the lower half of a lane
// is the word: the multiplication reads nothing else, so the upper half may hold rubbish, and a
// product need not be split into its halves but only shifted.
// In the first round the multiplicand counts up, so its product only needs an addition a step.

#if defined(PARLAB_PHILOX_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef PARLAB_PHILOX_INL
#undef PARLAB_PHILOX_INL
#else
#define PARLAB_PHILOX_INL
#endif

#include <hwy/highway.h>

#include <cstdint>

#include "kernels/base/index_range.hpp"
#include "kernels/numerics/arithmetic/kept_vectors-inl.hpp"
#include "kernels/numerics/darts/philox.hpp"

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

constexpr std::uint64_t lanes = lanes_of<std::uint64_t>;

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

/// Takes kept vectors too, which Highway's templates do not.
HWY_INLINE Words exclusive_or(Words a, Words b, Words c) { return hn::Xor3(a, b, c); }
HWY_INLINE std::uint64_t sum_of_lanes(Words words) {
  return hn::GetLane(hn::SumOfLanes(Lanes(), words));
}

constexpr std::uint64_t blocks_in_flight = lanes * in_flight;

/// Calls take(a, b, c, d) for words 0 to 3 of blocks_in_flight / in_flight blocks at a time. The
/// number of blocks must be a multiple of blocks_in_flight, and the upper 32 bits of their indices
/// the same.
template <class Take>
HWY_INLINE void generate_blocks(IndexRange blocks, std::uint64_t seed, Take& take) {
  const Lanes tag;
  const PhiloxKeys keys(seed);
  Kept<Words> key_0[philox_rounds];
  Kept<Words> key_1[philox_rounds];
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

  Kept<Words> first_product[in_flight];
  for (int i = 0; i < in_flight; ++i)
    first_product[i] =
        multiply(multiplier_0, hn::Iota(tag, (blocks.begin & 0xFFFFFFFF) + lanes * i));
  const Words step = hn::Set(tag, philox_multiplier_0 * lanes * in_flight);

  for (std::uint64_t block = blocks.begin; block < blocks.end; block += lanes * in_flight) {
    Kept<Words> a[in_flight], b[in_flight], c[in_flight], d[in_flight];
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
      a[i] = exclusive_or(hn::ShiftRight<32>(product_1), b[i], key_0[2]);
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
        a[i] = exclusive_or(hn::ShiftRight<32>(product_1), b[i], key_0[round]);
        b[i] = product_1;
        c[i] = exclusive_or(hn::ShiftRight<32>(product_0), d[i], key_1[round]);
        d[i] = product_0;
      }
    }
    HWY_UNROLL(8)
    for (int i = 0; i < in_flight; ++i) take(a[i], b[i], c[i], d[i]);
  }
}

}  // namespace
}  // namespace parlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
