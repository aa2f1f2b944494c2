#pragma once

// The options that every race has: how long it goes on, and where its result goes.

#include <string>

#include "experiments/measure/race/race.hpp"

namespace CLI {
class App;
}  // namespace CLI

namespace parlab {

/// How long a race goes on, as it was typed.
struct EffortWords {
  std::string rounds, until, budget, seed = "1", timeout = "120";
};

/// What some of the options are for.
struct EffortHelp {
  std::string seed, timeout;
};

void add_effort_options(CLI::App& app, EffortWords& words, const EffortHelp& help);

/// Throws UsageError.
RaceOptions effort_of(const EffortWords& words);

/// Where a race's result goes, as it was typed.
struct ResultWords {
  std::string json;  // path, "-" for stdout, "" for none
  bool quiet = false, progress = false;
};

void add_result_options(CLI::App& app, ResultWords& words);

ProgressStyle progress_of(const ResultWords& words);

}  // namespace parlab
