// scalar: the definition, block by block. Every other splittable variant must agree with it.

#include "kernels/numerics/darts/monte_carlo.hpp"

namespace parlab {
namespace {

std::uint64_t count_inside(IndexRange darts, std::uint64_t seed) {
  std::uint64_t inside = 0;
  for (std::uint64_t dart = darts.begin; dart < darts.end;) {
    const auto words = dart_block(dart / 2, seed);
    if (dart % 2 == 0) {
      inside += inside_quarter_circle(words[0], words[1]);
      if (++dart == darts.end) break;
    }
    inside += inside_quarter_circle(words[2], words[3]);
    ++dart;
  }
  return inside;
}

const RegisterDartVariant registered{{
    .name = "scalar",
    .what = "Philox4x32-10 one block at a time: the reference",
    .splittable = true,
    .count_inside = count_inside,
}};

}  // namespace
}  // namespace parlab
