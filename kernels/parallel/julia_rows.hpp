#pragma once

// A Julia set on any backend.

#include <cstdint>

#include "kernels/backends/backend.hpp"
#include "kernels/numerics/julia/julia_set.hpp"
#include "kernels/parallel/grain.hpp"

namespace parlab {

/// Some 10 us outside the set; 10 ms where each pixel takes all its steps.
GrainLimits julia_grain(const JuliaImage& image);

/// The picture's pixels: `counts` of row r begin at first + r * stride. Owns nothing.
struct JuliaCounts {
  std::uint32_t* first;
  std::uint64_t stride;  // pixels from one row to the next, at least image.width
};

/// The steps of these pixels, written to their places; returns their sum.
std::uint64_t count_steps(const JuliaImage& image, IndexRange pixels, JuliaKernel kernel,
                          JuliaCounts counts);

/// The steps of every pixel, in memory that the workers share; returns their sum.
std::uint64_t draw_julia(Backend& backend, const Chunking& pixels, const JuliaImage& image,
                         JuliaKernel kernel, JuliaCounts counts);

}  // namespace parlab
