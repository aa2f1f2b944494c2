#pragma once

// The history of runs, for people and as JSON.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "experiments/base/interval_plot.hpp"
#include "experiments/history/series.hpp"

namespace parlab {

/// What there is of each experiment: runs, commits, the last run; of this machine and of others.
std::string history_overview(const std::vector<HistoryRace>& races, const std::string& machine);

/// Each series: a row a run with date, commit, ratio, interval and verdict; a plot; what changed.
std::string history_text(const std::vector<HistorySeries>& series, const PlotStyle& style);

/// Schema parlab/1-history.
nlohmann::json history_json(const std::vector<HistorySeries>& series,
                            const std::vector<HistoryRace>& races, const std::string& machine);

}  // namespace parlab
