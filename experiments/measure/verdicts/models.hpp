#pragma once

// Small models fitted to measured times, each with an interval or the plain word that the data do
// not identify it.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "experiments/measure/verdicts/statistics.hpp"

namespace parlab {

/// T(n) = start + each * n, in seconds. Fitted round by round with relative weights (1/T^2, T the
/// median over the rounds, as noise grows with T); the median of the rounds' fits and its sign-test
/// interval. A drift of the machine does not cancel here, as it does between two arms.
struct LinearCost {
  Location start;
  Location each;
};

/// seconds[i][r]: size i in round r. Needs at least two different sizes; nullopt otherwise. Throws
/// std::invalid_argument where sizes and rounds do not fit, or a time is not positive and finite.
std::optional<LinearCost> fit_linear_cost(std::span<const std::uint64_t> sizes,
                                          const std::vector<std::vector<double>>& seconds,
                                          double alpha = 0.05);

/// From which size an arm beats another.
struct BreakEven {
  std::optional<Location> size;  // nullopt where in half of the rounds or more it does at no size
  bool never = false;            // the rounds decide that it does at no size
};

/// Size from which `arm` beats `serial`: (start_arm - start_serial) / (each_serial - each_arm),
/// round by round; none where the arm's cost per index is no smaller. A size below 0 counts as 0 (it
/// always pays).
BreakEven break_even_size(std::span<const std::uint64_t> sizes,
                          const std::vector<std::vector<double>>& serial,
                          const std::vector<std::vector<double>>& arm, double alpha = 0.05);

}  // namespace parlab
