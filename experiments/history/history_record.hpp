#pragma once

// What the history keeps of a race: less than its result file, so that years of runs fit.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace parlab {

struct HistoryArm {
  std::string label, group, role;
  std::string baseline;             // the label of the arm that it is compared with; "" for none
  nlohmann::json identity;          // what it computed, and on what, but for its grain
  std::optional<double> median;     // seconds; none for an arm that failed
  std::optional<double> ratio;      // to the baseline; above 1 it is faster
  std::optional<double> low, high;  // of its interval; none where rounds do not bound it
  std::string verdict, failure;
};

struct HistoryRace {
  std::int64_t id = 0;  // in the history
  std::string date, verb, experiment, name, metric, command;
  std::string machine;   // its fingerprint
  nlohmann::json facts;  // of the machine
  std::string commit;    // of the build
  bool dirty = false;    // the sources differed from the commit
  nlohmann::json
      conditions;  // compiler, flags, libraries, environment: all else that changes times
  int rounds = 0;
  std::string stopped;
  double elapsed_seconds = 0;
  std::vector<HistoryArm> arms;
};

/// Of a document of schema parlab/1. Throws nlohmann::json::exception where that is not one.
HistoryRace history_record(const nlohmann::json& document, const std::string& verb);

}  // namespace parlab
