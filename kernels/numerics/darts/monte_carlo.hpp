#pragma once

// Pi by throwing darts: the share of random points of the unit square that lie inside the quarter
// circle is pi / 4.
//
// Dart i takes words 2(i & 1) and 2(i & 1) + 1 of Philox block i / 2, whose counter is the 64-bit
// block index in words 0 and 1, and whose key is the seed. So a dart's place depends on its number
// alone, and however the darts are split, the count is the same.
//
// A dart is the pair (X, Y) of 32-bit words, taken as (X, Y) / 2^32. It is inside where
// X^2 + Y^2 < 2^64, that is where the 64-bit sum of the squares does not carry: exact, no rounding,
// the same on every processor. X^2 + Y^2 = 2^64 has no solution with both below 2^32.
//
// Cost: half a Philox block and two squares a dart; by g++ 12 at 3.6 GHz from 0.64 ns (AVX-512) to
// 5 ns (plain).

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/base/index_range.hpp"
#include "kernels/numerics/darts/philox.hpp"

namespace parlab {

/// How many of these darts lie inside the quarter circle. Takes any range, up to dart 2^64 - 2.
using DartKernel = std::uint64_t (*)(IndexRange darts, std::uint64_t seed);

struct DartVariant {
  std::string name;
  std::string what;  // one line for `parlab list`
  bool splittable;   // false: the count depends on how the darts are split over calls
  DartKernel count_inside;
  /// The plain variant that gives the same count for every range, where this one is splittable.
  std::string reference = "scalar";
  std::string generator = "philox";
  int precision = 32;  // random bits of a coordinate
  /// By what: scalar, simd, eigen, xtensor. One generator and precision has each once.
  std::string way = name;
};

/// Every variant of this build, by name.
std::vector<DartVariant> dart_variants();

/// Throws UsageError, with the nearest valid name, where there is none of that name.
const DartVariant& dart_variant(std::string_view name);

/// A static one in its source file adds a variant, here and to the KernelRegistry ("monte_carlo").
class RegisterDartVariant {
 public:
  explicit RegisterDartVariant(DartVariant variant);
};

/// Whether X^2 + Y^2 < 2^64.
constexpr bool inside_quarter_circle(std::uint32_t x, std::uint32_t y) {
  const std::uint64_t x_squared = std::uint64_t{x} * x;
  return x_squared + std::uint64_t{y} * y >= x_squared;
}

/// The four words, that is the two darts 2 * block and 2 * block + 1.
constexpr std::array<std::uint32_t, 4> dart_block(std::uint64_t block, std::uint64_t seed) {
  return philox4x32_10(
      {static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), 0, 0},
      {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
}

}  // namespace parlab
