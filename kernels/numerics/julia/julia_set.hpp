#pragma once

// The filled Julia set of z -> z^2 + c: for each pixel the steps that its point takes to leave the
// circle |z| < 2. Points inside never leave and cost `max_steps`, points outside a few: work that
// is as uneven as work can be, and neighbours cost much the same.
//
// A pixel is a function of its number alone, and all variants do the same additions and
// multiplications in the same order, without fusing any: the counts are the same, bit for bit, on
// every SIMD level and however the pixels are split.
//
// Source: Gorelick and Ozsvald, High Performance Python, chapter 2, which takes c = -0.62772 -
// 0.42193i and 300 steps.
//
// Cost: 9 operations a step; by g++ 12 on Zen 5 from 0.27 ns a step (AVX-512) to 2.1 ns (scalar).

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/base/index_range.hpp"

namespace parlab {

/// What is drawn. Pixel i lies in row i / width, column i % width; its point is
/// left + column * step, top - row * step.
struct JuliaImage {
  std::uint64_t width = 0;   // pixels in a row, at least 1
  std::uint64_t height = 0;  // rows
  double left = -1.8;
  double top = 1.8;
  double step = 0;  // from one pixel to the next, to the right and down
  double c_real = -0.62772;
  double c_imaginary = -0.42193;
  std::uint32_t max_steps = 300;

  std::uint64_t pixels() const { return width * height; }
};

/// Writes the steps of each pixel of the range to counts[0, pixels.size()): the least n with
/// |z_n| >= 2, or image.max_steps where there is none below it. Returns their sum.
using JuliaKernel = std::uint64_t (*)(const JuliaImage& image, IndexRange pixels,
                                      std::uint32_t* counts);

struct JuliaVariant {
  std::string name;
  std::string what;  // one line
  JuliaKernel count_steps;
};

/// Every variant of this build, by name.
std::vector<JuliaVariant> julia_variants();

/// Throws UsageError, with the nearest valid name, where there is none of that name.
JuliaVariant julia_variant(const std::string& name);

/// A static one in its source file adds a variant, here and to the KernelRegistry ("julia").
class RegisterJuliaVariant {
 public:
  explicit RegisterJuliaVariant(JuliaVariant variant);
};

}  // namespace parlab
