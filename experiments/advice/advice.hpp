#pragma once

// Which backend, workers and grain a loop should use. Three races:
//   1. every backend at the automatic grain. Arms that cannot be the best leave.
//   2. the best four with finer and coarser grains, and with fewer workers.
//   3. the choice in fresh processes and rounds, against serial and against its runner-up: only
//      these figures are reported, because the winner of a search owes part of its lead to luck.
// The choice is the simplest arm that the second race does not tell apart from the fastest.

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "experiments/base/experiment.hpp"
#include "experiments/measure/race/race.hpp"
#include "experiments/measure/verdicts/race_verdicts.hpp"

namespace parlab {

struct AdviceRequest {
  Workload workload;                  // splittable, of the experiment
  std::vector<BackendSpec> backends;  // parallel ones; their workers are not looked at
  int workers = 2;                    // at most; 2 or more
  std::chrono::duration<double> budget{60};
  RaceOptions options = {};  // order_seed, timeout and progress are used
};

/// An arm of the search.
struct Considered {
  Arm arm;
  std::string label;
  bool as_good = false;  // not told apart from the fastest of the last race it was in
  std::optional<Comparison> against_best = std::nullopt;  // none for the fastest itself
  double seconds = 0;                                     // median of a run
  int rounds = 0;
  std::string failure = "";  // why it has no time
};

struct Advice {
  Workload workload;
  Arm choice;             // serial where pays() says no of the best parallel arm
  std::string label;      // "openmp:static x2 g4096"
  std::string runner_up;  // a label; "" where there was no other arm
  bool swapped = false;  // the runner-up turned out to be faster in fresh rounds, and is the choice
  Comparison confirmed{};  // against serial, in fresh rounds: the choice, or where that is serial
                           // the parallel arm that was tried
  std::optional<Comparison> against_runner_up = std::nullopt;
  double serial_seconds = 0, choice_seconds = 0;  // medians of those rounds
  double start_seconds = 0;                       // until all of the choice's workers take part
  std::optional<std::uint64_t> pays_from;  // indices, by start_seconds and the confirmed ratio
  std::vector<Considered> considered;      // of the second race, else of the first; fastest first
  double elapsed_seconds = 0;
};

/// Whether an arm that compares so with serial is worth its use: by the verdict; where the budget
/// was too small for one, by the ratio, which must lie beyond the margin in which arms are equivalent.
bool pays(const Comparison& confirmed);

/// The three races. Throws UsageError where the budget is too small for them, Interrupted, and
/// std::runtime_error where serial fails, every parallel arm fails, or threads give a wrong answer.
Advice advise(const Experiment& experiment, const AdviceRequest& request,
              const InterruptionGuard& interruption);

/// What to use, how sure that is, and from which size it pays; then what would change the choice.
std::vector<std::string> advice_sentences(const Advice& advice);

/// The table and the sentences, for people.
std::string advice_text(const Advice& advice);

/// Schema parlab/1-advice.
nlohmann::ordered_json advice_json(const Advice& advice);

}  // namespace parlab
