#include "experiments/measure/results/result_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

#include "kernels/machine/simd_level.hpp"
#include "kernels/machine/usable_cores.hpp"

namespace parlab {
namespace {

using nlohmann::json;

/// 0 for an arm that failed before its first round.
double median_or_0(const std::vector<double>& values) {
  return values.empty() ? 0 : median(values);
}

/// An end that the data do not bound is null: JSON has no infinity.
json interval_json(const Interval& interval, double unbounded_low) {
  json ends = json::array({nullptr, nullptr});
  if (interval.low > unbounded_low) ends[0] = interval.low;
  if (std::isfinite(interval.high)) ends[1] = interval.high;
  return ends;
}

json comparison_json(const Comparison& comparison) {
  json tells = nullptr;
  if (std::isfinite(comparison.tells)) tells = comparison.tells;
  json rounds_to_tell = nullptr;
  if (comparison.rounds_to_tell > 0) rounds_to_tell = comparison.rounds_to_tell;
  return {{"ratio", comparison.ratio},
          {"interval", interval_json(comparison.interval, 0)},
          {"confidence", comparison.confidence},
          {"verdict", to_string(comparison.verdict)},
          {"rounds", comparison.rounds},
          {"block", comparison.block},
          {"p", comparison.p},
          {"rounds_taken", comparison.rounds_taken},
          {"rounds_needed", comparison.rounds_needed},
          {"reason", reason_of(comparison)},
          {"guard", comparison.guard},
          {"tells", tells},
          {"rounds_to_tell", rounds_to_tell},
          {"beside_load", comparison.beside_load}};
}

/// What each figure says of each result: "cpu", "cold", "pause" and so on, with their comparisons.
void add_figures(json& list, std::vector<Measured> results, double alpha) {
  for (json& result : list) result["figures"] = json::object();
  for (const RaceFigure& figure : race_figures()) {
    if (figure.metric.of == nullptr) continue;  // the time is told above
    for (Measured& result : results) result.metric = figure.metric;
    const RaceVerdicts verdicts = judge(results, alpha);
    for (std::size_t i = 0; i < results.size(); ++i) {
      const std::vector<double> values = results[i].compared_values();
      if (values.empty()) continue;
      const Location middle = location(values, alpha);
      json comparison = nullptr;
      if (const auto& against = verdicts.against_baseline[i]) {
        comparison = comparison_json(against->comparison);
        comparison["baseline_result"] = against->other;
      }
      list[i]["figures"][figure.name] = {{"median", middle.median},
                                         {"interval", interval_json(middle.interval, 0)},
                                         {"rounds", values.size()},
                                         {"values", values},
                                         {"comparison", comparison}};
    }
  }
}

json against_json(const std::optional<Against>& against, const std::vector<Measured>& results,
                  const std::string& role) {
  if (!against) return nullptr;
  json comparison = comparison_json(against->comparison);
  comparison[role] = results[against->other].entrant.label;
  comparison[role + "_result"] = against->other;
  return comparison;
}

std::string role_name(Role role) {
  switch (role) {
    case Role::baseline:
      return "baseline";
    case Role::baseline_again:
      return "baseline again";
    case Role::arm:
      break;
  }
  return "arm";
}

std::string isolation_name(Isolation isolation) {
  switch (isolation) {
    case Isolation::standing:
      return "standing";
    case Isolation::fresh:
      return "fresh";
    case Isolation::renewed:
      break;
  }
  return "renewed";
}

/// Rounds that a process of an arm serves; null for all.
json renewed_every(Isolation isolation) {
  if (isolation == Isolation::standing) return nullptr;
  return isolation == Isolation::fresh ? 1 : rounds_a_process;
}

std::string stop_name(Stop stopped) {
  switch (stopped) {
    case Stop::decided:
      return "decided";
    case Stop::budget:
      return "budget";
    case Stop::interrupted:
      return "interrupted";
    case Stop::rounds:
      break;
  }
  return "rounds";
}

json failure_json(const std::optional<Failure>& failure) {
  if (!failure) return nullptr;
  json object = {{"cause", failure->cause}, {"round", nullptr}};
  if (failure->round) object["round"] = *failure->round;
  return object;
}

/// The arms' own numbers as lists over the rounds; null in a round that did not give one.
json metrics_json(const std::vector<Sample>& samples) {
  json lists = json::object();
  for (const Sample& sample : samples)
    for (const auto& [name, value] : sample.metrics.items()) lists[name] = json::array();
  for (const Sample& sample : samples)
    for (auto& [name, list] : lists.items()) list.push_back(sample.metrics.value(name, json()));
  return lists;
}

/// A number a round; null where the kernel did not tell.
json known_json(const std::vector<Sample>& samples, std::optional<double> Sample::*number) {
  json numbers = json::array();
  for (const Sample& sample : samples)
    numbers.push_back(sample.*number ? json(*(sample.*number)) : json());
  return numbers;
}

/// Of what a run does, in its median time; null where that is not known.
json rate_json(double per_run, const Measured& measured) {
  if (per_run == 0 || measured.samples.empty()) return nullptr;
  return per_run / median(measured.seconds());
}

/// Of SIMD: the arm's own where it has one.
std::string level_of(const Arm& arm) {
  const auto variable = arm.environment.find(simd_variable);
  if (variable != arm.environment.end()) return simd_level_named(variable->second);
  return arm.workload.facts.value("simd", simd_level());
}

json measured_json(const Measured& measured, const Experiment& experiment) {
  const Arm& arm = measured.entrant.arm;
  const auto& [workload, executor, grain] = std::tie(arm.workload, arm.executor, arm.grain);
  const std::optional<double> load = load_seconds(measured);
  std::vector<double> cpu_seconds;
  std::vector<double> switches;
  std::uint64_t peak = 0;
  for (const Sample& sample : measured.samples) {
    cpu_seconds.push_back(sample.cpu_seconds);
    switches.push_back(sample.context_switches);
    peak = std::max(peak, sample.peak_rss_bytes);
  }
  return {
      {"experiment", experiment.name()},
      {"kernel", workload.kernel},
      {"variant", workload.variant},
      {"algorithm", workload.algorithm},
      {"backend", executor.backend},
      {"schedule", executor.schedule},
      {"workers", executor.workers},
      {"environment", arm.environment},
      {"pin", placement_name(arm.pin)},
      {"processors",
       arm.pin == Placement::none ? json() : json(placed_processors(arm.pin, executor.workers))},
      {"grain", grain},
      {"chunks", Chunking({0, workload.size}, grain).chunks()},
      {"size", workload.size},
      {"unit", workload.unit},
      {"parameters", workload.parameters},
      {"facts", workload.facts},
      {"paced", workload.externally_timed},
      {"simd", level_of(arm)},
      {"subject", experiment.subject(workload)},
      {"label", measured.entrant.label},
      {"group", measured.entrant.group},
      {"role", role_name(measured.entrant.role)},
      {"bytes_per_second", rate_json(workload.bytes_per_run, measured)},
      {"flops_per_second", rate_json(workload.flops_per_run, measured)},
      {"load_seconds", load ? json(*load) : json()},
      {"repeats", measured.repeats},
      {"rounds", measured.samples.size()},
      {"processes", measured.processes},
      {"seconds", measured.seconds()},
      {"cpu_seconds", median_or_0(cpu_seconds)},
      {"context_switches", median_or_0(switches)},
      {"each_round",
       {{"cpu_seconds", cpu_seconds},
        {"context_switches", switches},
        {"cold_seconds", known_json(measured.samples, &Sample::cold_seconds)},
        {"pause_seconds", known_json(measured.samples, &Sample::pause_seconds)},
        {"after_cpu_seconds", known_json(measured.samples, &Sample::after_cpu_seconds)},
        {"p90_seconds", known_json(measured.samples, &Sample::p90_seconds)},
        {"p99_seconds", known_json(measured.samples, &Sample::p99_seconds)}}},
      {"peak_rss_bytes", peak},
      {"waited", known_json(measured.samples, &Sample::waited)},
      {"stolen", known_json(measured.samples, &Sample::stolen)},
      {"retaken", measured.retaken},
      {"metrics", metrics_json(measured.samples)},
      {"answer", measured.answer},
      {"expected", measured.expected},
      {"ok", measured.ok()},
      {"failure", failure_json(measured.failure)}};
}

json model_json(const CostModel& model, const std::vector<Measured>& results) {
  const double none = -std::numeric_limits<double>::infinity();
  const Entrant& entrant = results[model.results.front()].entrant;
  const std::string label =
      entrant.arm.executor.workers == 1 && entrant.arm.executor.backend == "serial"
          ? "serial"
          : fmt::format("{} x{}", entrant.arm.executor.label(), entrant.arm.executor.workers);
  json object = {{"kind", "linear cost"},
                 {"label", label},
                 {"results", model.results},
                 {"unit", entrant.arm.workload.unit},
                 {"start_seconds", model.cost.start.median},
                 {"start_interval", interval_json(model.cost.start.interval, none)},
                 {"each_seconds", model.cost.each.median},
                 {"each_interval", interval_json(model.cost.each.interval, none)},
                 {"break_even", nullptr},
                 {"break_even_why", ""}};
  if (const auto& size = model.break_even.size)
    object["break_even"] = {{"size", size->median},
                            {"interval", interval_json(size->interval, none)},
                            {"against", "serial"},
                            {"against_results", model.serial}};
  else
    object["break_even_why"] = model.serial.empty()     ? "is the baseline"
                               : model.break_even.never ? "never pays"
                                                        : "not resolved";
  return object;
}

}  // namespace

json headline_json(const Headline& headline) {
  json object = comparison_json(headline.comparison);
  object["sentence"] = headline.sentence;
  object["result"] = headline.pair.result;
  object["against"] = headline.pair.against;
  object["choices"] = headline.pair.choices;
  return object;
}

std::optional<ScalingVerdicts> scaling_of(const RaceRecord& race) {
  if (!race.experiment->tells_scaling()) return std::nullopt;
  return judge_scaling(race.outcome.results, race.verdicts, usable_cores(), race.alpha);
}

json result_json(const RaceRecord& race, const json& context,
                 const std::vector<Headline>& headlines, int sentences) {
  const auto& results = race.outcome.results;
  json document = {{"schema", result_schema}, {"context", context}};
  document["run"] = {
      {"experiment", race.experiment->name()},
      {"name", race.name},
      {"question", race.experiment->question()},
      {"why", race.experiment->why()},
      {"rounds", race.outcome.rounds()},
      {"max_rounds", race.options.rounds},
      {"until_decided", race.options.until_decided},
      {"budget_seconds", race.options.budget ? json(race.options.budget->count()) : json()},
      {"pause_seconds", race.options.sample.pause.count()},
      {"metric", race.options.metric.name.empty() ? "seconds" : race.options.metric.name},
      {"stopped", stop_name(race.stopped)},
      {"order_seed", race.options.order_seed},
      {"isolation", isolation_name(race.options.isolation)},
      {"renewed_every", renewed_every(race.options.isolation)},
      {"alpha", race.alpha},
      {"margin", margin},
      {"interval", "anytime"},
      {"dependence", race.verdicts.dependence},
      {"sentences", sentences},
      {"timeout_seconds", race.options.timeout.count()},
      {"elapsed_seconds", race.outcome.elapsed_seconds},
      {"places", race.outcome.places},
      {"round_load", race.outcome.round_load},
  };
  json& list = document["results"] = json::array();
  for (std::size_t i = 0; i < results.size(); ++i) {
    list.push_back(measured_json(results[i], *race.experiment));
    list.back()["comparison"] =
        against_json(race.verdicts.against_baseline[i], results, "baseline");
    list.back()["against_best"] = against_json(race.verdicts.against_best[i], results, "best");
  }
  add_figures(list, results, race.alpha);
  json& gates = document["gates"] = json::array();
  for (const Guard& guard : race.verdicts.guards) {
    gates.push_back(comparison_json(guard.comparison));
    gates.back()["group"] = results[guard.baseline].entrant.group;
    gates.back()["baseline_result"] = guard.baseline;
    gates.back()["again_result"] = guard.again;
    gates.back()["ok"] = guard.width == 0;
    gates.back()["guard"] = std::exp(guard.width);
  }
  json& models = document["models"] = json::array();
  for (const CostModel& model : race.verdicts.models) models.push_back(model_json(model, results));
  if (const auto scaling = scaling_of(race)) document["scaling"] = scaling_json(*scaling);
  json& told = document["headlines"] = json::array();
  for (const Headline& headline : headlines) told.push_back(headline_json(headline));
  json& remarked = document["remarks"] = json::array();
  for (const Remark& remark : remarks(*race.experiment, results))
    remarked.push_back({{"result", remark.result}, {"sentence", remark.sentence}});
  return document;
}

}  // namespace parlab
