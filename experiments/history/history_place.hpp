#pragma once

// Where the history of runs is kept, and keeping one.

#include <nlohmann/json.hpp>
#include <string>

namespace parlab {

struct HistoryPlace {
  std::string path;           // "" where none is kept
  bool is_asked_for = false;  // by PARLAB_HISTORY; else the place that it has by itself
};

/// PARLAB_HISTORY: off, or a path. Else reports/history.sqlite of the checkout that this program was built in;
/// for an installed program parlab/history.sqlite in XDG_STATE_HOME or ~/.local/state.
HistoryPlace history_place();

/// Keeps the race of a result document. A failure is told on stderr and changes nothing else; of a place
/// that nobody asked for and that cannot be written to, nothing is told.
void keep_in_history(const nlohmann::json& document, const std::string& verb);

}  // namespace parlab
