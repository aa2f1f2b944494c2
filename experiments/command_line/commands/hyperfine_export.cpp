#include "experiments/command_line/commands/hyperfine_export.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "experiments/base/json_text.hpp"
#include "experiments/measure/verdicts/statistics.hpp"

namespace parlab {
namespace {

using nlohmann::json;

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Null for one value.
json deviation(const std::vector<double>& values) {
  if (values.size() < 2) return nullptr;
  double squares = 0;
  for (const double value : values) squares += std::pow(value - mean(values), 2);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

}  // namespace

std::string hyperfine_json(const RaceRecord& race) {
  json results = json::array();
  for (const Measured& result : race.outcome.results) {
    if (!result.ok() || result.samples.empty() || result.entrant.role == Role::baseline_again)
      continue;
    const std::vector<double> times = result.seconds();
    std::vector<double> user, system, memory;
    for (const Sample& sample : result.samples) {
      user.push_back(sample.metrics.at("user_seconds"));
      system.push_back(sample.metrics.at("system_seconds"));
      memory.push_back(sample.metrics.at("peak_bytes"));
    }
    const json& facts = result.entrant.arm.workload.facts;
    const std::string name =
        facts.contains("commit") ? result.entrant.label : facts.at("command").get<std::string>();
    json exported = {{"command", name},
                     {"mean", mean(times)},
                     {"stddev", deviation(times)},
                     {"median", median(times)},
                     {"user", mean(user)},
                     {"system", mean(system)},
                     {"min", *std::ranges::min_element(times)},
                     {"max", *std::ranges::max_element(times)},
                     {"times", times},
                     {"memory_usage_byte", json::array()},
                     {"exit_codes", json::array()}};
    for (const double bytes : memory)
      exported["memory_usage_byte"].push_back(static_cast<std::uint64_t>(bytes));
    for (const Sample& sample : result.samples)
      exported["exit_codes"].push_back(sample.answer.at("exit_code"));
    if (facts.contains("parameters")) exported["parameters"] = facts.at("parameters");
    results.push_back(std::move(exported));
  }
  return json_document({{"results", std::move(results)}});
}

}  // namespace parlab
