#pragma once

// The history of one arm: its ratio to the baseline, run after run, on one machine.

#include <optional>
#include <string>
#include <vector>

#include "experiments/history/history_record.hpp"

namespace parlab {

struct HistoryPoint {
  std::string date, commit;
  bool dirty = false;
  nlohmann::json conditions;
  double ratio = 1;
  std::optional<double> low, high;
  std::string verdict, command, verb;
  int rounds = 0;
};

/// Two commits, one after the other in a series, whose intervals lie further apart than the margin.
struct HistoryChange {
  std::size_t before, after;  // points
  double ratio;               // of the later to the earlier
  std::string command;        // that races the two commits
};

struct HistorySeries {
  std::string experiment, name, group, label, baseline, metric;
  nlohmann::json identity;           // the arm's
  std::vector<HistoryPoint> points;  // oldest first
  std::vector<HistoryChange> changes;
};

/// The series of the machine's races, in the order of their first runs.
///
/// A change is named only where a race of the two commits is worth its time: both were built from clean sources
/// under equal conditions (compiler, flags, libraries, environment), and the intervals leave a difference
/// beyond the margin. Of several runs of a commit the one with the narrowest interval counts.
std::vector<HistorySeries> history_series(const std::vector<HistoryRace>& races,
                                          const std::string& machine);

}  // namespace parlab
