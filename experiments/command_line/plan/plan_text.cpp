#include "experiments/command_line/plan/plan_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiments/base/experiment.hpp"
#include "experiments/base/table.hpp"
#include "experiments/measure/verdicts/statistics.hpp"
#include "experiments/options/duration.hpp"

namespace parlab {
namespace {

using nlohmann::json;

json parts_json(const SimulatedRun& run) {
  return {{"work", run.work},           {"serial", run.serial},   {"start_up", run.start_up},
          {"imbalance", run.imbalance}, {"counter", run.counter}, {"messages", run.messages}};
}

json tried_json(const TriedRun& tried) {
  return {{"grain", tried.grain},
          {"schedule", schedule_name(tried.is_dynamic)},
          {"seconds", tried.run.seconds}};
}

json plan_entry(const CheckedPlan& checked) {
  const RankPlan& plan = checked.plan;
  json entry = tried_json(plan.best);
  entry["ranks"] = plan.ranks;
  entry["cores"] = plan.cores;
  entry["parts"] = parts_json(plan.best.run);
  entry["limit"] = plan.limit;
  entry["efficiency"] = plan.efficiency;
  entry["core_hours"] = plan.core_hours;
  entry["tried"] = json::array();
  for (const TriedRun& tried : plan.tried) entry["tried"].push_back(tried_json(tried));
  entry["measured_seconds"] = checked.measured;
  const auto error = checked.error();
  entry["error"] = error ? json(*error) : json();
  return entry;
}

std::string hours(double core_hours) {
  return core_hours < 0.01 ? fmt::format("{:.1e}", core_hours) : fmt::format("{:.3g}", core_hours);
}

/// For people, from microseconds on.
std::string time_text(double seconds) {
  if (seconds < 1e-3) return fmt::format("{:.3g} us", 1e6 * seconds);
  if (seconds < 1) return fmt::format("{:.3g} ms", 1e3 * seconds);
  return duration_words(seconds);
}

}  // namespace

std::optional<double> CheckedPlan::error() const {
  if (measured.empty()) return std::nullopt;
  return plan.best.run.seconds / median(measured) - 1;
}

json plan_json(const PlanReport& report) {
  json places = json::array();
  for (const RateAt& rate : report.sample.rates)
    places.push_back({{"place", rate.place}, {"seconds_per_index", rate.seconds}});
  json plans = json::array();
  for (const CheckedPlan& checked : report.plans) plans.push_back(plan_entry(checked));
  return {{"schema", plan_schema},
          {"experiment", report.experiment},
          {"subject", report.subject},
          {"size", report.size},
          {"unit", report.unit},
          {"sample",
           {{"grain", report.sample.grain},
            {"chunks", report.sample.chunks},
            {"seconds", report.sample.seconds},
            {"serial_seconds", report.sample.serial},
            {"rates", places}}},
          {"costs",
           {{"latency_seconds", report.costs.latency},
            {"seconds_per_byte", report.costs.seconds_per_byte},
            {"ticket_seconds", report.costs.ticket},
            {"from", report.costs.from}}},
          {"plans", plans}};
}

std::string plan_text(const PlanReport& report) {
  const bool is_checked = std::ranges::any_of(
      report.plans, [](const CheckedPlan& checked) { return !checked.measured.empty(); });
  using enum Table::Align;
  std::vector<Table::Column> columns{{"ranks", right},      {"cores", right}, {"time", right},
                                     {"grain", right},      {"schedule"},     {"efficiency", right},
                                     {"core hours", right}, {"limited by"}};
  if (is_checked) {
    columns.push_back({"measured", right});
    columns.push_back({"plan's error", right});
  }
  Table table(std::move(columns));
  for (const CheckedPlan& checked : report.plans) {
    const RankPlan& plan = checked.plan;
    std::vector<std::string> cells{fmt::to_string(plan.ranks),
                                   fmt::to_string(plan.cores),
                                   time_text(plan.best.run.seconds),
                                   short_number(plan.best.grain),
                                   schedule_name(plan.best.is_dynamic),
                                   fmt::format("{:.3g}", plan.efficiency),
                                   hours(plan.core_hours),
                                   plan.limit};
    if (is_checked) {
      const auto error = checked.error();
      cells.push_back(error ? time_text(median(checked.measured)) : "-");
      cells.push_back(error ? fmt::format("{:+.0f} %", 100 * *error) : "-");
    }
    table.add(std::move(cells));
  }
  std::string text = fmt::format("{} on ranks of mpi\n{}\n", report.subject, table.text());
  text += fmt::format(
      "Planned from {} chunks of {} {} at {} places, run here in {}; the part before them "
      "takes {}.\n",
      report.sample.chunks, short_number(report.sample.grain), report.unit,
      report.sample.rates.size(), duration_words(report.sample.seconds),
      time_text(report.sample.serial));
  text += fmt::format("A message: {} and {}; a chunk from the counter: {} ({}).\n",
                      time_text(report.costs.latency),
                      report.costs.seconds_per_byte > 0
                          ? fmt::format("{:.3g} GB/s", 1e-9 / report.costs.seconds_per_byte)
                          : std::string("no time for its bytes"),
                      time_text(report.costs.ticket), report.costs.from);
  return text;
}

}  // namespace parlab
