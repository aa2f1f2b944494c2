#pragma once

// What `parlab plan` writes: for people, and as JSON.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "experiments/command_line/plan/plan_races.hpp"
#include "experiments/planning/run_plan.hpp"
#include "experiments/planning/work_sample.hpp"

namespace parlab {

inline constexpr char plan_schema[] = "parlab/1-plan";

/// A plan beside real runs of it.
struct CheckedPlan {
  RankPlan plan;
  std::vector<double> measured = {};  // seconds of runs; empty: it was not run

  /// The planned time over the median of those measured, less 1: 0.1 where the plan is 10 % too long.
  std::optional<double> error() const;
};

struct PlanReport {
  std::string experiment, subject, unit;
  std::uint64_t size = 0;
  WorkSample sample = {};
  RankCosts costs = {};
  std::vector<CheckedPlan> plans = {};
};

nlohmann::json plan_json(const PlanReport& report);
std::string plan_text(const PlanReport& report);

}  // namespace parlab
