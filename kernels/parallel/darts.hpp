#pragma once

// Darts at the quarter circle, on any backend.

#include <cstdint>

#include "kernels/backends/backend.hpp"
#include "kernels/numerics/darts/monte_carlo.hpp"
#include "kernels/parallel/grain.hpp"

namespace parlab {

/// 10 us and 10 ms of the fastest variant.
inline constexpr GrainLimits dart_grain{.min = 1 << 14, .max = 1 << 23};

/// How many of the darts lie inside the quarter circle.
std::uint64_t count_darts(Backend& backend, const Chunking& darts, DartKernel kernel,
                          std::uint64_t seed);

}  // namespace parlab
