#pragma once

// Which comparisons of a race have no verdict yet, which arms they need, and what further rounds are
// worth: rounds are spent where a verdict is near, and an arm whose comparisons are decided retires.
// What is decided here depends on the past alone, so the intervals, which hold at every look, hold.

#include <vector>

#include "experiments/measure/verdicts/headlines.hpp"
#include "experiments/measure/verdicts/slowdown_limit.hpp"

namespace parlab {

struct OpenQuestions {
  int rows = 0;              // comparisons with a baseline
  int headlines = 0;         // sentences
  int limits = 0;            // arms of which it is not told on which side of a limit they are
  std::vector<bool> needed;  // one a result: whether a further round tells something of it
  double value = 0;          // of the rounds up to the next look, by which races can be ordered
  double rounds = 0;         // that all of them will have taken, as it looks now; may be infinite

  bool any() const { return rows + headlines + limits > 0; }
};

/// What `headlines`, `verdicts` and `limits` leave open and further rounds of the entrants not `retired` may
/// tell. A headline that was chosen among several needs all that can still be the fastest.
OpenQuestions open_questions(const std::vector<Measured>& results, const std::vector<bool>& retired,
                             const RaceVerdicts& verdicts, const std::vector<Headline>& headlines,
                             const std::vector<LimitFinding>& limits = {},
                             const SlowdownLimit& limit = {});

/// Rounds, those there are included, at which differences like these will have told on which side
/// of `margin` they lie; infinite where they lean to no side. Requires one at least.
double rounds_to_decide(const std::vector<double>& differences, const Rule& rule);

/// The same for on which side of a logarithm, `edge`, they lie.
double rounds_to_decide_side(const std::vector<double>& differences, const Rule& rule, double edge);

}  // namespace parlab
