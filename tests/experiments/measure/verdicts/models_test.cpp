#include "experiments/measure/verdicts/models.hpp"

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

using Sizes = std::vector<std::uint64_t>;
using Seconds = std::vector<std::vector<double>>;

constexpr double infinity = std::numeric_limits<double>::infinity();

const Sizes sizes{1'000, 10'000, 100'000, 1'000'000, 10'000'000};
// Symmetric noise: the truth that an interval must cover is then the line itself.
const Noise symmetric{.preempted = 0, .drift_a_round = 0};

/// ln of what each size takes on the line start + each * n.
std::vector<double> ln_line(double start, double each) {
  std::vector<double> ln_seconds;
  for (const std::uint64_t size : sizes)
    ln_seconds.push_back(std::log(start + each * static_cast<double>(size)));
  return ln_seconds;
}

Seconds exactly(const std::vector<double>& ln_seconds, std::size_t rounds) {
  NoisyMachine machine(1);
  const Noise none{.jitter = 0, .preempted = 0, .drift_a_round = 0};
  return machine.race(ln_seconds, std::vector<Noise>(ln_seconds.size(), none), rounds);
}

TEST(LinearCost, FindsTheLineThatHasNoNoise) {
  const auto cost = fit_linear_cost(sizes, exactly(ln_line(2e-5, 3e-9), 9));
  ASSERT_TRUE(cost);
  EXPECT_NEAR(cost->start.median, 2e-5, 1e-12);
  EXPECT_NEAR(cost->each.median, 3e-9, 1e-16);
  EXPECT_LE(cost->each.interval.low, cost->each.median);
  EXPECT_GE(cost->each.interval.high, cost->each.median);
}

TEST(LinearCost, IntervalsCoverTheTruth) {
  constexpr double start = 2e-5;
  constexpr double each = 3e-9;
  const std::vector<double> ln_seconds = ln_line(start, each);
  const std::vector<Noise> noise(sizes.size(), symmetric);
  constexpr int fits = 2000;
  NoisyMachine machine(2);
  int covers_start = 0;
  int covers_each = 0;
  for (int i = 0; i < fits; ++i) {
    const auto cost = fit_linear_cost(sizes, machine.race(ln_seconds, noise, 21));
    ASSERT_TRUE(cost);
    EXPECT_NEAR(cost->start.median, start, 0.03 * start);
    EXPECT_NEAR(cost->each.median, each, 0.03 * each);
    covers_start += cost->start.interval.low <= start && start <= cost->start.interval.high;
    covers_each += cost->each.interval.low <= each && each <= cost->each.interval.high;
  }
  // Rank 4 of 21 at one look: 1 - 2 P(Binomial(21, 1/2) <= 3).
  EXPECT_NEAR(covers_start / static_cast<double>(fits), 0.9985, 0.0025);
  EXPECT_NEAR(covers_each / static_cast<double>(fits), 0.9985, 0.0025);
}

TEST(LinearCost, SmallSizesCountAsMuchAsLargeOnes) {
  // Unweighted, the start would drown in the noise of the largest size: 1 % of 30 ms.
  NoisyMachine machine(3);
  const std::vector<Noise> noise(sizes.size(), symmetric);
  const auto cost = fit_linear_cost(sizes, machine.race(ln_line(2e-5, 3e-9), noise, 21));
  ASSERT_TRUE(cost);
  EXPECT_LT(cost->start.interval.high - cost->start.interval.low, 0.05 * 2e-5);
}

TEST(LinearCost, ShrugsOffPreemptedRuns) {
  NoisyMachine machine(4);
  const std::vector<Noise> noise(sizes.size(), Noise{.preempted = 0.1, .drift_a_round = 0});
  const auto cost = fit_linear_cost(sizes, machine.race(ln_line(2e-5, 3e-9), noise, 21));
  ASSERT_TRUE(cost);
  EXPECT_NEAR(cost->start.median, 2e-5, 0.05 * 2e-5);
  EXPECT_NEAR(cost->each.median, 3e-9, 0.05 * 3e-9);
}

TEST(LinearCost, HasNoFiniteIntervalFromFiveRounds) {
  const auto cost = fit_linear_cost(sizes, exactly(ln_line(1, 1), 5));
  ASSERT_TRUE(cost);
  EXPECT_EQ(cost->start.interval.low, -infinity);
  EXPECT_EQ(cost->each.interval.high, infinity);
}

TEST(LinearCost, IsNotIdentifiedByOneSize) {
  EXPECT_FALSE(fit_linear_cost(Sizes{5}, Seconds{{1, 2}}));
  EXPECT_FALSE(fit_linear_cost(Sizes{5, 5}, Seconds{{1, 2}, {1, 2}}));
  EXPECT_TRUE(fit_linear_cost(Sizes{5, 5, 6}, Seconds{{1, 2}, {1, 2}, {2, 3}}));
}

TEST(LinearCost, RefusesWhatDoesNotFit) {
  EXPECT_THROW(fit_linear_cost(Sizes{1, 2}, Seconds{{1}}), std::invalid_argument);
  EXPECT_THROW(fit_linear_cost(Sizes{1, 2}, Seconds{{1, 1}, {1}}), std::invalid_argument);
  EXPECT_THROW(fit_linear_cost(Sizes{1, 2}, Seconds{{}, {}}), std::invalid_argument);
  EXPECT_THROW(fit_linear_cost(Sizes{}, Seconds{}), std::invalid_argument);
  EXPECT_THROW(fit_linear_cost(Sizes{1, 2}, Seconds{{1}, {0}}), std::invalid_argument);
  EXPECT_THROW(fit_linear_cost(Sizes{1, 2}, Seconds{{1}, {NAN}}), std::invalid_argument);
}

TEST(BreakEven, LiesWhereTheLinesCross) {
  // 20 us to start pays off against 2 ns saved on each of 10 000.
  const auto size = break_even_size(sizes, exactly(ln_line(1e-7, 4e-9), 9),
                                    exactly(ln_line(1e-7 + 2e-5, 2e-9), 9))
                        .size;
  ASSERT_TRUE(size);
  EXPECT_NEAR(size->median, 10'000, 1e-3);
}

TEST(BreakEven, IntervalCoversTheTruthUnderADriftThatBothShare) {
  std::vector<double> ln_both = ln_line(1e-7, 4e-9);
  const std::vector<double> ln_arm = ln_line(1e-7 + 2e-5, 2e-9);
  ln_both.insert(ln_both.end(), ln_arm.begin(), ln_arm.end());
  const std::vector<Noise> noise(ln_both.size(), Noise{.preempted = 0, .drift_a_round = 0.02});
  constexpr int fits = 2000;
  NoisyMachine machine(5);
  int covered = 0;
  for (int i = 0; i < fits; ++i) {
    const Seconds both = machine.race(ln_both, noise, 21);
    const auto middle = both.begin() + static_cast<std::ptrdiff_t>(sizes.size());
    const auto size = break_even_size(sizes, {both.begin(), middle}, {middle, both.end()}).size;
    ASSERT_TRUE(size);
    EXPECT_NEAR(size->median, 10'000, 500);
    covered += size->interval.low <= 10'000 && 10'000 <= size->interval.high;
  }
  EXPECT_NEAR(covered / static_cast<double>(fits), 0.9985, 0.0025);
}

TEST(BreakEven, IsZeroWhereTheArmAlwaysPays) {
  const auto size =
      break_even_size(sizes, exactly(ln_line(2e-5, 4e-9), 9), exactly(ln_line(1e-7, 2e-9), 9)).size;
  ASSERT_TRUE(size);
  EXPECT_EQ(size->median, 0);
  EXPECT_EQ(size->interval.high, 0);
}

TEST(BreakEven, IsNoneWhereTheArmNeverPays) {
  const Seconds serial = exactly(ln_line(1e-7, 2e-9), 9);
  for (const auto& [size, never] :
       {break_even_size(sizes, serial, exactly(ln_line(1e-5, 3e-9), 9)),
        break_even_size(sizes, serial, serial)}) {  // the same cost never pays a start back
    EXPECT_FALSE(size);
    EXPECT_TRUE(never);
  }
}

TEST(BreakEven, CountsTheRoundsInWhichTheArmPays) {
  const Sizes two{0, 10};
  const auto arm = [&](int pays, int never) {
    Seconds seconds(2);
    for (int i = 0; i < pays + never; ++i) {
      seconds[0].push_back(2);
      seconds[1].push_back(i < pays ? 7 : 13);
    }
    return seconds;
  };
  const auto serial = [](std::size_t rounds) {
    return Seconds{std::vector<double>(rounds, 1), std::vector<double>(rounds, 11)};
  };
  const auto most = break_even_size(two, serial(9), arm(5, 4)).size;
  ASSERT_TRUE(most);
  EXPECT_DOUBLE_EQ(most->median, 2);
  EXPECT_EQ(most->interval.high, infinity);
  for (const auto& [size, never] :
       {break_even_size(two, serial(8), arm(4, 4)), break_even_size(two, serial(9), arm(4, 5))}) {
    EXPECT_FALSE(size);
    EXPECT_FALSE(never) << "these rounds do not tell";
  }
  EXPECT_TRUE(break_even_size(two, serial(9), arm(0, 9)).never);
  EXPECT_FALSE(break_even_size(two, serial(3), arm(0, 3)).never) << "too few rounds";
  EXPECT_THROW(break_even_size(two, serial(9), arm(4, 4)), std::invalid_argument);
}

}  // namespace
}  // namespace parlab
