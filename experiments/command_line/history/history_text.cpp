#include "experiments/command_line/history/history_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "experiments/base/table.hpp"
#include "experiments/command_line/race/verdict_cells.hpp"

namespace parlab {
namespace {

using nlohmann::json;

Interval interval_of(const HistoryPoint& point) {
  return {point.low.value_or(0), point.high.value_or(std::numeric_limits<double>::infinity())};
}

std::string commit_text(const HistoryPoint& point) {
  return point.commit + (point.dirty ? "+" : "");
}

/// "2026-11-29 10:15"
std::string minute_of(const std::string& date) {
  std::string text = date.substr(0, 16);
  std::ranges::replace(text, 'T', ' ');
  return text;
}

Table table_of(const HistorySeries& series) {
  const auto right = Table::Align::right;
  Table table({{"date"},
               {"commit"},
               {"rounds", right},
               {"ratio", right},
               {"95 % interval", right},
               {"verdict"}});
  for (const HistoryPoint& point : series.points)
    table.add({minute_of(point.date), commit_text(point), fmt::to_string(point.rounds),
               fmt::format("{:.3g}", point.ratio), interval_text(interval_of(point)),
               point.verdict});
  return table;
}

std::vector<PlotRow> rows_of(const HistorySeries& series) {
  std::vector<PlotRow> rows;
  for (const HistoryPoint& point : series.points) {
    const Interval interval = interval_of(point);
    rows.push_back(
        {.label = fmt::format("{} {}", point.date.substr(0, 10), commit_text(point)),
         .ratio = point.ratio,
         .low = interval.low,
         .high = interval.high,
         .is_decided = point.verdict != "not resolved" && point.verdict != "too few rounds"});
  }
  return rows;
}

std::string change_text(const HistorySeries& series, const HistoryChange& change) {
  const HistoryPoint& before = series.points[change.before];
  const HistoryPoint& after = series.points[change.after];
  return fmt::format(
      "From {} to {} the ratio went from {:.3g} {} to {:.3g} {}: these runs shared no rounds, a "
      "race of the two commits tells:\n  {}\n",
      before.commit, after.commit, before.ratio, interval_text(interval_of(before)), after.ratio,
      interval_text(interval_of(after)), change.command);
}

/// Where compiler, libraries or environment differ from those of the run before.
std::string conditions_text(const HistorySeries& series) {
  std::string text;
  for (std::size_t i = 1; i < series.points.size(); ++i) {
    const json& then = series.points[i - 1].conditions;
    const json& now = series.points[i].conditions;
    std::string names;
    for (const auto& [name, value] : now.items())
      if (then.value(name, json()) != value) names += (names.empty() ? "" : ", ") + name;
    if (!names.empty())
      text += fmt::format("From {} on: other {}.\n", minute_of(series.points[i].date), names);
  }
  return text;
}

json end_json(const std::optional<double>& end) { return end ? json(*end) : json(); }

}  // namespace

std::string history_overview(const std::vector<HistoryRace>& races, const std::string& machine) {
  struct Kept {
    int runs = 0;
    std::set<std::string> commits;
    std::string last;
  };
  std::map<std::string, Kept> kept;
  std::set<std::string> others;
  int elsewhere = 0;
  for (const HistoryRace& race : races) {
    if (race.machine != machine) {
      others.insert(race.machine);
      ++elsewhere;
      continue;
    }
    Kept& one = kept[race.experiment];
    ++one.runs;
    one.commits.insert(race.commit);
    one.last = std::max(one.last, race.date);
  }
  const auto right = Table::Align::right;
  Table table({{"experiment"}, {"runs", right}, {"commits", right}, {"last run"}});
  for (const auto& [name, one] : kept)
    table.add(
        {name, fmt::to_string(one.runs), fmt::to_string(one.commits.size()), minute_of(one.last)});
  std::string text =
      kept.empty() ? std::string("No run on this machine is in the history yet.\n") : table.text();
  if (elsewhere > 0)
    text += fmt::format("{} more {} of {} other {}: not compared with these.\n", elsewhere,
                        elsewhere == 1 ? "run" : "runs", others.size(),
                        others.size() == 1 ? "machine" : "machines");
  return text;
}

std::string history_text(const std::vector<HistorySeries>& all, const PlotStyle& style) {
  std::string text;
  for (const HistorySeries& series : all) {
    text += fmt::format("{}{}: {} against {}, {}{}\n", text.empty() ? "" : "\n", series.experiment,
                        series.label, series.baseline, series.group,
                        series.metric == "seconds" ? "" : ", ratio of " + series.metric);
    text += table_of(series).text() + interval_plot(rows_of(series), style);
    text += conditions_text(series);
    for (const HistoryChange& change : series.changes) text += change_text(series, change);
  }
  return text;
}

json history_json(const std::vector<HistorySeries>& all, const std::vector<HistoryRace>& races,
                  const std::string& machine) {
  json document = {
      {"schema", "parlab/1-history"}, {"machine", machine},     {"facts", nullptr}, {"runs", 0},
      {"runs_of_other_machines", 0},  {"series", json::array()}};
  int runs = 0, others = 0;
  for (const HistoryRace& race : races) {
    (race.machine == machine ? runs : others) += 1;
    if (race.machine == machine) document["facts"] = race.facts;
  }
  document["runs"] = runs;
  document["runs_of_other_machines"] = others;
  for (const HistorySeries& series : all) {
    json points = json::array(), changes = json::array();
    for (const HistoryPoint& point : series.points)
      points.push_back({{"date", point.date},
                        {"commit", point.commit},
                        {"dirty", point.dirty},
                        {"conditions", point.conditions},
                        {"rounds", point.rounds},
                        {"ratio", point.ratio},
                        {"interval", json::array({end_json(point.low), end_json(point.high)})},
                        {"verdict", point.verdict},
                        {"command", point.command}});
    for (const HistoryChange& change : series.changes)
      changes.push_back({{"from", series.points[change.before].commit},
                         {"to", series.points[change.after].commit},
                         {"before", change.before},
                         {"after", change.after},
                         {"ratio", change.ratio},
                         {"command", change.command}});
    document["series"].push_back({{"experiment", series.experiment},
                                  {"name", series.name},
                                  {"group", series.group},
                                  {"label", series.label},
                                  {"baseline", series.baseline},
                                  {"metric", series.metric},
                                  {"points", points},
                                  {"changes", changes}});
  }
  return document;
}

}  // namespace parlab
