#pragma once

// The smallest factor of one number, its divisors split over any backend.

#include <cstdint>

#include "kernels/backends/backend.hpp"
#include "kernels/base/function_ref.hpp"
#include "kernels/numerics/factors/factor_search.hpp"
#include "kernels/parallel/grain.hpp"

namespace parlab {

/// A chunk polls some times: a factor that was found elsewhere ends it.
inline constexpr GrainLimits factor_grain{.min = 4 * divisors_per_poll, .max = 1 << 28};

/// The divisors that a search for a factor of n goes through: 2 to the root.
IndexRange divisors_of(std::uint64_t n);

/// The smallest divisor of n above 1: n itself where n is prime. Chunks are searched in any order;
/// one that begins above a factor found is left out. Where stop() says so, what is returned means
/// nothing. Requires n >= 2 and chunks of divisors_of(n).
std::uint64_t smallest_factor(Backend& backend, const Chunking& divisors, FactorSearch search,
                              std::uint64_t n, FunctionRef<bool()> stop);

}  // namespace parlab
