#pragma once

// What a race's times say: each arm against its baseline and against the best of its group, with
// the bias that the baseline shows against itself (A/A); the cost models, and the sentences that a
// reader takes away.

#include <optional>
#include <string>
#include <vector>

#include "experiments/experiment.hpp"
#include "experiments/measure/models.hpp"
#include "experiments/measure/race.hpp"
#include "experiments/measure/statistics.hpp"

namespace parlab {

struct Against {
  std::size_t other;  // index into the results
  Comparison comparison;
};

/// A baseline against itself: what it is off by, all comparisons of its group may be.
struct Guard {
  std::size_t baseline;
  std::size_t again;
  Comparison comparison;
  double width;  // guard_of(comparison), by which the group's intervals are widened
};

/// T(n) of one arm over the sizes of the race.
struct CostModel {
  std::vector<std::size_t> results;  // by size
  LinearCost cost;
  std::vector<std::size_t> serial;  // what break_even was computed against; empty for serial itself
  std::optional<Location> break_even;
};

/// One sentence, and the comparison behind it at the level that its family allows.
struct Headline {
  std::size_t result;
  std::size_t against;
  Comparison comparison;
  std::string sentence;
};

struct RaceVerdicts {
  std::vector<std::optional<Against>> against_baseline;  // one a result
  std::vector<std::optional<Against>> against_best;      // none for the best of a group itself
  std::vector<Guard> guards;
  std::vector<CostModel> models;
};

/// Each comparison on its own, at level alpha, widened by its group's guard.
RaceVerdicts judge(const std::vector<Measured>& results, double alpha = 0.05);

/// (result, against), as indices into the results of a race.
using ResultPair = std::pair<std::size_t, std::size_t>;

/// The comparisons worth a sentence: those that the experiment asks for, else at the largest size
/// of a race the best arm against its baseline, and the nearest rival on another backend (or of
/// another variant) against the best.
std::vector<ResultPair> headline_pairs(const Experiment& experiment,
                                       const std::vector<Measured>& results,
                                       const RaceVerdicts& verdicts);

/// What an arm's own numbers say, and which result's they are.
struct Remark {
  std::size_t result;
  std::string sentence;
};

/// One for each arm that its experiment has a sentence on.
std::vector<Remark> remarks(const Experiment& experiment, const std::vector<Measured>& results);

/// Every arm against its baseline: what `parlab compare` is asked for.
std::vector<ResultPair> baseline_pairs(const std::vector<Measured>& results,
                                       const RaceVerdicts& verdicts);

/// A race among those that headlines are made of together.
struct RaceInFamily {
  const Experiment* experiment;
  const std::vector<Measured>* results;
  const RaceVerdicts* verdicts;
  std::vector<ResultPair> pairs;
};

/// Headlines of all races, Holm over all of them; one list a race.
std::vector<std::vector<Headline>> headlines(const std::vector<RaceInFamily>& races,
                                             double alpha = 0.05);

}  // namespace parlab
