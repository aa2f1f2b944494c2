#include "experiments/command_line/diff/file_result.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "experiments/base/json_text.hpp"
#include "experiments/measure/results/result_file.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

using nlohmann::json;

json read_document(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file.is_open() || file.bad())
    throw std::runtime_error(std::generic_category().message(errno));
  try {
    return json::parse(text);
  } catch (const json::exception&) {
    throw std::runtime_error("it is not JSON; give a file that --json wrote");
  }
}

/// Times, or counts, which may be 0: a logarithm is taken of them.
std::vector<double> numbers(const json& list, double least) {
  std::vector<double> values;
  for (const json& value : list) {
    values.push_back(std::max(least, value.get<double>()));
    if (!(values.back() > 0 && std::isfinite(values.back())))
      throw std::runtime_error("a value is not above 0");
  }
  return values;
}

FileArm arm_of(const json& result, const std::string& metric) {
  FileArm arm{
      .label = result.at("label"), .group = result.at("group"), .answer = result.at("answer")};
  for (const char* name :
       {"experiment", "kernel", "variant", "algorithm", "size", "unit", "parameters", "facts",
        "backend", "schedule", "workers", "grain", "simd", "environment", "pin"})
    arm.identity[name] = result.value(name, json());
  if (const json& failure = result.at("failure"); !failure.is_null())
    arm.cause = failure.at("cause");
  arm.is_baseline = result.at("role") == "baseline";
  const json figures = result.value("figures", json::object());
  arm.values = metric == "seconds"        ? numbers(result.at("seconds"), 0)
               : figures.contains(metric) ? numbers(figures.at(metric).at("values"), 1e-9)
               : result.at("metrics").contains(metric)
                   ? numbers(result.at("metrics").at(metric), 1e-6)
                   : std::vector<double>{};
  return arm;
}

FileResult race_of(const json& document) {
  FileResult found;
  const json& run = document.at("run");
  found.name = run.at("name");
  found.metric = run.value("metric", "seconds");
  found.rounds = run.at("rounds");
  found.dependence = run.value("dependence", 0.0);
  found.context = document.at("context");
  for (const json& result : document.at("results"))
    if (result.at("role") != "baseline again") found.arms.push_back(arm_of(result, found.metric));
  for (const json& gate : document.at("gates"))
    found.guards[gate.at("group")] = std::log(std::max(1.0, gate.value("guard", 1.0)));
  return found;
}

/// As `hyperfine --export-json` writes it.
FileResult timing_of(const json& document) {
  FileResult found;
  found.name = "hyperfine";
  found.is_race = false;
  for (const json& result : document.at("results")) {
    FileArm arm{.label = as_utf8(result.at("command").get<std::string>()), .group = "commands"};
    arm.identity["facts"]["command"] = arm.label;
    arm.identity["parameters"] = result.value("parameters", json::object());
    const std::string command = arm.label;
    for (int number = 2; found.find(arm.label, arm.group) != nullptr; ++number)
      arm.label = fmt::format("{} #{}", command, number);
    arm.values = numbers(result.at("times"), 0);
    const json codes = result.value("exit_codes", json::array());
    // One answer where all runs ended alike.
    if (!codes.empty() &&
        std::ranges::all_of(codes, [&](const json& code) { return code == codes[0]; }))
      arm.answer = {{"exit_code", codes[0]}};
    found.rounds = std::max(found.rounds, static_cast<int>(arm.values.size()));
    found.arms.push_back(std::move(arm));
  }
  return found;
}

}  // namespace

const FileArm* FileResult::find(const std::string& label, const std::string& group) const {
  const auto found = std::ranges::find_if(
      arms, [&](const FileArm& arm) { return arm.label == label && arm.group == group; });
  return found == arms.end() ? nullptr : &*found;
}

FileResult read_result(const std::string& path) {
  try {
    const json document = read_document(path);
    const json schema = document.is_object() ? document.value("schema", json()) : json();
    if (!schema.is_null() && schema != result_schema)
      throw std::runtime_error(fmt::format("its schema is {}, not {}; give the file of one race",
                                           told_answer(schema), result_schema));
    if (schema.is_null() && !(document.is_object() && document.contains("results")))
      throw std::runtime_error("it is neither a result of parlab nor of hyperfine");
    FileResult found = schema.is_null() ? timing_of(document) : race_of(document);
    found.path = path;
    return found;
  } catch (const json::exception& error) {
    throw UsageError(fmt::format("diff: {}: it is damaged: {}", as_utf8(path), error.what()));
  } catch (const std::runtime_error& error) {
    throw UsageError(fmt::format("diff: {}: {}", as_utf8(path), error.what()));
  }
}

}  // namespace parlab
