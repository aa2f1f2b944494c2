#include "experiments/measure/verdicts/dependence.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "experiments/measure/verdicts/statistics.hpp"
#include "tests/experiments/measure/made_up_times.hpp"

namespace parlab {
namespace {

using made_up::Noise;
using made_up::NoisyMachine;

using Rounds = std::vector<double>;

constexpr int races = 500;

/// A race of one baseline and so many arms, each with noise of its own; the baseline has the first.
PairsOfABaseline pairs_of(NoisyMachine& machine, const std::vector<Noise>& noise,
                          std::size_t rounds) {
  const auto seconds = machine.race(std::vector<double>(noise.size(), 0), noise, rounds);
  PairsOfABaseline pairs;
  for (std::size_t arm = 1; arm < seconds.size(); ++arm)
    pairs.push_back(paired_differences(seconds[0], seconds[arm]));
  return pairs;
}

template <class Event>
double rate(const Event& event) {
  int count = 0;
  for (int i = 0; i < races; ++i) count += event() ? 1 : 0;
  return static_cast<double>(count) / races;
}

TEST(SerialCorrelation, IsZeroWithoutEnoughToSee) {
  EXPECT_EQ(serial_correlation(Rounds{}), 0);
  EXPECT_EQ(serial_correlation(Rounds{1, 2}), 0);
  EXPECT_EQ(serial_correlation(Rounds(9, 0.1)), 0);
}

TEST(SerialCorrelation, MatchesTheDefinition) {
  EXPECT_DOUBLE_EQ(serial_correlation(Rounds{1, 2, 3, 4}), 0.25);
  EXPECT_DOUBLE_EQ(serial_correlation(Rounds{1, -1, 1, -1}), -0.75);
}

// The same numbers stand in test_data_files.py of the report.
TEST(Dependence, OfEightRisingRoundsIsThreeQuarters) {
  const Rounds rising{1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_DOUBLE_EQ(pooled_dependence({{rising}}), 0.75);
  const Rounds alternating{1, -1, 1, -1, 1, -1, 1, -1};  // -7/8, and 1/8 of bias
  EXPECT_EQ(pooled_dependence({{rising, alternating}}), 0);
  EXPECT_EQ(block_of_pair(rising, 0), 1) << "one pair of eight rounds may be so by chance";
}

TEST(Dependence, IsSeldomSeenWhereRoundsAreIndependent) {
  NoisyMachine machine(1);
  for (const Noise& noise : {Noise{}, Noise{.preempted = 0.05, .second_mode = 0.2},
                             Noise{.drift_a_round = 0.05, .drift_kept = 0.98}}) {
    for (const std::size_t rounds : {7u, 12u, 21u, 51u}) {
      for (const std::size_t arms : {2u, 6u, 21u}) {
        const double seen = rate([&] {
          return pooled_dependence({pairs_of(machine, std::vector<Noise>(arms, noise), rounds)}) >
                 0;
        });
        EXPECT_LE(seen, 0.05) << rounds << " rounds of " << arms;
      }
    }
  }
}

// At 21 rounds one pair shows a correlation of 0.6 in half of the races.
TEST(Dependence, IsSeenByManyPairsWhereOnePairShowsItInHalfOfTheRaces) {
  NoisyMachine machine(2);
  const Noise memory{.jitter = 0.05, .preempted = 0, .neighbour = 0.6};
  const auto seen = [&](std::size_t arms, std::size_t rounds) {
    return rate([&] {
      return pooled_dependence({pairs_of(machine, std::vector<Noise>(arms, memory), rounds)}) > 0;
    });
  };
  EXPECT_GE(seen(12, 21), 0.9);
  EXPECT_GE(seen(12, 51), 0.99);
  EXPECT_LE(seen(2, 21), 0.9);
}

TEST(Dependence, OfSeveralBaselinesIsPooledByTheirRounds) {
  NoisyMachine machine(3);
  const std::vector<Noise> memory(8, {.jitter = 0.05, .preempted = 0, .neighbour = 0.6});
  const std::vector<Noise> none(8, {.jitter = 0.05, .preempted = 0});
  const auto dependent = pairs_of(machine, memory, 240);
  const double alone = pooled_dependence({dependent});
  EXPECT_NEAR(alone, 0.6, 0.15);
  EXPECT_NEAR(pooled_dependence({dependent, pairs_of(machine, none, 240)}), alone / 2, 0.1);
  EXPECT_EQ(pooled_dependence({dependent, pairs_of(machine, none, 6)}), alone)
      << "too few to count";
  EXPECT_EQ(pooled_dependence({}), 0);
  EXPECT_EQ(pooled_dependence({{{1, 2, 3}}}), 0);
}

TEST(Dependence, MakesBlocksOfTheRoundsThatAreAlike) {
  EXPECT_EQ(block_for(0), 1);
  EXPECT_EQ(block_for(0.11), 1);
  EXPECT_EQ(block_for(0.2), 2);
  EXPECT_EQ(block_for(0.5), 4);
  EXPECT_EQ(block_for(0.9), 8);
}

TEST(Dependence, OfOneArmAloneIsItsOwn) {
  NoisyMachine machine(4);
  std::vector<Noise> noise(9, {.jitter = 0.02, .preempted = 0});
  noise[1].neighbour = 0.9;
  noise[1].jitter = 0.1;
  int of_it = 0;
  int of_others = 0;
  for (int i = 0; i < races; ++i) {
    const PairsOfABaseline pairs = pairs_of(machine, noise, 31);
    of_it += block_of_pair(pairs[0], 0) > 1 ? 1 : 0;
    of_others += block_of_pair(pairs[1], 0) > 1 ? 1 : 0;
    EXPECT_GE(block_of_pair(pairs[1], 0.5), 4);
  }
  EXPECT_GE(of_it, 0.8 * races);
  EXPECT_LE(of_others, 0.01 * races);
}

}  // namespace
}  // namespace parlab
