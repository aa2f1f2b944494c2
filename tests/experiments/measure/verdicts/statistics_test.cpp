#include "experiments/measure/verdicts/statistics.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <vector>

#include "experiments/measure/verdicts/anytime_interval.hpp"
#include "tests/experiments/measure/made_up_times.hpp"

namespace parlab {
namespace {

using made_up::Noise;
using made_up::NoisyMachine;

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

TEST(Compare, IntervalIsTheOneThatHoldsAtAnyNumberOfRounds) {
  Times base;
  for (int round = 1; round <= 21; ++round) base.push_back(std::exp(0.01 * ((round * 4) % 21)));
  // M(21, 3) = 45, M(21, 4) = 12: the fourth from either end is the first below 1 / 0.05.
  const Comparison comparison = compare(base, Times(21, 1.0));
  ASSERT_EQ(comparison.block, 1);
  EXPECT_DOUBLE_EQ(comparison.ratio, std::exp(0.10));
  EXPECT_DOUBLE_EQ(comparison.interval.low, std::exp(0.03));
  EXPECT_DOUBLE_EQ(comparison.interval.high, std::exp(0.17));
  EXPECT_DOUBLE_EQ(comparison.confidence, 0.95);
  EXPECT_EQ(comparison.rounds, 21);
  EXPECT_EQ(comparison.rounds_taken, 21);
  EXPECT_EQ(comparison.rounds_needed, 7);
  EXPECT_EQ(comparison.guard, 1);
  EXPECT_EQ(comparison.verdict, Verdict::faster);
  // Resolved as long as the interval excludes 1: [0.01, 0.19] does, of rank 2.
  EXPECT_DOUBLE_EQ(comparison.p, level_of_rank(21, 2));
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

TEST(Compare, SaysHowManyRoundsAreTooFew) {
  for (std::size_t rounds = 1; rounds < 7; ++rounds) {
    for (const double arm : {1.0, 0.5, 2.0}) {
      const Comparison comparison = compare(Times(rounds, 1.0), Times(rounds, arm));
      EXPECT_EQ(comparison.verdict, Verdict::too_few_rounds) << rounds << " rounds";
      EXPECT_EQ(comparison.interval.low, 0);
      EXPECT_EQ(comparison.interval.high, infinity);
      EXPECT_DOUBLE_EQ(comparison.ratio, 1 / arm);
      EXPECT_EQ(comparison.rounds, static_cast<int>(rounds));
      EXPECT_EQ(reason_of(comparison), fmt::format("too few rounds: {} of 7 needed", rounds));
      EXPECT_EQ(verdict_text(comparison), reason_of(comparison));
      EXPECT_EQ(guard_of(comparison), 0);
    }
  }
  EXPECT_EQ(compare(Times(7, 1.0), Times(7, 1.0)).verdict, Verdict::equivalent);
  EXPECT_EQ(compare(Times(7, 1.0), Times(7, 0.5)).verdict, Verdict::faster);
  EXPECT_EQ(verdict_text(compare(Times(7, 1.0), Times(7, 0.5))), "faster");
  const Comparison strict = compare(Times(7, 1.0), Times(7, 0.5), {.alpha = 1e-4});
  EXPECT_EQ(verdict_text(strict), "too few rounds: 7 of 17 needed");
}

TEST(Compare, SaysWhichDifferenceItWouldHaveTold) {
  NoisyMachine machine(7);
  for (int race = 0; race < 50; ++race) {
    const auto seconds = machine.race({0, 0}, {even, even}, 21);
    const double guard = race % 2 == 0 ? 0 : 0.01;
    const auto told = [&](double speed) {  // of an arm that is so much faster, in the same rounds
      std::vector<double> d = paired_differences(seconds[0], seconds[1]);
      const double middle = median(d);
      for (double& difference : d) difference += std::log(speed) - middle;
      return judge_differences(d, {.guard = guard});
    };
    const double tells = told(1).tells;
    EXPECT_GT(tells, margin);
    EXPECT_EQ(told(1 + 1.001 * tells).verdict, Verdict::faster);
    EXPECT_EQ(told(1 / (1 + 1.001 * tells)).verdict, Verdict::slower);
    EXPECT_FALSE(told(1 + 0.999 * tells).verdict == Verdict::faster &&
                 told(1 / (1 + 0.999 * tells)).verdict == Verdict::slower);
    EXPECT_NEAR(told(2).tells, tells, 1e-12);
  }
  EXPECT_EQ(compare(Times(3, 1.0), Times(3, 1.0)).tells, infinity);
  EXPECT_EQ(difference_text(0.0401), "4.1 %");
  EXPECT_EQ(difference_text(0.131), "14 %");
  EXPECT_EQ(difference_text(0.041), "4.1 %") << "what a double is off is nothing";
  EXPECT_EQ(difference_text(0.0991), "10 %");
  EXPECT_EQ(difference_text(1), "100 %");
  EXPECT_EQ(difference_text(1.31), "2.4x");
  EXPECT_EQ(difference_text(2), "3.0x");
  EXPECT_EQ(difference_text(11.3), "13x");
  EXPECT_EQ(difference_text(122.4), "124x");
}

// The rounds that are asked for are enough in most races, and half of them in few.
TEST(Compare, SaysHowManyRoundsTellTheMargin) {
  const Noise wide{.jitter = 0.06, .preempted = 0};
  NoisyMachine machine(11);
  std::vector<double> needed;
  for (int race = 0; race < 200; ++race) {
    const auto seconds = machine.race({0, 0}, {wide, wide}, 21);
    const auto d = paired_differences(seconds[0], seconds[1]);
    const Comparison comparison = judge_differences(d, {});
    ASSERT_GE(comparison.rounds_to_tell, 21);
    needed.push_back(comparison.rounds_to_tell);
    EXPECT_EQ(judge_differences(d, {.guard = std::log1p(margin)}).rounds_to_tell, 0);
    const Comparison blocked = judge_differences(d, {.block = 3});
    EXPECT_EQ(blocked.rounds_to_tell % 3, 0);
  }
  const auto narrow_enough = [&](double rounds) {
    int enough = 0;
    for (int race = 0; race < 200; ++race) {
      const auto seconds = machine.race({0, 0}, {wide, wide}, static_cast<int>(rounds));
      const Comparison c = judge_differences(paired_differences(seconds[0], seconds[1]), {});
      enough += c.tells <= std::expm1(2 * std::log1p(margin)) ? 1 : 0;
    }
    return enough / 200.0;
  };
  EXPECT_GT(narrow_enough(1.4 * median(needed)), 0.5) << median(needed);
  EXPECT_LT(narrow_enough(0.5 * median(needed)), 0.25) << median(needed);
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

TEST(Compare, LetsNoVerdictRestOnTheRoundingOfATie) {
  // Times of a coarse clock: the ratio is the margin itself, or 1, in every round.
  for (const double unit : {1.0, 0.1, 3e-7, 1e5, 0.7}) {
    const Times shorter(40, 100 * unit);
    const Times longer(40, 103 * unit);
    EXPECT_EQ(compare(longer, shorter).verdict, Verdict::differs) << unit;
    EXPECT_EQ(compare(shorter, longer).verdict, Verdict::differs) << unit;
    EXPECT_EQ(compare(shorter, shorter).verdict, Verdict::equivalent) << unit;
  }
}

TEST(Compare, SmallestResolvingLevelIsWhereTheVerdictIsLost) {
  NoisyMachine machine(6);
  int resolved = 0;
  for (int i = 0; i < 200; ++i) {
    const auto seconds = machine.race({0, -0.05}, {even, even}, 15);
    const double p = compare(seconds[0], seconds[1]).p;
    if (p >= 1) continue;
    ++resolved;
    const auto is_resolved_at = [&](double alpha) {
      const Verdict verdict = compare(seconds[0], seconds[1], {.alpha = alpha}).verdict;
      return verdict != Verdict::not_resolved && verdict != Verdict::too_few_rounds;
    };
    EXPECT_TRUE(is_resolved_at(p * (1 + 1e-9)));
    EXPECT_FALSE(is_resolved_at(p * (1 - 1e-9)));
  }
  EXPECT_GT(resolved, 150);
  EXPECT_DOUBLE_EQ(compare(Times(3, 1.0), Times(3, 1.0)).p, level_of_rank(3, 1)) << "any alpha";
}

TEST(Compare, IsExactForAThousandRounds) {
  Times base;
  for (int round = 0; round < 1000; ++round)
    base.push_back(std::exp(0.001 * ((round * 211) % 1000)));
  const Comparison comparison = compare(base, Times(1000, 1.0));
  ASSERT_EQ(comparison.block, 1);
  // The 443rd from either end.
  EXPECT_DOUBLE_EQ(comparison.interval.low, std::exp(0.442));
  EXPECT_DOUBLE_EQ(comparison.interval.high, std::exp(0.557));
  // 1 / M(1000, 0) = 2^-1000 pi 1000! / (G(1000.5) G(0.5)), about 2^-1000 sqrt(1000 pi).
  EXPECT_NEAR(compare(Times(1000, 2.0), Times(1000, 1.0)).p /
                  std::ldexp(std::sqrt(1000 * std::numbers::pi), -1000),
              1, 1e-3);
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
    EXPECT_THROW(compare(good, good, {.alpha = alpha}), std::invalid_argument) << alpha;
  const Times d{0.1, 0.2};
  EXPECT_THROW(judge_differences({}, {}), std::invalid_argument);
  EXPECT_THROW(judge_differences(d, {.block = 0}), std::invalid_argument);
  EXPECT_THROW(judge_differences(d, {.guard = -0.1}), std::invalid_argument);
  EXPECT_THROW(judge_differences(d, {.guard = std::numeric_limits<double>::quiet_NaN()}),
               std::invalid_argument);
}

// ---- Rounds that resemble their neighbours -----------------------------------------------------

TEST(Blocks, AreMediansAndRoundsThatDoNotFillOneWait) {
  // A staircase: neighbours agree. Blocks (1 1 2)(2 3 3)(4 4 5), and 5 6 left over.
  const Times ln{1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6};
  const Comparison comparison = judge_differences(ln, {.alpha = 0.5, .block = 3});
  EXPECT_EQ(comparison.block, 3);
  EXPECT_EQ(comparison.rounds, 3);
  EXPECT_EQ(comparison.rounds_taken, 11);
  EXPECT_DOUBLE_EQ(comparison.ratio, std::exp(3.0));
  EXPECT_DOUBLE_EQ(comparison.interval.low, std::exp(1.0));
  EXPECT_DOUBLE_EQ(comparison.interval.high, std::exp(4.0));
  EXPECT_DOUBLE_EQ(comparison.p, level_of_rank(3, 1));
  EXPECT_EQ(reason_of(judge_differences(ln, {.block = 3})), "too few rounds: 11 of 21 needed");
  // Not even one block: the ratio is the rounds' own.
  const Comparison none = judge_differences(ln, {.block = 12});
  EXPECT_EQ(none.rounds, 0);
  EXPECT_DOUBLE_EQ(none.ratio, std::exp(3.0));
  EXPECT_EQ(none.interval.high, infinity);
  EXPECT_EQ(none.verdict, Verdict::too_few_rounds);
}

// ---- A/A and location --------------------------------------------------------------------------

TEST(Guard, IsWhatTheSameArmIsOffByAndNothingWhereItAgrees) {
  EXPECT_NEAR(guard_of(compare(Times(21, 1.06), Times(21, 1.0))), std::log(1.06), 1e-15);
  EXPECT_NEAR(guard_of(compare(Times(21, 1.0), Times(21, 1.06))), std::log(1.06), 1e-15);
  EXPECT_EQ(guard_of(compare(Times(21, 1.0), Times(21, 1.0))), 0);
  // An interval that holds 1 shows no bias, however wide it is.
  Times wild(21, 1.0);
  for (std::size_t round = 0; round < 21; ++round) wild[round] = round % 2 == 0 ? 2 : 0.5;
  EXPECT_EQ(guard_of(compare(wild, Times(21, 1.0))), 0);
  EXPECT_EQ(guard_of(compare(Times(3, 9.0), Times(3, 1.0))), 0) << "no interval yet";
}

TEST(Guard, WidensBothEndsAndCostsWhatItIs) {
  const Times one(21, 1.0);
  const auto verdict = [&](double ratio, double guard) {
    return compare(Times(21, ratio), one, {.guard = std::log(guard)});
  };
  EXPECT_DOUBLE_EQ(verdict(1.2, 1.1).interval.low, 1.2 / 1.1);
  EXPECT_DOUBLE_EQ(verdict(1.2, 1.1).interval.high, 1.2 * 1.1);
  EXPECT_DOUBLE_EQ(verdict(1.2, 1.1).ratio, 1.2);
  EXPECT_DOUBLE_EQ(verdict(1.2, 1.1).guard, 1.1);
  EXPECT_EQ(verdict(1.2, 1.1).verdict, Verdict::faster)
      << "far beyond the bias: nothing is withheld";
  EXPECT_EQ(verdict(1.1, 1.09).verdict, Verdict::differs);
  EXPECT_EQ(verdict(1.1, 1.11).verdict, Verdict::not_resolved);
  EXPECT_EQ(verdict(1.01, 1.01).verdict, Verdict::equivalent);
  EXPECT_EQ(verdict(1.01, 1.03).verdict, Verdict::not_resolved);
  EXPECT_EQ(verdict(1 / 1.2, 1.1).verdict, Verdict::slower);
  EXPECT_EQ(verdict(1.1, 1.11).p, 1) << "at no level";
}

TEST(Calibration, SaysHowLikelySoManyMissesAre) {
  EXPECT_EQ(calibration(0, 0).chance, 1);
  EXPECT_EQ(calibration(20, 0).chance, 1);
  EXPECT_NEAR(calibration(20, 1).chance, 1 - std::pow(0.95, 20), 1e-12);
  EXPECT_NEAR(calibration(20, 20).chance, std::pow(0.05, 20), 1e-12);
  // P(Binomial(99, 0.05) >= 5) and >= 10, from tables.
  EXPECT_NEAR(calibration(99, 5).chance, 0.55502, 1e-5);
  EXPECT_NEAR(calibration(99, 10).chance, 0.02652, 1e-5);
  EXPECT_NEAR(calibration(1, 1, 0.2).chance, 0.2, 1e-12);
  EXPECT_THROW(calibration(3, 4), std::invalid_argument);
  EXPECT_THROW(calibration(3, -1), std::invalid_argument);
}

TEST(Location, IsTheMedianWithItsOrderStatistics) {
  const Location few = location(Times{3, 1, 2, 4});
  EXPECT_EQ(few.median, 2.5);
  EXPECT_EQ(few.interval.low, -infinity);
  EXPECT_EQ(few.interval.high, infinity);
  const Location eight = location(Times{8, 7, 6, 5, 4, 3, 2, -1});
  EXPECT_EQ(eight.median, 4.5);
  EXPECT_EQ(eight.interval.low, -1);
  EXPECT_EQ(eight.interval.high, 8);
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
  // Half-width sqrt(n / 2 (ln 20 + ln(n pi / 2) / 2)) = 671 by Stirling's formula.
  EXPECT_NEAR(interval.low, 49'999.5 - 671, 3);
  EXPECT_NEAR(interval.high, 49'999.5 + 671, 3);
}

TEST(Verdicts, HaveTheWordsOfTheReport) {
  EXPECT_EQ(to_string(Verdict::faster), "faster");
  EXPECT_EQ(to_string(Verdict::slower), "slower");
  EXPECT_EQ(to_string(Verdict::equivalent), "equivalent");
  EXPECT_EQ(to_string(Verdict::differs), "differs");
  EXPECT_EQ(to_string(Verdict::not_resolved), "not resolved");
  EXPECT_EQ(to_string(Verdict::too_few_rounds), "too few rounds");
}

}  // namespace
}  // namespace parlab
