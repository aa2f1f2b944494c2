#pragma once

// What two arms' times, taken in the same rounds, say about each other.
//
// Per round r: d_r = ln t_base,r - ln t_arm,r, so what slows the whole round cancels. The speed-up
// is exp(median d). Its interval comes from the sign test (binomial order statistics), which asks
// nothing of the noise but independence; on the skewed noise of shared machines it keeps its
// coverage where bootstrap and t intervals do not. Where the lag-1 correlation of d exceeds
// 2 / sqrt(R), the medians of blocks of three rounds take the place of d: that softens dependence
// (AR(1) of 0.6 at 31 rounds: false alarms 9 % instead of 20 %), it does not remove it.
//
// Source: W. J. Conover, Practical Nonparametric Statistics (quantile intervals); S. Holm, A simple
// sequentially rejective multiple test procedure, Scand. J. Statist. 6 (1979). Cost: O(R log R).

#include <limits>
#include <span>
#include <string_view>
#include <vector>

namespace parlab {

/// Differences below this fraction are not worth a choice, whatever their certainty.
inline constexpr double margin = 0.03;

/// How far an A/A interval may leave 1 before a run is too noisy for verdicts.
inline constexpr double gate_margin = 0.05;

enum class Verdict {
  faster,          // the whole interval lies above 1 + margin
  slower,          // the whole interval lies below 1 / (1 + margin)
  equivalent,      // the whole interval lies inside the margin
  differs,         // the interval excludes 1 but overlaps the margin's edge
  not_resolved,    // more rounds, or a quieter machine, are needed
  too_noisy,       // the gate failed: no verdict
  too_few_rounds,  // the gate failed because the rounds are too few for any interval
};
std::string_view to_string(Verdict verdict);

/// low and high of a ratio; 0 and infinity where the rounds are too few for the confidence.
struct Interval {
  double low;
  double high;
};

/// Whether both ends are told.
constexpr bool is_bounded(const Interval& interval) {
  return interval.low > 0 && interval.high < std::numeric_limits<double>::infinity();
}

struct Comparison {
  double ratio;       // t_base / t_arm: above 1, the arm is faster
  Interval interval;  // of the ratio
  double confidence;  // 1 - alpha that the interval was made for
  Verdict verdict;
  int rounds;  // observations that went in, after blocking
  int block;   // rounds behind each observation; 1 unless d was serially correlated
  double p;    // smallest alpha at which the verdict is still resolved; 1 where it never is
};

/// Paired comparison of two arms over the same rounds, at level alpha.
/// Throws std::invalid_argument for spans of different or zero length, or a time that is not
/// positive and finite.
Comparison compare(std::span<const double> base_seconds, std::span<const double> arm_seconds,
                   double alpha = 0.05);

/// Holm's step-down over a family, so that with probability 1 - alpha no verdict of it is wrong:
/// the comparison whose direction is clearest is made at alpha / m, the next at alpha / (m - 1),
/// and so on; from the first that is neither faster nor slower, all keep that one's level.
/// Equivalent and differs use their share up: each can still be wrong on the other's ground, and
/// passing it on let 12 % of null families raise a false alarm at 101 rounds. Same order as
/// `pairs`.
struct Pair {
  std::span<const double> base_seconds;
  std::span<const double> arm_seconds;
};
std::vector<Comparison> compare_family(std::span<const Pair> pairs, double alpha = 0.05);

/// Whether two runs of the same arm agree well enough for verdicts: their interval lies inside
/// gate_margin.
bool passes_gate(const Comparison& again);

/// The middle value, or halfway between the two in the middle: every median that parlab prints or
/// writes. Throws std::invalid_argument for an empty sample, or one with NaN.
double median(std::vector<double> sample);

/// Median and its sign-test interval for any sample (not logged, not paired).
struct Location {
  double median;
  Interval interval;  // -infinity, infinity where the sample is too small
};
Location location(std::span<const double> sample, double alpha = 0.05);

/// Lag-1 autocorrelation; 0 for fewer than 3 values or a constant series.
double serial_correlation(std::span<const double> series);

}  // namespace parlab
