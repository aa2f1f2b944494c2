#pragma once

// The sentences that a reader takes away. How many there will be, and among how many arms each
// chooses, is fixed by the line-up before a time is taken. So each is made at level
//   alpha / (sentences * choices),
// interval and verdict alike, and with probability 1 - alpha all of them hold, at any number of
// rounds: also that of the arm that was named fastest for being the fastest, by a union over the
// arms. The nearest rival is chosen among pairs, over which a union would ask for more; that this
// level does is shown by a test on equal arms (HeadlineLevels).

#include <string>
#include <vector>

#include "experiments/base/experiment.hpp"
#include "experiments/measure/verdicts/race_verdicts.hpp"

namespace parlab {

/// A comparison worth a sentence, as indices into the results of a race.
struct HeadlinePair {
  std::size_t result;
  std::size_t against;
  int choices = 1;  // among how many arms it was chosen by looking at times

  friend bool operator==(const HeadlinePair&, const HeadlinePair&) = default;
};

/// One sentence, and the comparison behind it at the level that its family allows.
struct Headline {
  HeadlinePair pair;
  Comparison comparison;
  std::string sentence;
};

/// What is known of a race's sentences before a time is taken.
struct HeadlinePlan {
  int sentences;  // at most: those that the experiment asks for, else two
  int choices;    // arms that each chooses among
  int rounds;
};

/// The same whatever the times of the results.
HeadlinePlan planned_headlines(const Experiment& experiment, const std::vector<Measured>& results,
                               int rounds);

/// Which races have sentences in a family of several: all whose rounds allow an interval at the
/// level of the family that they make up. With the others in it, nobody's level could be reached.
std::vector<bool> with_headlines(const std::vector<HeadlinePlan>& plans, double alpha = 0.05);

/// The comparisons worth a sentence: those that the experiment asks for, else at the largest size
/// of a race the best arm against its baseline, and the nearest rival on another backend (or of
/// another variant) against the best.
std::vector<HeadlinePair> headline_pairs(const Experiment& experiment,
                                         const std::vector<Measured>& results,
                                         const RaceVerdicts& verdicts);

/// Every arm against its baseline: what `parlab compare` is asked for.
std::vector<HeadlinePair> baseline_pairs(const std::vector<Measured>& results,
                                         const RaceVerdicts& verdicts);

/// The arms that baseline_pairs() may name.
int planned_baseline_pairs(const std::vector<Measured>& results);

/// Sentences of one race in a family of so many, which must be no fewer than its own.
std::vector<Headline> headlines(const Experiment& experiment, const std::vector<Measured>& results,
                                const RaceVerdicts& verdicts,
                                const std::vector<HeadlinePair>& pairs, int sentences,
                                double alpha = 0.05);

}  // namespace parlab
