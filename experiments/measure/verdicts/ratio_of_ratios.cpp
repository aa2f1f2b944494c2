#include "experiments/measure/verdicts/ratio_of_ratios.hpp"

namespace parlab {

RatioOfRatios ratio_of_ratios(const Comparison& first, const Comparison& second, double alpha) {
  RatioOfRatios found{};
  found.ratio = second.ratio / first.ratio;
  // An end that one of them lacks, 0 or infinity, is lacking here.
  found.interval = {second.interval.low / first.interval.high,
                    second.interval.high / first.interval.low};
  found.confidence = 1 - alpha;
  found.verdict = verdict_of(found.interval);
  return found;
}

}  // namespace parlab
