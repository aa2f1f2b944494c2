#include "experiments/history/series.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "experiments/measure/results/recorded_command.hpp"
#include "experiments/measure/verdicts/statistics.hpp"
#include "experiments/options/shell_words.hpp"

namespace parlab {
namespace {

using nlohmann::json;

bool is_bounded(const HistoryPoint& point) { return point.low && point.high; }

double width(const HistoryPoint& point) { return *point.high / *point.low; }

/// The words of a run that has this arm and little else; empty where the command was none of an experiment.
std::vector<std::string> words_of_arm(const HistoryPoint& point, const json& identity) {
  auto command = recorded_command(point.command);
  if (!command) return {};
  command->remove("--metric");
  if (const std::string backend = identity.value("backend", ""); backend != "serial") {
    for (const char* option : {"--backend", "--workers", "--baseline"}) command->remove(option);
    const std::string schedule = identity.value("schedule", "");
    command->add("--backend", schedule.empty() ? backend : backend + ":" + schedule);
    command->add("--workers", fmt::to_string(identity.value("workers", 1)));
    command->add("--baseline", "first");
  }
  command->add("--rounds", "3");
  std::vector<std::string> words = {"build/parlab", "run"};
  for (std::string& word : command->words()) words.push_back(std::move(word));
  words.push_back("--quiet");
  return words;
}

std::string command_of(const HistoryPoint& before, const HistoryPoint& after,
                       const json& identity) {
  const std::vector<std::string> words = words_of_arm(after, identity);
  if (words.empty()) return "";
  std::vector<std::string> quoted;
  for (const std::string& word : words) quoted.push_back(shell_quoted(word));
  return fmt::format("parlab race --git {}..{} --build 'make program' -- {}", before.commit,
                     after.commit, fmt::join(quoted, " "));
}

/// One point a commit, the narrowest, in the order of the commits' first runs.
std::vector<std::size_t> points_of_commits(const HistorySeries& series) {
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    const HistoryPoint& point = series.points[i];
    if (!is_bounded(point) || point.dirty || point.commit == "unknown") continue;
    const auto same = std::ranges::find_if(chosen, [&](std::size_t other) {
      return series.points[other].commit == point.commit &&
             series.points[other].conditions == point.conditions;
    });
    if (same == chosen.end())
      chosen.push_back(i);
    else if (width(point) < width(series.points[*same]))
      *same = i;
  }
  return chosen;
}

std::vector<HistoryChange> changes_of(const HistorySeries& series) {
  std::vector<HistoryChange> changes;
  const std::vector<std::size_t> points = points_of_commits(series);
  for (std::size_t i = 1; i < points.size(); ++i) {
    const HistoryPoint& before = series.points[points[i - 1]];
    const HistoryPoint& after = series.points[points[i]];
    if (before.conditions != after.conditions || before.commit == after.commit) continue;
    const bool is_faster = *after.low / *before.high > 1 + margin;
    const bool is_slower = *before.low / *after.high > 1 + margin;
    if (!is_faster && !is_slower) continue;
    const std::string command = command_of(before, after, series.identity);
    if (command.empty()) continue;  // of commands: their commits are not those of parlab
    changes.push_back({points[i - 1], points[i], after.ratio / before.ratio, command});
  }
  return changes;
}

}  // namespace

std::vector<HistorySeries> history_series(const std::vector<HistoryRace>& races,
                                          const std::string& machine) {
  std::vector<HistorySeries> all;
  for (const HistoryRace& race : races) {
    if (race.machine != machine) continue;
    for (const HistoryArm& arm : race.arms) {
      if (arm.role != "arm" || !arm.ratio || !arm.failure.empty()) continue;
      auto found = std::ranges::find_if(all, [&](const HistorySeries& series) {
        return series.experiment == race.experiment && series.metric == race.metric &&
               series.group == arm.group && series.label == arm.label &&
               series.baseline == arm.baseline && series.identity == arm.identity;
      });
      if (found == all.end())
        found = all.insert(all.end(), HistorySeries{race.experiment,
                                                    race.name,
                                                    arm.group,
                                                    arm.label,
                                                    arm.baseline,
                                                    race.metric,
                                                    arm.identity,
                                                    {},
                                                    {}});
      found->points.push_back({race.date, race.commit, race.dirty, race.conditions, *arm.ratio,
                               arm.low, arm.high, arm.verdict, race.command, race.verb,
                               race.rounds});
    }
  }
  for (HistorySeries& series : all) series.changes = changes_of(series);
  return all;
}

}  // namespace parlab
