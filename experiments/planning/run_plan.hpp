#pragma once

// Which grain and schedule so many ranks should have, how long they would take, and what limits them:
// the best of runs that are simulated (run_simulation.hpp).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiments/planning/run_simulation.hpp"
#include "kernels/parallel/grain.hpp"

namespace parlab {

struct PlanRequest {
  std::uint64_t size = 1;
  GrainLimits grain = {};                        // of grains that are tried
  std::optional<std::uint64_t> only_grain = {};  // instead
  std::optional<bool> only_dynamic = {};         // schedule; none: both
  std::optional<std::uint64_t> cores = {};       // of all ranks together; none: each has one
};

struct TriedRun {
  std::uint64_t grain;
  bool is_dynamic;
  SimulatedRun run;
};

struct RankPlan {
  std::uint64_t ranks, cores;
  TriedRun best;
  std::vector<TriedRun> tried;  // in the order in which they were
  std::string limit;            // what takes most of the time beside the work: "imbalance"
  double efficiency;            // one worker's time over that of all cores
  double core_hours;            // of as many cores as the ranks take
};

/// Chunks that a simulated run has at most where a grain is chosen: more would take seconds, and a
/// rank's share of them is even to a percent long before. Each rank has one at least.
inline constexpr std::uint64_t max_planned_chunks = 1 << 21;

/// Of runs within this fraction of the fastest, the one with the fewest chunks, static before dynamic.
inline constexpr double planned_margin = 0.01;

/// The same input gives the same plan.
RankPlan plan_ranks(std::uint64_t ranks, const PlanRequest& request, const WorkProfile& work,
                    const RunCosts& costs);

/// "static" or "dynamic".
std::string schedule_name(bool is_dynamic);

}  // namespace parlab
