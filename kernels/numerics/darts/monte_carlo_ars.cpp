// ars, ars_scalar: darts by ARS-7 (ars.hpp). Dart i is the 64-bit word i & 1 of block i / 2, its
// lower half X and its upper half Y.
// ars53, ars53_scalar: with the coordinates that doubles in [0, 1) have, 53 bits each. Dart i is
// block i; its lower word / 2^11 is X 2^53, its upper word gives Y. It is inside where X^2 + Y^2 < 1
// in double precision, each square and the sum rounded, as in philox53 (monte_carlo_53.cpp).
//
// ars and ars53 take the widest AES instruction of the processor, unless a SIMD level below AVX-512
// is forced: four blocks at once (VAES), one (AES-NI), or none. All give the same bits.

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

bool is_inside_53(std::uint64_t dart, std::uint64_t seed) {
  const AesState words = ars_block(dart, seed);
  const double x = static_cast<double>(words[0] >> 11) * 0x1p-53;
  const double y = static_cast<double>(words[1] >> 11) * 0x1p-53;
  return x * x + y * y < 1;
}

template <bool (*inside)(std::uint64_t dart, std::uint64_t seed)>
std::uint64_t count_one_by_one(IndexRange darts, std::uint64_t seed) {
  std::uint64_t count = 0;
  for (std::uint64_t dart = darts.begin; dart < darts.end; ++dart)
    count += inside(dart, seed) ? 1 : 0;
  return count;
}

/// `darts_of_block` darts a block.
template <std::uint64_t darts_of_block, auto one_by_one, auto by_instructions>
std::uint64_t count_inside(IndexRange darts, std::uint64_t seed) {
  const AesKernel kernel = aes_kernel();
  if (kernel.blocks_at_once == 0 || darts.empty()) return one_by_one(darts, seed);
  const std::uint64_t first = std::min(darts.end, darts.begin + darts.begin % darts_of_block);
  std::uint64_t blocks = (darts.end - first) / darts_of_block;
  blocks -= blocks % kernel.blocks_at_once;
  const std::uint64_t begin = first / darts_of_block;
  return one_by_one({darts.begin, first}, seed) +
         (kernel.*by_instructions)({begin, begin + blocks}, seed) +
         one_by_one({first + darts_of_block * blocks, darts.end}, seed);
}

const RegisterDartVariant scalar{{
    .name = "ars_scalar",
    .what = "ARS-7 without AES instructions: the reference of ars",
    .splittable = true,
    .count_inside = count_one_by_one<is_inside>,
    .reference = "ars_scalar",
    .generator = "ars",
    .way = "scalar",
}};

const RegisterDartVariant simd{{
    .name = "ars",
    .what = "ARS-7 by AES instructions, the widest chosen at run time",
    .splittable = true,
    .count_inside = count_inside<2, count_one_by_one<is_inside>, &AesKernel::count_inside>,
    .reference = "ars_scalar",
    .generator = "ars",
    .way = "simd",
}};

const RegisterDartVariant scalar_53{{
    .name = "ars53_scalar",
    .what = "53-bit coordinates from ARS-7 without AES instructions: the reference of ars53",
    .splittable = true,
    .count_inside = count_one_by_one<is_inside_53>,
    .reference = "ars53_scalar",
    .generator = "ars",
    .precision = 53,
    .way = "scalar",
}};

const RegisterDartVariant simd_53{{
    .name = "ars53",
    .what = "53-bit coordinates from ARS-7 by AES instructions",
    .splittable = true,
    .count_inside = count_inside<1, count_one_by_one<is_inside_53>, &AesKernel::count_inside_53>,
    .reference = "ars53_scalar",
    .generator = "ars",
    .precision = 53,
    .way = "simd",
}};

}  // namespace
}  // namespace parlab
