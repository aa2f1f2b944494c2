#pragma once

// Which comparisons of a race have no verdict yet, which arms they need, and what further rounds are
// worth: rounds are spent where a verdict is near, and an arm whose comparisons are decided retires.
// What is decided here depends on the past alone, so the intervals, which hold at every look, hold.

#include <vector>

#include "experiments/measure/verdicts/headlines.hpp"
#include "experiments/measure/verdicts/slowdown_limit.hpp"

namespace parlab {

/// One comparison without a verdict.
struct OpenQuestion {
  std::vector<std::size_t>
      arms;           // results that it needs, its baseline and that one's twin among them
  double value = 0;   // of the rounds up to the next look
  double rounds = 0;  // that it will have taken, as it looks now; may be infinite
  int earliest = 0;   // the fewest rounds that can have an interval at its level
};

struct OpenQuestions {
  int rows = 0;       // comparisons with a baseline
  int headlines = 0;  // sentences
  int limits = 0;     // arms of which it is not told on which side of a limit they are
  std::vector<OpenQuestion> questions;  // those that are pursued
  std::vector<bool> needed;  // one a result: whether a further round tells something of it
  double value = 0;          // of the rounds up to the next look, by which races can be ordered
  double rounds = 0;         // that all of them will have taken, as it looks now; may be infinite

  bool any() const { return rows + headlines + limits > 0; }
  /// Rounds after which to look again, of a race that has had `rounds`: the first that may tell something.
  int next_look_after(int rounds) const;
};

/// What stays in further rounds for a headline that was chosen among several: all that are not told to be
/// slower at its level, or those that have not been slower by more than `margin` in most rounds so far. The
/// second decides more headlines in a given time; the set of those that may be the fastest stays larger.
enum class Rivals { not_told_apart, close };

/// What `headlines`, `verdicts` and `limits` leave open and further rounds of the entrants not `retired` may
/// tell.
OpenQuestions open_questions(const std::vector<Measured>& results, const std::vector<bool>& retired,
                             const RaceVerdicts& verdicts, const std::vector<Headline>& headlines,
                             const std::vector<LimitFinding>& limits = {},
                             const SlowdownLimit& limit = {},
                             Rivals rivals = Rivals::not_told_apart);

/// Of what is open, the part whose rounds to the next look have the highest value per second, where a round of
/// each result takes `round_seconds`. The counts stay those of all that is open.
OpenQuestions best_value_per_second(OpenQuestions open, const std::vector<double>& round_seconds);

/// Rounds, those there are included, at which differences like these will have told on which side
/// of `margin` they lie; infinite where they lean to no side. Requires one at least.
double rounds_to_decide(const std::vector<double>& differences, const Rule& rule);

/// The same for on which side of a logarithm, `edge`, they lie.
double rounds_to_decide_side(const std::vector<double>& differences, const Rule& rule, double edge);

}  // namespace parlab
