#pragma once

// What two arms' times, taken in the same rounds, say about each other.
//
// Per round r: d_r = ln t_base,r - ln t_arm,r, so what slows the whole round cancels. The speed-up
// is exp(median d). Its interval is made of order statistics of d (anytime_interval.hpp): it asks
// nothing of the noise but that rounds are independent, and holds however often one looks; on the
// skewed noise of shared machines it keeps its coverage where bootstrap and t intervals do not.
// Where neighbouring rounds resemble each other, the medians of blocks of rounds take the place of d
// (dependence.hpp): that softens dependence, it does not remove it.
//
// Cost: O(R log R).

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parlab {

/// Differences below this fraction are not worth a choice, whatever their certainty.
inline constexpr double margin = 0.03;

enum class Verdict {
  faster,          // the whole interval lies above 1 + margin
  slower,          // the whole interval lies below 1 / (1 + margin)
  equivalent,      // the whole interval lies inside the margin
  differs,         // the interval excludes 1 but overlaps the margin's edge
  not_resolved,    // more rounds, or a quieter machine, are needed
  too_few_rounds,  // for any interval: reason_of() tells how many are needed
};
std::string_view to_string(Verdict verdict);

/// low and high of a ratio; 0 and infinity where the rounds are too few for the confidence.
struct Interval {
  double low;
  double high;
};

struct Comparison {
  double ratio;       // t_base / t_arm: above 1, the arm is faster
  Interval interval;  // of the ratio, widened by the guard
  double confidence;  // 1 - alpha that the interval was made for
  Verdict verdict;
  int rounds;          // observations that went in, after blocking
  int block;           // rounds behind each observation; 1 unless d was serially correlated
  double p;            // smallest alpha at which the verdict is still resolved; 1 where it never is
  int rounds_taken;    // before blocking
  int rounds_needed;   // fewest that have an interval at this confidence
  double guard;        // factor by which either end of the interval was widened; 1 for none
  double tells;        // smallest difference that an interval this wide shows as faster or slower:
                       // 0.04 for 4 %; infinite where there is no interval
  int rounds_to_tell;  // rounds, those taken included, after which the interval should be narrow
                       // enough to tell a difference of the margin from none; 0: more than 1000
  bool beside_load = false;  // another program took processors from one of the two
};

/// What an interval of a ratio says; too few rounds for one without ends.
Verdict verdict_of(const Interval& ratio);

/// Whether more rounds could still give a verdict: not_resolved or too_few_rounds.
bool is_open(const Comparison& comparison);

/// Why there can be no verdict: "too few rounds: 3 of 7 needed". Empty where there is an interval.
std::string reason_of(const Comparison& comparison);

/// How much faster or slower, rounded up: 0.0401 as "4.1 %", 0.223 as "23 %", 1.31 as "2.4x".
std::string difference_text(double fraction);

/// For a table: the verdict, or why there can be none; "slower, beside load", "not resolved: would
/// detect 4 %".
std::string verdict_text(const Comparison& comparison);

/// How differences are judged.
struct Rule {
  double alpha = 0.05;
  double guard = 0;  // of guard_of(): both ends of the interval, as logarithms, move out by it
  int block = 1;     // medians of so many rounds take the place of rounds
};

/// ln base - ln arm, round by round. Throws std::invalid_argument for spans of different or zero
/// length, or a time that is not positive and finite.
std::vector<double> paired_differences(std::span<const double> base_seconds,
                                       std::span<const double> arm_seconds);

/// What the differences of one pair say, in the order of their rounds. Rounds that do not fill a
/// block wait for the next. Throws std::invalid_argument for none, or a bad rule.
Comparison judge_differences(std::span<const double> differences, const Rule& rule);

/// Paired comparison of two arms over the same rounds, in blocks by block_of_pair() whatever the rule's.
/// `dependence`: what all pairs of the race show together. Throws as paired_differences().
Comparison compare(std::span<const double> base_seconds, std::span<const double> arm_seconds,
                   Rule rule = {}, double dependence = 0);

/// The bias that an arm's comparison with itself shows, as a logarithm: how far its interval stays
/// away from 1; 0 where it holds 1. What is compared in the same rounds may be off by as much.
double guard_of(const Comparison& again);

/// Whether the comparisons of baselines with themselves are what chance gives.
struct Calibration {
  int pairs = 0;
  int excluding_one = 0;  // whose interval misses 1, which is the truth
  double chance = 1;      // of so many or more, if each misses with probability alpha
};
Calibration calibration(int pairs, int excluding_one, double alpha = 0.05);

/// The middle value, or halfway between the two in the middle: every median that parlab prints or
/// writes. Throws std::invalid_argument for an empty sample, or one with NaN.
double median(std::vector<double> sample);

/// Median and its interval for any sample (not logged, not paired).
struct Location {
  double median;
  Interval interval;  // -infinity, infinity where the sample is too small
};
Location location(std::span<const double> sample, double alpha = 0.05);

}  // namespace parlab
