#include "experiments/measure/results/result_reader.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <stdexcept>
#include <string_view>

#include "experiments/base/json_text.hpp"
#include "experiments/measure/results/result_file.hpp"

namespace parlab {
namespace {

using nlohmann::json;

/// Build, machine and environment: times of two that differ in one of them cannot be put together.
constexpr std::array<std::string_view, 17> conditions = {
    "version", "commit",       "dirty",  "compiler", "flags",      "build_type",
    "host",    "cpu",          "cores",  "kernel",   "libraries",  "usable_cores",
    "simd",    "memory_bytes", "caches", "governor", "environment"};

void require(bool holds, const std::string& complaint) {
  if (!holds) throw std::runtime_error(complaint);
}

std::optional<double> number_or_none(const json& value) {
  return value.is_null() ? std::nullopt : std::optional<double>(value.get<double>());
}

Sample sample_of(const json& result, std::size_t round) {
  const auto in_round = [&](const char* name) {
    return number_or_none(result.at("each_round").at(name).at(round));
  };
  Sample sample{.seconds = result.at("seconds").at(round),
                .cpu_seconds = result.at("each_round").at("cpu_seconds").at(round),
                .context_switches = result.at("each_round").at("context_switches").at(round),
                .peak_rss_bytes = result.at("peak_rss_bytes"),
                .answer = result.at("answer"),
                .waited = number_or_none(result.at("waited").at(round)),
                .stolen = number_or_none(result.at("stolen").at(round)),
                .cold_seconds = in_round("cold_seconds"),
                .pause_seconds = in_round("pause_seconds"),
                .after_cpu_seconds = in_round("after_cpu_seconds"),
                .p90_seconds = in_round("p90_seconds"),
                .p99_seconds = in_round("p99_seconds")};
  require(sample.seconds > 0 && std::isfinite(sample.seconds), "a time is not above 0");
  for (const auto& [name, values] : result.at("metrics").items())
    if (!values.at(round).is_null()) sample.metrics[name] = values.at(round);
  return sample;
}

void read_failure(const json& failure, Measured& measured) {
  if (failure.is_null()) return;
  measured.failure = Failure{failure.at("cause"), std::nullopt};
  if (!failure.at("round").is_null()) measured.failure->round = failure.at("round").get<int>();
}

}  // namespace

RaceOutcome read_outcome(const json& document, const std::vector<Measured>& entrants) {
  try {
    require(document.at("schema") == result_schema,
            fmt::format("its schema is not {}", result_schema));
    const json& run = document.at("run");
    const json& results = document.at("results");
    RaceOutcome outcome{.results = entrants,
                        .places = run.at("places"),
                        .round_load = run.at("round_load"),
                        .elapsed_seconds = run.at("elapsed_seconds")};
    require(outcome.rounds() == run.at("rounds").get<int>(),
            "its number of rounds is not the one it states");
    require(results.size() == entrants.size(), "it has other arms");
    for (std::size_t i = 0; i < entrants.size(); ++i) {
      const json& result = results[i];
      Measured& measured = outcome.results[i];
      const std::string& label = measured.entrant.label;
      require(result.at("label") == label, fmt::format("it lacks the arm {} in its place", label));
      const std::size_t rounds = result.at("rounds");
      require(result.at("seconds").size() == rounds &&
                  rounds <= static_cast<std::size_t>(outcome.rounds()),
              fmt::format("{} has a different number of times than of rounds", label));
      measured.repeats = result.at("repeats");
      measured.processes = result.at("processes");
      measured.retaken = result.at("retaken");
      measured.answer = result.at("answer");
      measured.expected = result.at("expected");
      read_failure(result.at("failure"), measured);
      for (std::size_t round = 0; round < rounds; ++round)
        measured.samples.push_back(sample_of(result, round));
    }
    return outcome;
  } catch (const json::exception& error) {
    throw std::runtime_error(fmt::format("it is damaged: {}", error.what()));
  }
}

std::string difference_of_conditions(const json& then, const json& now) {
  for (const std::string_view name : conditions) {
    const json before = then.value(std::string(name), json());
    const json after = now.value(std::string(name), json());
    if (before != after)
      return fmt::format("{}: {}, now {}", name, told_answer(before), told_answer(after));
  }
  return "";
}

}  // namespace parlab
