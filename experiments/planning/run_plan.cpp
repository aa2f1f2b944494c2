#include "experiments/planning/run_plan.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "kernels/base/index_range.hpp"

namespace parlab {
namespace {

/// Grains that give each rank 1, 2, 4, ... 256 chunks, within the limits.
std::vector<std::uint64_t> grains_for(std::uint64_t ranks, const PlanRequest& request) {
  if (request.only_grain) return {*request.only_grain};
  constexpr std::uint64_t max_per_rank = 256;
  std::vector<std::uint64_t> grains;
  for (std::uint64_t per_rank = 1; per_rank <= max_per_rank; per_rank *= 2) {
    if (per_rank > 1 && ranks * per_rank > max_planned_chunks) break;
    // Not by automatic_grain(): that knows one number of chunks per worker.
    const std::uint64_t chunks = ranks * per_rank;
    std::uint64_t grain = request.size / chunks + (request.size % chunks != 0 ? 1 : 0);
    grain = std::max({grain, request.grain.min, std::uint64_t{1}});
    if (const std::uint64_t rest = grain % request.grain.step; rest != 0)
      grain += request.grain.step - rest;
    if (std::ranges::find(grains, grain) == grains.end()) grains.push_back(grain);
  }
  return grains;
}

/// What is beside the work is told where it is more than this part of the time.
constexpr double told_share = 0.02;

std::string limit_of(const SimulatedRun& run) {
  const std::array<std::pair<double, const char*>, 5> parts{
      {{run.serial, "the serial part"},
       {run.start_up, "start-up: telling all ranks to begin"},
       {run.imbalance, "imbalance: ranks wait for the last"},
       {run.counter, "the counter that hands out chunks"},
       {run.messages, "messages"}}};
  const auto most = std::ranges::max_element(parts, {}, &std::pair<double, const char*>::first);
  return most->first < told_share * run.seconds ? "the work itself" : most->second;
}

}  // namespace

RankPlan plan_ranks(std::uint64_t ranks, const PlanRequest& request, const WorkProfile& work,
                    const RunCosts& costs) {
  RankPlan plan{ranks, request.cores.value_or(ranks), {}, {}, "", 0, 0};
  for (const bool is_dynamic : {false, true}) {
    if (request.only_dynamic.value_or(is_dynamic) != is_dynamic) continue;
    for (const std::uint64_t grain : grains_for(ranks, request)) {
      const PlannedRun run{.size = request.size,
                           .grain = grain,
                           .ranks = ranks,
                           .cores = plan.cores,
                           .is_dynamic = is_dynamic};
      plan.tried.push_back({grain, is_dynamic, simulate(run, work, costs)});
    }
  }
  double fastest = plan.tried.front().run.seconds;
  for (const TriedRun& one : plan.tried) fastest = std::min(fastest, one.run.seconds);
  plan.best = *std::ranges::find_if(plan.tried, [&](const TriedRun& one) {
    return one.run.seconds <= fastest * (1 + planned_margin);
  });
  plan.limit = limit_of(plan.best.run);
  const auto at_once = static_cast<double>(std::min(ranks, plan.cores));
  const double alone = work.seconds(0, static_cast<double>(request.size)) + costs.serial;
  const double seconds = plan.best.run.seconds;
  plan.efficiency = seconds > 0 ? alone / (seconds * at_once) : 1;
  plan.core_hours = seconds * at_once / 3600;
  return plan;
}

std::string schedule_name(bool is_dynamic) { return is_dynamic ? "dynamic" : "static"; }

}  // namespace parlab
