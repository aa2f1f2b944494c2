#pragma once

// What a race's times say: each arm against its baseline and against the best of its group, with
// the bias that the baseline shows against itself (A/A); the cost models. headlines.hpp has the
// sentences that a reader takes away.

#include <optional>
#include <string>
#include <vector>

#include "experiments/base/experiment.hpp"
#include "experiments/measure/race/race.hpp"
#include "experiments/measure/verdicts/models.hpp"
#include "experiments/measure/verdicts/statistics.hpp"

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
  BreakEven break_even;
};

struct RaceVerdicts {
  std::vector<std::optional<Against>> against_baseline;  // one a result
  std::vector<std::optional<Against>> against_best;      // none for the best of a group itself
  std::vector<Guard> guards;
  std::vector<CostModel> models;
  double dependence = 0;  // pooled_dependence() of all pairs
};

/// Each comparison on its own, at level alpha, widened by its group's guard.
RaceVerdicts judge(const std::vector<Measured>& results, double alpha = 0.05);

/// Median over the rounds of the share of its time that the arm waited for a processor; nullopt where
/// the kernel does not tell.
std::optional<double> waited(const Measured& result);

/// Median over the rounds of the processors that the hypervisor kept; nullopt where nobody tells.
std::optional<double> stolen(const Measured& result);

/// Processors that the arm ran on, median over the rounds, at most its workers. At least those that
/// nobody else can have had: CPU seconds lack what processes used that live on after a run.
double processors_had(const Measured& result);

/// The latency of a load, by the median: each worker makes its share of a run's loads one after the
/// other. None where it is not known what a run loads.
std::optional<double> load_seconds(const Measured& result);

/// Whether another program took processors from the arm in most of its rounds.
bool beside_load(const Measured& result);

/// ln base - ln arm in the rounds that both ran. Requires a sample of each.
std::vector<double> differences(const Measured& base, const Measured& arm);

/// compare() of their times in the rounds that both ran, which also says whether another program had a
/// part in either.
Comparison compare(const Measured& base, const Measured& arm, const Rule& rule, double dependence);

/// What an arm's own numbers say, and which result's they are.
struct Remark {
  std::size_t result;
  std::string sentence;
};

/// One for each arm that its experiment has a sentence on.
std::vector<Remark> remarks(const Experiment& experiment, const std::vector<Measured>& results);

/// Indices of the results of each group, in the order of the race.
std::vector<std::vector<std::size_t>> groups_of(const std::vector<Measured>& results);

/// By how much, as a logarithm, the intervals of a baseline's group are widened.
double width_of(const std::vector<Guard>& guards, std::size_t baseline);

}  // namespace parlab
