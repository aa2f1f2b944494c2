#pragma once

// The options that every race has: how long it goes on, and where its result goes.

#include <optional>
#include <string>

#include "experiments/measure/race/race.hpp"
#include "experiments/measure/verdicts/slowdown_limit.hpp"

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
  std::string json;      // path, "-" for stdout, "" for none
  std::string markdown;  // path, "" for none
  std::string plot;      // "always", "never", "" on a terminal
  bool quiet = false, progress = false, no_history = false;
  std::string fail_on;  // "slower=5%"
  bool fail_on_unresolved = false;
  std::optional<SlowdownLimit> limit = std::nullopt;  // what fail_on says
};

void add_result_options(CLI::App& app, ResultWords& words);

/// Reads what is no plain text. Throws UsageError.
void check_result_options(ResultWords& words);

ProgressStyle progress_of(const ResultWords& words);

}  // namespace parlab
