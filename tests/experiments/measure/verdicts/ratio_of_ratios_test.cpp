// What two races say together, checked on made-up races whose truth is known.

#include "experiments/measure/verdicts/ratio_of_ratios.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/experiments/measure/made_up_times.hpp"

namespace parlab {
namespace {

constexpr double no_end = std::numeric_limits<double>::infinity();

Comparison comparison(double ratio, Interval interval) {
  Comparison made{};
  made.ratio = ratio;
  made.interval = interval;
  return made;
}

TEST(RatioOfRatios, DividesRatiosAndTheWorstEnds) {
  const RatioOfRatios both =
      ratio_of_ratios(comparison(2, {1.8, 2.5}), comparison(3, {2.7, 3.6}), 0.05);
  EXPECT_DOUBLE_EQ(both.ratio, 1.5);
  EXPECT_DOUBLE_EQ(both.interval.low, 2.7 / 2.5);
  EXPECT_DOUBLE_EQ(both.interval.high, 3.6 / 1.8);
  EXPECT_DOUBLE_EQ(both.confidence, 0.95);
  EXPECT_EQ(both.verdict, Verdict::faster);
}

TEST(RatioOfRatios, WithoutAnIntervalOfOneHasNone) {
  const RatioOfRatios both =
      ratio_of_ratios(comparison(2, {0, no_end}), comparison(3, {2.7, 3.6}), 0.05);
  EXPECT_EQ(both.interval.low, 0);
  EXPECT_EQ(both.interval.high, no_end);
  EXPECT_EQ(both.verdict, Verdict::too_few_rounds);
}

TEST(VerdictOf, IsThatOfTheInterval) {
  EXPECT_EQ(verdict_of({1.04, 1.5}), Verdict::faster);
  EXPECT_EQ(verdict_of({0.5, 0.96}), Verdict::slower);
  EXPECT_EQ(verdict_of({0.98, 1.02}), Verdict::equivalent);
  EXPECT_EQ(verdict_of({1.01, 1.1}), Verdict::differs);
  EXPECT_EQ(verdict_of({0.9, 1.1}), Verdict::not_resolved);
  EXPECT_EQ(verdict_of({0, 0.9}), Verdict::slower);
  EXPECT_EQ(verdict_of({0, no_end}), Verdict::too_few_rounds);
}

TEST(RatioOfRatios, HoldsTheTruthThoughTheSecondRaceIsOfASlowerHour) {
  constexpr int pairs = 300;
  int missed = 0, resolved = 0;
  for (int seed = 0; seed < pairs; ++seed) {
    made_up::NoisyMachine machine(static_cast<std::uint64_t>(seed) + 1);
    const std::vector<made_up::Noise> noise(2);
    // The reference takes 1 s, and half as long again in the second race; the arm becomes 10 % slower.
    const auto first = machine.race({0, std::log(0.5)}, noise, 31);
    const auto second = machine.race({std::log(1.5), std::log(0.5 * 1.5 * 1.1)}, noise, 31);
    const Rule rule{.alpha = 0.025};
    const RatioOfRatios both = ratio_of_ratios(compare(first[0], first[1], rule),
                                               compare(second[0], second[1], rule), 0.05);
    missed += both.interval.low > 1 / 1.1 || both.interval.high < 1 / 1.1 ? 1 : 0;
    resolved += both.verdict == Verdict::slower ? 1 : 0;
  }
  EXPECT_LE(missed, pairs / 20);
  EXPECT_GE(resolved, pairs / 2);
}

}  // namespace
}  // namespace parlab
