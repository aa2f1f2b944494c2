#include "experiments/measure/verdicts/slowdown_limit.hpp"

#include <algorithm>
#include <stdexcept>

#include "experiments/measure/verdicts/headlines.hpp"

namespace parlab {

std::string_view to_string(LimitSide side) {
  switch (side) {
    case LimitSide::within:
      return "within";
    case LimitSide::beyond:
      return "beyond";
    case LimitSide::open:
      return "open";
  }
  throw std::invalid_argument("not a side of a limit");
}

LimitSide side_of(const SlowdownLimit& limit, const Interval& interval) {
  if (interval.high < limit.ratio()) return LimitSide::beyond;
  return interval.low >= limit.ratio() ? LimitSide::within : LimitSide::open;
}

std::vector<LimitFinding> findings_of(const SlowdownLimit& limit,
                                      const std::vector<Measured>& results,
                                      const RaceVerdicts& verdicts, double alpha) {
  const double level = alpha / std::max(1, planned_baseline_pairs(results));
  std::vector<LimitFinding> findings;
  for (const HeadlinePair& pair : baseline_pairs(results, verdicts)) {
    const Measured& arm = results[pair.result];
    const Comparison comparison =
        compare(results[pair.against], arm,
                {.alpha = level, .guard = width_of(verdicts.guards, arm.entrant.baseline)},
                verdicts.dependence);
    findings.push_back({pair.result, comparison, side_of(limit, comparison.interval)});
  }
  return findings;
}

}  // namespace parlab
