// xtensor: Philox and the test as lazy xtensor expressions, each word of many blocks in one tensor.
// Every word has a 64-bit lane to itself, so that its product needs no unpacking.

#ifdef PARLAB_HAS_XTENSOR

#include "kernels/base/xtensor.hpp"
#include "kernels/numerics/darts/dart_blocks.hpp"

namespace parlab {
namespace {

/// Blocks computed at once: six tensors of them fit in half of a 32 KiB first-level cache.
constexpr std::uint64_t width = 256;
using Words = xt::xtensor_fixed<std::uint64_t, xt::xshape<width>>;

std::uint64_t count(const Words& x, const Words& y) {
  const auto inside = x * x + y * y >= x * x;
  return xt::sum(xt::cast<std::uint64_t>(inside))();
}

std::uint64_t count_blocks(IndexRange blocks, const PhiloxKeys& keys) {
  constexpr std::uint64_t low_word = 0xFFFFFFFF;
  const Words lane = xt::arange<std::uint64_t>(0, width);
  std::uint64_t inside = 0;
  Words a, b, c, d, product_0, product_1;
  for (std::uint64_t block = blocks.begin; block < blocks.end; block += width) {
    xt::noalias(a) = lane + (block & low_word);
    b.fill(block >> 32);
    c.fill(0);
    d.fill(0);
    for (int round = 0; round < philox_rounds; ++round) {
      const std::uint64_t key_0 = keys.word_0[round];
      const std::uint64_t key_1 = keys.word_1[round];
      xt::noalias(product_0) = a * philox_multiplier_0;
      xt::noalias(product_1) = c * philox_multiplier_1;
      xt::noalias(a) = (product_1 >> 32) ^ b ^ key_0;
      xt::noalias(b) = product_1 & low_word;
      xt::noalias(c) = (product_0 >> 32) ^ d ^ key_1;
      xt::noalias(d) = product_0 & low_word;
    }
    inside += count(a, b) + count(c, d);
  }
  return inside;
}

std::uint64_t count_inside(IndexRange darts, std::uint64_t seed) {
  const PhiloxKeys keys(seed);
  return count_by_wide_blocks<width>(darts, seed,
                                     [&](IndexRange blocks) { return count_blocks(blocks, keys); });
}

const RegisterDartVariant registered{{
    .name = "xtensor",
    .what = "Philox4x32-10 as lazy xtensor expressions",
    .splittable = true,
    .count_inside = count_inside,
}};

}  // namespace
}  // namespace parlab

#endif  // PARLAB_HAS_XTENSOR
