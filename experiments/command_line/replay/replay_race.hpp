#pragma once

// One race of another's report, run here.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "experiments/base/race_interruption.hpp"
#include "experiments/command_line/replay/claims.hpp"
#include "experiments/measure/race/progress_line.hpp"
#include "experiments/measure/verdicts/statistics.hpp"

namespace parlab {

enum class Outcome {
  holds,        // the same verdict here
  turns,        // another verdict here
  cannot_tell,  // no verdict here
};
std::string_view to_string(Outcome outcome);

struct ReplayedClaim {
  Outcome outcome = Outcome::cannot_tell;
  std::optional<Comparison> here = std::nullopt;
  std::string why = {};  // it cannot be told, where no comparison says so
};

struct ReplayedRace {
  std::vector<ReplayedClaim> claims;  // one a claim of the race
  int rounds = 0;
  double seconds = 0;
  std::string failure = {};  // an arm's, "" for none
};

/// What a verdict here makes of one there.
Outcome outcome_of(const std::string& verdict, const Comparison& here);

/// Measures the arms that the race's claims are on, and their baselines, until they are decided; after `patience`
/// no more rounds are begun but those of the first pass. `claims`: of the whole replay, whose intervals hold
/// together. Nothing is run that the file's author could have put into it: commands, own kernels, programs or
/// libraries by variables. Throws Interrupted.
ReplayedRace replay_race(const ClaimedRace& race, std::chrono::duration<double> patience,
                         int claims, ProgressStyle progress, const InterruptionGuard& interruption);

}  // namespace parlab
