// Two result files side by side, for people and as JSON.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "experiments/base/json_text.hpp"
#include "experiments/base/table.hpp"
#include "experiments/command_line/diff/result_pair.hpp"
#include "experiments/command_line/race/verdict_cells.hpp"

namespace parlab {
namespace {

using nlohmann::json;

bool has_ratios(const ResultPair& pair) {
  for (const ArmPair& arm : pair.arms)
    if (arm.both) return true;
  return false;
}

std::string head_of(const char* name, const FileResult& file) {
  const json& context = file.context;
  std::string text = fmt::format(
      "{}: {}, {}, {}", name, as_utf8(file.path), file.name,
      file.is_race ? fmt::format("{} rounds", file.rounds) : fmt::format("{} runs", file.rounds));
  if (!context.empty())
    text += fmt::format(", {}, parlab {} {}{}", context.value("date", "?"),
                        context.value("version", "?"), context.value("commit", ""),
                        context.value("dirty", false) ? " (changed)" : "");
  return text + "\n";
}

/// "12.3 ms", or a count with three digits.
std::string value_text(const FileArm& arm, bool seconds) {
  if (!arm.cause.empty()) return "FAILED";
  if (arm.values.empty()) return "-";
  const double value = median(arm.values);
  if (!seconds) return fmt::format("{:.4g}", value);
  const TimeUnit unit = time_unit_for({value});
  return fmt::format("{:.4g} {}", value * unit.per_second, unit.name);
}

std::string answer_cell(const ArmPair& arm) {
  if (!arm.first->cause.empty() || !arm.second->cause.empty()) return "-";
  if (arm.answers_differ) return "DIFFERS";
  return arm.first->answer == arm.second->answer ? "same" : "of another task";
}

std::string verdict_cell_of(const ResultPair& pair, const ArmPair& arm) {
  if (!arm.both) return arm.first->is_baseline && has_ratios(pair) ? "reference" : "no verdict";
  if (!pair.other_machine.empty()) return "no verdict: other machine";
  return std::string(to_string(arm.both->verdict));
}

std::string ratio_cell(const std::optional<Comparison>& comparison) {
  return comparison ? fmt::format("{:.3g}x", comparison->ratio) : "-";
}

Table table_of(const ResultPair& pair) {
  const auto right = Table::Align::right;
  const bool ratios = has_ratios(pair);
  std::vector<Table::Column> heads = {{"arm"}, {"in A", right}, {"in B", right}};
  if (ratios) {
    heads.push_back({"speed-up in A", right});
    heads.push_back({"in B", right});
    heads.push_back({"B / A", right});
    heads.push_back({"95 % interval", right});
  }
  heads.push_back({"verdict"});
  heads.push_back({"answers"});
  Table table(std::move(heads));
  const bool seconds = pair.first.metric == "seconds";
  for (const ArmPair& arm : pair.arms) {
    std::vector<std::string> cells = {arm.first->label, value_text(*arm.first, seconds),
                                      value_text(*arm.second, seconds)};
    if (ratios) {
      cells.push_back(ratio_cell(arm.in_first));
      cells.push_back(ratio_cell(arm.in_second));
      cells.push_back(arm.both ? fmt::format("{:.3g}", arm.both->ratio) : "-");
      cells.push_back(arm.both ? interval_text(arm.both->interval) : "-");
    }
    cells.push_back(verdict_cell_of(pair, arm));
    cells.push_back(answer_cell(arm));
    table.add(std::move(cells));
  }
  return table;
}

std::string caveat(const ResultPair& pair) {
  std::string text = "Not measured in the same rounds: no time of A is compared with one of B.\n";
  if (!has_ratios(pair))
    return text +
           (pair.first.is_race && pair.second.is_race
                ? "No arm stands in both as a reference, so there is no verdict on time; name one "
                  "with --reference, or race both at once.\n"
                : "hyperfine's times are in no common rounds, so there is no verdict on time; race "
                  "the commands at once: parlab race -- A -- B.\n");
  for (const ArmPair& arm : pair.arms)
    if (arm.both) {
      text += fmt::format(
          "B / A is the speed-up over {0} in B, divided by that in A; right if {0} is as fast in "
          "both.\n",
          arm.reference->label);
      break;
    }
  if (!pair.other_machine.empty())
    text += fmt::format(
        "Measured on different machines ({}): what of B / A is the machine's cannot be told.\n",
        pair.other_machine);
  return text;
}

json ends_json(const Interval& interval) {
  json ends = json::array({nullptr, nullptr});
  if (interval.low > 0) ends[0] = interval.low;
  if (std::isfinite(interval.high)) ends[1] = interval.high;
  return ends;
}

json median_json(const FileArm& arm) {
  return arm.values.empty() || !arm.cause.empty() ? json() : json(median(arm.values));
}

}  // namespace

std::string pair_text(const ResultPair& pair) {
  std::string text = head_of("A", pair.first) + head_of("B", pair.second) + caveat(pair);
  text += table_of(pair).text() + "\n";
  for (const ArmPair& arm : pair.arms) {
    if (arm.answers_differ)
      text += fmt::format("{} answers {}, now {}.\n", arm.first->label,
                          told_answer(arm.first->answer), told_answer(arm.second->answer));
    if (!arm.changes.empty())
      text += fmt::format("{} is not the same: {}.\n", arm.first->label, arm.changes);
    for (const auto& [name, one] : {std::pair("A", arm.first), std::pair("B", arm.second)})
      if (!one->cause.empty())
        text += fmt::format("{} failed in {}: {}.\n", one->label, name, one->cause);
  }
  if (!pair.only_first.empty())
    text += fmt::format("Only in A: {}.\n", fmt::join(pair.only_first, ", "));
  if (!pair.only_second.empty())
    text += fmt::format("Only in B: {}.\n", fmt::join(pair.only_second, ", "));
  if (pair.changes.empty()) return text + "Version, build, machine and environment are the same.\n";
  text += "Changed from A to B:\n";
  for (const std::string& change : pair.changes) text += "  " + change + "\n";
  return text;
}

json pair_json(const ResultPair& pair) {
  json document = {{"schema", "parlab/1-diff"},
                   {"files", {as_utf8(pair.first.path), as_utf8(pair.second.path)}},
                   {"metric", pair.first.metric},
                   {"same_rounds", false},
                   {"only_first", pair.only_first},
                   {"only_second", pair.only_second},
                   {"changes", pair.changes},
                   {"other_machine", pair.other_machine},
                   {"arms", json::array()}};
  for (const ArmPair& arm : pair.arms) {
    json object = {{"label", arm.first->label},
                   {"group", arm.first->group},
                   {"medians", {median_json(*arm.first), median_json(*arm.second)}},
                   {"causes", {arm.first->cause, arm.second->cause}},
                   {"answers", {arm.first->answer, arm.second->answer}},
                   {"answers_differ", arm.answers_differ},
                   {"changes", arm.changes},
                   {"reference", arm.reference ? json(arm.reference->label) : json()},
                   {"comparison", nullptr}};
    if (arm.both)
      object["comparison"] = {
          {"ratio", arm.both->ratio},
          {"interval", ends_json(arm.both->interval)},
          {"confidence", arm.both->confidence},
          {"ratios", {arm.in_first->ratio, arm.in_second->ratio}},
          {"verdict", pair.other_machine.empty() ? json(to_string(arm.both->verdict)) : json()}};
    document["arms"].push_back(std::move(object));
  }
  return document;
}

}  // namespace parlab
