#include "experiments/history/history_record.hpp"

#include <algorithm>

#include "experiments/measure/results/context.hpp"

namespace parlab {
namespace {

using nlohmann::json;

json chosen(const json& object, std::initializer_list<const char*> names) {
  json some = json::object();
  for (const char* name : names) some[name] = object.value(name, json());
  return some;
}

std::optional<double> number_or_none(const json& value) {
  return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

std::optional<double> median_of(const json& seconds) {
  std::vector<double> values = seconds.get<std::vector<double>>();
  if (values.empty()) return std::nullopt;
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

HistoryArm arm_of(const json& result) {
  HistoryArm arm;
  arm.label = result.at("label");
  arm.group = result.at("group");
  arm.role = result.at("role");
  // Without its grain: where that is automatic, it is part of what a commit changes.
  arm.identity =
      chosen(result, {"experiment", "kernel", "variant", "algorithm", "size", "unit", "parameters",
                      "facts", "backend", "schedule", "workers", "environment", "pin"});
  arm.median = median_of(result.at("seconds"));
  if (!result.at("failure").is_null()) arm.failure = result.at("failure").at("cause");
  if (const json& comparison = result.at("comparison"); !comparison.is_null()) {
    arm.baseline = comparison.at("baseline");
    arm.ratio = number_or_none(comparison.at("ratio"));
    arm.low = number_or_none(comparison.at("interval").at(0));
    arm.high = number_or_none(comparison.at("interval").at(1));
    arm.verdict = comparison.at("verdict");
  }
  return arm;
}

}  // namespace

HistoryRace history_record(const json& document, const std::string& verb) {
  const json& context = document.at("context");
  const json& run = document.at("run");
  HistoryRace race;
  race.date = context.at("date");
  race.verb = verb;
  race.experiment = run.at("experiment");
  race.name = run.at("name");
  race.metric = run.value("metric", "seconds");
  race.command = context.at("command");
  race.machine = machine_fingerprint(context);
  race.facts =
      chosen(context, {"cpu", "cores", "caches", "memory_bytes", "virtual_machine", "simd"});
  race.commit = context.at("commit");
  race.dirty = context.at("dirty");
  race.conditions =
      chosen(context, {"version", "compiler", "flags", "build_type", "libraries", "environment",
                       "openmp_binding", "usable_cores", "governor", "kernel"});
  race.conditions["isolation"] = run.value("isolation", json());
  race.rounds = run.at("rounds");
  race.stopped = run.value("stopped", "rounds");
  race.elapsed_seconds = run.at("elapsed_seconds");
  for (const json& result : document.at("results")) race.arms.push_back(arm_of(result));
  return race;
}

}  // namespace parlab
