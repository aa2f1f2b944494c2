// Where the ranks of a race run.

#include <fmt/format.h>

#include <algorithm>

#include "experiments/command_line/race/race_command.hpp"
#include "experiments/measure/ranks/host_check.hpp"
#include "kernels/backends/ranks/batch_hosts.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

bool has_ranks(const RaceRequest& request) {
  return std::ranges::any_of(request.entrants,
                             [](const Entrant& e) { return !shares_memory(e.arm.executor); });
}

}  // namespace

void place_ranks(RaceRequest& request) {
  if (!has_ranks(request) || !request.ranks.hosts.empty()) return;
  AllottedHosts allotted = allotted_hosts();
  if (allotted.hosts.empty()) return;
  for (const Entrant& entrant : request.entrants) try {
      if (!shares_memory(entrant.arm.executor))
        require_slots(entrant.arm.executor.workers, allotted.hosts);
    } catch (const UsageError&) {
      throw UsageError(fmt::format(
          "--workers {}: this job has room for fewer ({}: {}); ask the batch system for more tasks",
          entrant.arm.executor.workers, allotted.by, host_list(allotted.hosts)));
    }
  request.ranks.option = std::move(allotted.by);
  request.ranks.hosts = std::move(allotted.hosts);
}

nlohmann::json require_ranks(RaceRequest& request) {
  if (!has_ranks(request)) return nlohmann::json::array();
  require_one_start();
  place_ranks(request);
  return check_rank_hosts(request.ranks.option, request.ranks.hosts);
}

}  // namespace parlab
