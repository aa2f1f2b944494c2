// eigen: Philox and the test as Eigen array expressions, each word of many blocks in one array.
// Every word has a 64-bit lane to itself, so that its product needs no unpacking.

#ifdef PARLAB_HAS_EIGEN

#include <Eigen/Core>
#include <functional>

#include "kernels/numerics/darts/dart_blocks.hpp"

namespace parlab {
namespace {

/// Blocks computed at once: six arrays of them fit in half of a 32 KiB first-level cache.
constexpr int width = 256;
using Words = Eigen::Array<std::uint64_t, width, 1>;

/// Not Eigen's shiftRight(), which newer versions have for signed numbers only.
auto high_word(const Words& product) {
  return product.unaryExpr([](std::uint64_t p) { return p >> 32; });
}
auto low_word(const Words& product) {
  return product.unaryExpr([](std::uint64_t p) { return p & 0xFFFFFFFF; });
}

/// Eigen's own ^ is for Booleans only.
template <class A, class B>
auto exclusive_or(const A& a, const B& b) {
  return a.binaryExpr(b, std::bit_xor<std::uint64_t>());
}

auto inside(const Words& x, const Words& y) { return x.square() + y.square() >= x.square(); }

std::uint64_t count_blocks(IndexRange blocks, const PhiloxKeys& keys) {
  std::uint64_t count = 0;
  Words a, b, c, d, product_0, product_1;
  for (std::uint64_t block = blocks.begin; block < blocks.end; block += width) {
    const std::uint64_t first = block & 0xFFFFFFFF;
    a = Words::LinSpaced(first, first + (width - 1));
    b = block >> 32;
    c = 0;
    d = 0;
    for (int round = 0; round < philox_rounds; ++round) {
      product_0 = a * philox_multiplier_0;
      product_1 = c * philox_multiplier_1;
      const auto key_0 = Words::Constant(keys.word_0[round]);
      const auto key_1 = Words::Constant(keys.word_1[round]);
      a = exclusive_or(exclusive_or(high_word(product_1), b), key_0);
      b = low_word(product_1);
      c = exclusive_or(exclusive_or(high_word(product_0), d), key_1);
      d = low_word(product_0);
    }
    count += static_cast<std::uint64_t>(inside(a, b).count() + inside(c, d).count());
  }
  return count;
}

std::uint64_t count_inside(IndexRange darts, std::uint64_t seed) {
  const PhiloxKeys keys(seed);
  return count_by_wide_blocks<width>(darts, seed,
                                     [&](IndexRange blocks) { return count_blocks(blocks, keys); });
}

const RegisterDartVariant registered{{
    .name = "eigen",
    .what = "Philox4x32-10 as Eigen array expressions",
    .splittable = true,
    .count_inside = count_inside,
}};

}  // namespace
}  // namespace parlab

#endif  // PARLAB_HAS_EIGEN
