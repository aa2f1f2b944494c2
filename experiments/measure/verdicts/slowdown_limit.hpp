#pragma once

// How much slower than its baseline an arm may be, for a program that decides by exit code.

#include <string>
#include <vector>

#include "experiments/measure/verdicts/race_verdicts.hpp"

namespace parlab {

struct SlowdownLimit {
  double fraction = margin;  // of the baseline's time that an arm may take more
  /// The ratio of an arm that takes just so much.
  double ratio() const { return 1 / (1 + fraction); }
};

/// On which side of the limit an arm's interval lies.
enum class LimitSide { within, beyond, open };
std::string_view to_string(LimitSide side);

struct LimitFinding {
  std::size_t result;
  Comparison comparison;  // with its baseline
  LimitSide side;
};

LimitSide side_of(const SlowdownLimit& limit, const Interval& interval);

/// Every arm that can be compared with its baseline. With probability 1 - alpha all intervals hold
/// together, at any number of rounds: each is made at alpha over the arms that there are.
std::vector<LimitFinding> findings_of(const SlowdownLimit& limit,
                                      const std::vector<Measured>& results,
                                      const RaceVerdicts& verdicts, double alpha = 0.05);

}  // namespace parlab
