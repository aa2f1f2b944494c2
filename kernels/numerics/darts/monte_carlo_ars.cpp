// ars, ars_scalar: darts by ARS-7 (ars.hpp). Dart i is the 64-bit word i & 1 of block i / 2, its
// lower half X and its upper half Y.
//
// ars takes the widest AES instruction of the processor, unless a SIMD level below AVX-512 is
// forced: four blocks at once (VAES), one (AES-NI), or none. All give the same bits.

#include <algorithm>

#include "kernels/numerics/darts/ars.hpp"
#include "kernels/numerics/darts/ars_instructions.hpp"
#include "kernels/numerics/darts/monte_carlo.hpp"

namespace parlab {
namespace {

bool is_inside(std::uint64_t dart, std::uint64_t seed) {
  const std::uint64_t word = ars_block(dart / 2, seed)[dart % 2];
  return inside_quarter_circle(static_cast<std::uint32_t>(word),
                               static_cast<std::uint32_t>(word >> 32));
}

std::uint64_t count_one_by_one(IndexRange darts, std::uint64_t seed) {
  std::uint64_t inside = 0;
  for (std::uint64_t dart = darts.begin; dart < darts.end; ++dart)
    inside += is_inside(dart, seed) ? 1 : 0;
  return inside;
}

std::uint64_t count_inside(IndexRange darts, std::uint64_t seed) {
  const AesKernel kernel = aes_kernel();
  if (kernel.blocks_at_once == 0 || darts.empty()) return count_one_by_one(darts, seed);
  const std::uint64_t first = std::min(darts.end, darts.begin + darts.begin % 2);
  std::uint64_t blocks = (darts.end - first) / 2;
  blocks -= blocks % kernel.blocks_at_once;
  return count_one_by_one({darts.begin, first}, seed) +
         kernel.count_inside({first / 2, first / 2 + blocks}, seed) +
         count_one_by_one({first + 2 * blocks, darts.end}, seed);
}

const RegisterDartVariant scalar{{
    .name = "ars_scalar",
    .what = "ARS-7 without AES instructions: the reference of ars",
    .splittable = true,
    .count_inside = count_one_by_one,
    .reference = "ars_scalar",
    .generator = "ars",
    .way = "scalar",
}};

const RegisterDartVariant simd{{
    .name = "ars",
    .what = "ARS-7 by AES instructions, the widest chosen at run time",
    .splittable = true,
    .count_inside = count_inside,
    .reference = "ars_scalar",
    .generator = "ars",
    .way = "simd",
}};

}  // namespace
}  // namespace parlab
