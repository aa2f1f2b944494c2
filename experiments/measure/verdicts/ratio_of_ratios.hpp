#pragma once

// Two races that have a reference arm in common: what is not in the same rounds cannot be paired, but
// each race compares its arm with the reference in rounds of its own. What slows a whole race then
// cancels, as what slows a round does within one.

#include "experiments/measure/verdicts/statistics.hpp"

namespace parlab {

struct RatioOfRatios {
  double ratio;       // of the second race over that of the first: above 1, the arm is faster there
  Interval interval;  // 0 and infinity where one of the two has none
  double confidence;
  Verdict verdict;
};

/// What two comparisons of an arm with the reference, each made at half of alpha, say together: both
/// intervals hold with probability 1 - alpha, and then this one does. `alpha` is the whole.
RatioOfRatios ratio_of_ratios(const Comparison& first, const Comparison& second, double alpha);

}  // namespace parlab
