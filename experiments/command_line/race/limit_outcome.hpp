#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "experiments/command_line/race/effort_options.hpp"
#include "experiments/measure/results/result_file.hpp"

namespace parlab {

/// What --fail-on makes of a race: nothing where it was not asked for.
class LimitOutcome {
 public:
  LimitOutcome(const ResultWords& words, const RaceRecord& race);

  /// 3 where an arm is beyond the limit, else 4 where one could not be told and that was to fail.
  int exit_code() const;
  /// "Beyond the limit, slower by more than 5 %: B 0.91x [0.9, 0.92].\n"; "" without a limit.
  std::string text() const;
  /// Of the result file; null without a limit.
  nlohmann::json json() const;

 private:
  bool any(LimitSide side) const;

  std::optional<SlowdownLimit> limit_;
  bool fails_unresolved_;
  std::string quantity_;
  std::vector<LimitFinding> findings_;
  std::vector<std::string> labels_;  // one a finding
};

}  // namespace parlab
