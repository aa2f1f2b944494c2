#include "experiments/measure/verdicts/statistics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "tests/experiments/measure/made_up_times.hpp"

namespace parlab {
namespace {

using made_up::Noise;
using made_up::NoisyMachine;
using ::testing::ElementsAre;

using Times = std::vector<double>;

constexpr double infinity = std::numeric_limits<double>::infinity();

const Noise even;

TEST(Median, IsTheMiddleValueOrHalfwayBetweenTwo) {
  EXPECT_EQ(median({3}), 3);
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 3, 2}), 2.5);
  EXPECT_EQ(median({1, 100}), 50.5);
  EXPECT_EQ(median({5, 5, 5, 5}), 5);
  EXPECT_EQ(median({0.1, 0.1, 0.3, 0.1}), 0.1);
  const double infinite = std::numeric_limits<double>::infinity();
  EXPECT_EQ(median({infinite, 1, infinite, infinite}), infinite);
  EXPECT_EQ(median({1e308, 1.2e308}), 1.1e308);
  EXPECT_THROW(median({}), std::invalid_argument);
  EXPECT_THROW(median({1, std::nan(""), 2}), std::invalid_argument);
}

TEST(Compare, IntervalIsTheOneOfTheSignTest) {
  Times base;
  for (int round = 1; round <= 21; ++round) base.push_back(std::exp(0.01 * ((round * 4) % 21)));
  // 2 P(Binomial(21, 1/2) <= 5) = 0.0266, <= 6: 0.0784; so the sixth from either end.
  const Comparison comparison = compare(base, Times(21, 1.0));
  ASSERT_EQ(comparison.block, 1);
  EXPECT_DOUBLE_EQ(comparison.ratio, std::exp(0.10));
  EXPECT_DOUBLE_EQ(comparison.interval.low, std::exp(0.05));
  EXPECT_DOUBLE_EQ(comparison.interval.high, std::exp(0.15));
  EXPECT_DOUBLE_EQ(comparison.confidence, 0.95);
  EXPECT_EQ(comparison.rounds, 21);
  EXPECT_EQ(comparison.verdict, Verdict::faster);
  // Resolved as long as the interval excludes 1: [0.01, 0.19] does, 2 P(Binomial <= 1) wide.
  EXPECT_DOUBLE_EQ(comparison.p, 2.0 * 22 / (1 << 21));
}

TEST(Compare, SaysThatAnAdvantageInsideTheMarginsEdgeDiffers) {
  Times base;
  for (int round = 0; round < 21; ++round) base.push_back(1.03 + 0.001 * ((round * 4) % 21 - 10));
  EXPECT_EQ(compare(base, Times(21, 1.0)).verdict, Verdict::differs);
  EXPECT_EQ(compare(Times(21, 1.0), base).verdict, Verdict::differs);
}

TEST(Compare, SwappedArmsGiveTheMirroredAnswer) {
  NoisyMachine machine(5);
  const auto seconds = machine.race({0, -0.2}, {even, even}, 21);
  const Comparison there = compare(seconds[0], seconds[1]);
  const Comparison back = compare(seconds[1], seconds[0]);
  EXPECT_DOUBLE_EQ(there.ratio, 1 / back.ratio);
  EXPECT_DOUBLE_EQ(there.interval.low, 1 / back.interval.high);
  EXPECT_EQ(there.verdict, Verdict::faster);
  EXPECT_EQ(back.verdict, Verdict::slower);
  EXPECT_EQ(there.p, back.p);
}

TEST(Compare, ResolvesNothingBelowSixRounds) {
  for (std::size_t rounds = 1; rounds < 6; ++rounds) {
    for (const double arm : {1.0, 0.5, 2.0}) {
      const Comparison comparison = compare(Times(rounds, 1.0), Times(rounds, arm));
      EXPECT_EQ(comparison.verdict, Verdict::not_resolved) << rounds << " rounds";
      EXPECT_EQ(comparison.interval.low, 0);
      EXPECT_EQ(comparison.interval.high, infinity);
      EXPECT_DOUBLE_EQ(comparison.ratio, 1 / arm);
      EXPECT_EQ(comparison.rounds, static_cast<int>(rounds));
      EXPECT_FALSE(passes_gate(comparison));
    }
  }
  EXPECT_EQ(compare(Times(6, 1.0), Times(6, 1.0)).verdict, Verdict::equivalent);
  EXPECT_EQ(compare(Times(6, 1.0), Times(6, 0.5)).verdict, Verdict::faster);
}

TEST(Compare, TakesConstantSeriesAndTies) {
  const Comparison constant = compare(Times(21, 1.0), Times(21, 1.0));
  EXPECT_EQ(constant.ratio, 1);
  EXPECT_EQ(constant.interval.low, 1);
  EXPECT_EQ(constant.interval.high, 1);
  EXPECT_EQ(constant.block, 1);
  EXPECT_EQ(constant.verdict, Verdict::equivalent);

  Times base(21, 1.0);
  for (std::size_t round = 0; round < 21; round += 7) base[round] = 1.5;
  EXPECT_EQ(compare(base, Times(21, 1.0)).verdict, Verdict::equivalent);
}

TEST(Compare, SmallestResolvingLevelIsWhereTheVerdictIsLost) {
  NoisyMachine machine(6);
  int resolved = 0;
  for (int i = 0; i < 200; ++i) {
    const auto seconds = machine.race({0, -0.05}, {even, even}, 15);
    const double p = compare(seconds[0], seconds[1]).p;
    if (p >= 1) continue;
    ++resolved;
    EXPECT_NE(compare(seconds[0], seconds[1], p).verdict, Verdict::not_resolved);
    EXPECT_EQ(compare(seconds[0], seconds[1], p * (1 - 1e-9)).verdict, Verdict::not_resolved);
  }
  EXPECT_GT(resolved, 150);
  EXPECT_EQ(compare(Times(3, 1.0), Times(3, 1.0)).p, 0.25) << "2^(1-R), whatever alpha";
}

TEST(Compare, IsExactForAThousandRounds) {
  Times base;
  for (int round = 0; round < 1000; ++round)
    base.push_back(std::exp(0.001 * ((round * 211) % 1000)));
  const Comparison comparison = compare(base, Times(1000, 1.0));
  ASSERT_EQ(comparison.block, 1);
  // 2 P(Binomial(1000, 1/2) <= 468) = 0.0463, <= 469: 0.0537
  EXPECT_DOUBLE_EQ(comparison.interval.low, std::exp(0.468));
  EXPECT_DOUBLE_EQ(comparison.interval.high, std::exp(0.531));
  EXPECT_DOUBLE_EQ(compare(Times(1000, 2.0), Times(1000, 1.0)).p, std::ldexp(1.0, -999));
}

TEST(Compare, RefusesWhatIsNoTime) {
  const Times good{1, 2, 3};
  for (const double bad : {0.0, -1.0, infinity, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THROW(compare(good, Times{1, bad, 3}), std::invalid_argument) << bad;
    EXPECT_THROW(compare(Times{bad, 2, 3}, good), std::invalid_argument) << bad;
  }
  EXPECT_THROW(compare(good, Times{1, 2}), std::invalid_argument);
  EXPECT_THROW(compare(Times{}, Times{}), std::invalid_argument);
  for (const double alpha : {0.0, 1.0, -0.1, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THROW(compare(good, good, alpha), std::invalid_argument) << alpha;
}

// ---- Rounds that resemble their neighbours -----------------------------------------------------

TEST(SerialCorrelation, IsZeroWithoutEnoughToSee) {
  EXPECT_EQ(serial_correlation(Times{}), 0);
  EXPECT_EQ(serial_correlation(Times{1, 2}), 0);
  EXPECT_EQ(serial_correlation(Times(9, 0.1)), 0);
}

TEST(SerialCorrelation, MatchesTheDefinition) {
  EXPECT_DOUBLE_EQ(serial_correlation(Times{1, 2, 3, 4}), 0.25);
  EXPECT_DOUBLE_EQ(serial_correlation(Times{1, -1, 1, -1}), -0.75);
}

TEST(Blocks, TakeTheMediansOfThreeAndTheLastTakesTheRest) {
  // A staircase: neighbours agree. Blocks (1 1 2)(2 3 3)(4 4 5 5 6).
  const Times ln{1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6};
  Times base;
  for (const double value : ln) base.push_back(std::exp(value));
  const Comparison comparison = compare(base, Times(ln.size(), 1.0), 0.3);
  EXPECT_EQ(comparison.block, 3);
  EXPECT_EQ(comparison.rounds, 3);
  EXPECT_DOUBLE_EQ(comparison.ratio, std::exp(3.0));
  EXPECT_DOUBLE_EQ(comparison.interval.low, std::exp(1.0));
  EXPECT_DOUBLE_EQ(comparison.interval.high, std::exp(5.0));
  EXPECT_EQ(comparison.p, 0.25);
}

// ---- Families ----------------------------------------------------------------------------------

TEST(Family, StepsThroughTheLevelsInOrderOfClarity) {
  // Certain in 21, 9 and 6 rounds: p = 2^-20, 2^-8, 2^-5. The last fails at any level it may have.
  const Times slow(21, 2.0);
  const Times fast(21, 1.0);
  const auto pair = [&](std::size_t rounds) {
    return Pair{std::span(slow).first(rounds), std::span(fast).first(rounds)};
  };
  const std::vector<Pair> pairs{pair(5), pair(9), pair(4), pair(21)};
  const std::vector<Comparison> family = compare_family(pairs);
  std::vector<double> levels;
  std::vector<Verdict> verdicts;
  for (const Comparison& comparison : family) {
    levels.push_back(std::round((1 - comparison.confidence) * 12000));  // 0.05 / 4 = 150
    verdicts.push_back(comparison.verdict);
  }
  EXPECT_THAT(levels, ElementsAre(300, 200, 300, 150));
  EXPECT_THAT(verdicts, ElementsAre(Verdict::not_resolved, Verdict::faster, Verdict::not_resolved,
                                    Verdict::faster));
}

TEST(Family, OfOneIsTheComparisonItself) {
  NoisyMachine machine(8);
  const auto seconds = machine.race({0, -0.1}, {even, even}, 21);
  const std::vector<Pair> pairs{{seconds[0], seconds[1]}};
  const Comparison alone = compare(seconds[0], seconds[1]);
  const Comparison member = compare_family(pairs).at(0);
  EXPECT_EQ(member.interval.low, alone.interval.low);
  EXPECT_EQ(member.interval.high, alone.interval.high);
  EXPECT_EQ(member.verdict, alone.verdict);
  EXPECT_TRUE(compare_family({}).empty());
}

// ---- Gate and location -------------------------------------------------------------------------

TEST(Gate, ClosesWhereTheSameArmDisagreesWithItself) {
  EXPECT_FALSE(passes_gate(compare(Times(21, 1.06), Times(21, 1.0))));
  EXPECT_FALSE(passes_gate(compare(Times(21, 1.0), Times(21, 1.06))));
  EXPECT_TRUE(passes_gate(compare(Times(21, 1.04), Times(21, 1.0))));
}

TEST(Location, IsTheMedianWithItsOrderStatistics) {
  const Location few = location(Times{3, 1, 2, 4});
  EXPECT_EQ(few.median, 2.5);
  EXPECT_EQ(few.interval.low, -infinity);
  EXPECT_EQ(few.interval.high, infinity);
  const Location six = location(Times{6, 5, 4, 3, 2, -1});
  EXPECT_EQ(six.median, 3.5);
  EXPECT_EQ(six.interval.low, -1);
  EXPECT_EQ(six.interval.high, 6);
}

TEST(Location, TakesInfinityButNotNaN) {
  const Location some_never = location(Times{1, 2, 3, infinity, infinity});
  EXPECT_EQ(some_never.median, 3);
  EXPECT_EQ(location(Times{1, infinity, infinity, infinity}).median, infinity);
  EXPECT_THROW(location(Times{1, std::numeric_limits<double>::quiet_NaN()}), std::invalid_argument);
  EXPECT_THROW(location(Times{}), std::invalid_argument);
}

TEST(Location, TakesSamplesOfAHundredThousand) {
  Times sample(100'000);
  for (std::size_t i = 0; i < sample.size(); ++i) sample[i] = static_cast<double>(i);
  const Interval interval = location(sample).interval;
  // Half-width 1.96 sqrt(n) / 2 = 310 by the normal approximation.
  EXPECT_NEAR(interval.low, 49'999.5 - 310, 2);
  EXPECT_NEAR(interval.high, 49'999.5 + 310, 2);
}

TEST(Verdicts, HaveTheWordsOfTheReport) {
  EXPECT_EQ(to_string(Verdict::faster), "faster");
  EXPECT_EQ(to_string(Verdict::slower), "slower");
  EXPECT_EQ(to_string(Verdict::equivalent), "equivalent");
  EXPECT_EQ(to_string(Verdict::differs), "differs");
  EXPECT_EQ(to_string(Verdict::not_resolved), "not resolved");
  EXPECT_EQ(to_string(Verdict::too_noisy), "too noisy");
  EXPECT_EQ(to_string(Verdict::too_few_rounds), "too few rounds");
}

}  // namespace
}  // namespace parlab
