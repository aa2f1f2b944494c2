#pragma once

// What times over numbers of workers say about a loop: laws of scaling, each parameter with an
// interval, or the reason why the times do not tell it.
//
// With S(p) the speed-up of p workers over one:
//   Amdahl      1 / S = f + (1 - f) / p                       f: the serial fraction
//   USL         p / S = 1 + sigma (p - 1) + kappa p (p - 1)   sigma: contention, kappa: coherence
//   Karp-Flatt  e(p) = (1 / S - 1 / p) / (1 - 1 / p)          the serial fraction of one p alone
// The first two are linear in their parameters: least squares of the medians over the rounds of ln S,
// each p weighted by its relative error. Intervals are bootstrapped over rounds: a round is drawn with
// the times of all its arms, and with those that the same processes served, so that what slows a round
// as a whole cancels, as it does in verdicts.
// Nothing keeps a parameter from falling below 0: a loop may gain more than workers (caches), and
// noise around 0 has two sides.
//
// Sources: G. Amdahl, AFIPS 1967; N. Gunther, Guerrilla Capacity Planning, 2007, ch. 4; A. Karp,
// H. Flatt, CACM 33, 1990; J. Gustafson, CACM 31, 1988; B. Efron, Ann. Statist. 7, 1979.
// Cost: O(resamples x rounds x worker counts), some 10 ms.

#include <optional>
#include <string>
#include <vector>

#include "experiments/measure/verdicts/statistics.hpp"

namespace parlab {

/// A parameter of a law.
struct Fitted {
  std::optional<Location> value;  // nullopt: not identifiable
  std::string why = "";           // it is not
};

struct ScalingFits {
  Fitted serial_fraction;  // Amdahl's f
  Fitted contention;       // sigma of the USL
  Fitted coherence;        // kappa of the USL
  int points = 0;          // worker counts above 1 that fits use: those within the cores
  int points_beyond = 0;   // worker counts that no fit uses
};

/// Times of the same work by different numbers of workers.
struct ScalingTimes {
  std::vector<int> workers;                  // ascending, without 1
  std::vector<std::vector<double>> seconds;  // of each of them, a list over the rounds
  std::vector<double> one_worker;            // of one worker, in the same rounds
  /// Rounds that one process of an arm serves: they share its bias, and are drawn together.
  int block = 1;
};

/// Resamples behind an interval: its ends then vary by some percent of its width.
inline constexpr int bootstrap_resamples = 2000;

/// Fits within `cores`. The same times give the same bits. Throws std::invalid_argument where rounds
/// differ in number, or a time is not positive and finite.
ScalingFits fit_scaling(const ScalingTimes& times, int cores, double alpha = 0.05);

/// Karp-Flatt's serial fraction of a speed-up. Requires workers > 1.
double karp_flatt(double speedup, int workers);

/// The same with the interval of the speed-up, of which it is a falling function.
Location karp_flatt(const Comparison& speedup, int workers);

/// Gustafson's: the serial share of the time of p workers who had p times the work, from the ratio of
/// one worker's time to theirs. Requires workers > 1.
Location gustafson(const Comparison& efficiency, int workers);

}  // namespace parlab
