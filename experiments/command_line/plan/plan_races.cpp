#include "experiments/command_line/plan/plan_races.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "experiments/command_line/race/race_command.hpp"
#include "experiments/command_line/race/running_race.hpp"
#include "experiments/measure/results/result_file.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

using nlohmann::json;

/// Rounds of what one process of an arm serves: a start of ranks takes a second, a round less.
constexpr int cost_rounds = rounds_a_process;
/// Of runs that a plan is checked against: twice as many runs, as the arm is its own baseline.
constexpr int check_rounds = rounds_a_process;

/// Empty chunks of the runs whose difference tells what a chunk costs.
constexpr double few_chunks = 64, many_chunks = 4096;

RaceOutcome outcome_of(const std::vector<std::string>& words, int rounds, ProgressStyle progress,
                       const InterruptionGuard& interruption) {
  RaceRequest request = parse_race(RaceVerb::run, words);
  require_ranks(request);
  request.options.rounds = rounds;
  request.options.progress = progress;
  Race race(*request.experiment, std::move(request.entrants), request.options, interruption);
  race.run_to(rounds);
  for (const Measured& result : race.outcome().results)
    if (result.failure)
      throw std::runtime_error(
          fmt::format("{} failed: {}", result.entrant.label, result.failure->cause));
  return race.outcome();
}

/// Of few rounds the minimum: what a message takes is a cost, and what other programs take is not.
double min_of(const Measured& result) { return std::ranges::min(result.seconds()); }

/// Min seconds of the arms of mpi of this size.
double seconds_of(const RaceOutcome& outcome, const std::string& kernel, double size) {
  for (const Measured& result : outcome.results) {
    const Arm& arm = result.entrant.arm;
    if (arm.executor.backend == "mpi" && arm.workload.kernel == kernel &&
        static_cast<double>(arm.workload.size) == size)
      return min_of(result);
  }
  throw std::runtime_error(fmt::format("no arm of mpi ran {} of size {}", kernel, size));
}

}  // namespace

RankCosts measure_rank_costs(ProgressStyle progress, const InterruptionGuard& interruption) {
  const RaceOutcome messages = outcome_of({"scaling", "--kernel", "pi", "--mode", "strong",
                                           "--darts", "1e5", "--backend", "mpi", "--workers", "2"},
                                          cost_rounds, progress, interruption);
  double small = 0, large = 0;
  double per_run = 1, small_seconds = 0, large_seconds = 0;
  for (const Measured& result : messages.results) {
    const Workload& workload = result.entrant.arm.workload;
    if (workload.kernel != "message" || result.entrant.role != Role::arm) continue;
    const auto size = static_cast<double>(workload.size);
    per_run = workload.facts.at("messages").get<double>();
    const double seconds = min_of(result);
    if (small == 0 || size < small) small = size, small_seconds = seconds;
    if (size > large) large = size, large_seconds = seconds;
  }
  const RaceOutcome chunks =
      outcome_of({"dispatch", "--backend", "mpi:dynamic", "--workers", "2", "--chunks",
                  fmt::format("{:.0f},{:.0f}", few_chunks, many_chunks)},
                 cost_rounds, progress, interruption);
  RankCosts costs;
  costs.latency = small_seconds / per_run;
  costs.seconds_per_byte = std::max(0.0, large_seconds - small_seconds) / per_run / (large - small);
  costs.ticket = std::max(0.0, seconds_of(chunks, "empty", many_chunks) -
                                   seconds_of(chunks, "empty", few_chunks)) /
                 (many_chunks - few_chunks);
  costs.from = "two ranks on this machine";
  return costs;
}

RankCosts rank_costs_of_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw UsageError(fmt::format("--from-result: {} cannot be read", path));
  try {
    const json document = json::parse(file);
    if (document.at("schema") != result_schema)
      throw UsageError(fmt::format("--from-result: {} is not a result file of this version", path));
    const json scaling = document.value("scaling", json::object());
    if (scaling.value("messages", json()).is_null())
      throw UsageError(fmt::format(
          "--from-result: {} does not tell what a message costs; write one by parlab run scaling "
          "--backend mpi --workers 1,2 --json FILE",
          path));
    const json& messages = scaling.at("messages");
    RankCosts costs;
    costs.latency = std::max(0.0, messages.at("latency_seconds").at("value").get<double>());
    const json& rate = messages.at("bytes_per_second").at("value");
    costs.seconds_per_byte = rate.is_null() ? 0 : 1 / rate.get<double>();
    costs.ticket = costs.latency;
    costs.from = path;
    return costs;
  } catch (const json::exception&) {
    throw UsageError(fmt::format("--from-result: {} is not a result file", path));
  }
}

std::vector<double> measure_ranks(const std::vector<std::string>& words, bool is_dynamic,
                                  std::uint64_t grain, std::uint64_t ranks, ProgressStyle progress,
                                  const InterruptionGuard& interruption) {
  std::vector<std::string> all = words;
  for (const std::string& word :
       {std::string("--backend"), std::string(is_dynamic ? "mpi:dynamic" : "mpi:static"),
        std::string("--workers"), fmt::to_string(ranks), std::string("--grain"),
        fmt::to_string(grain), std::string("--baseline"), std::string("first")})
    all.push_back(word);
  const RaceOutcome outcome = outcome_of(all, check_rounds, progress, interruption);
  std::vector<double> seconds;
  for (const Measured& result : outcome.results)
    for (const double time : result.seconds()) seconds.push_back(time);
  return seconds;
}

}  // namespace parlab
