// A race that stops and goes on: with some of its entrants, later, or not at all.

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "experiments/measure/race/race.hpp"
#include "experiments/measure/race/round_order.hpp"
#include "tests/experiments/measure/made_up_experiment.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

TEST(Race, GoesOnWithThoseWhoDoNotRest) {
  const MadeUpExperiment experiment;
  const InterruptionGuard interruption;
  Race race(experiment, three_arms(experiment), {.rounds = 20}, interruption);
  race.run_to(3);
  race.retire(2);
  race.run_to(8);
  const RaceOutcome& outcome = race.outcome();
  EXPECT_EQ(outcome.rounds(), 8);
  for (std::size_t i = 0; i < outcome.results.size(); ++i) {
    EXPECT_TRUE(outcome.results[i].ok());
    EXPECT_EQ(outcome.results[i].samples.size(), i == 2 ? 3u : 8u);
    EXPECT_GT(race.round_seconds(i), 0);
  }
  std::vector<std::size_t> others = {0, 1, 3};
  for (std::size_t round = 3; round < 8; ++round)
    EXPECT_EQ(outcome.places[round], round_order(others, RaceOptions{}.order_seed, round));
}

TEST(Race, GoesOnWithAnEarlierOutcomeAsIfItHadNotStopped) {
  const MadeUpExperiment experiment;
  const InterruptionGuard interruption;
  Race first(experiment, three_arms(experiment), {.rounds = 20}, interruption);
  first.run_to(4);
  first.retire(3);
  first.run_to(5);
  Race second(experiment, three_arms(experiment), {.rounds = 20}, interruption);
  second.resume(first.outcome());
  EXPECT_TRUE(second.is_retired(3));
  second.run_to(7);
  const RaceOutcome& outcome = second.outcome();
  EXPECT_EQ(outcome.rounds(), 7);
  EXPECT_EQ(outcome.results[3].samples.size(), 4u);
  EXPECT_EQ(outcome.results[0].samples.size(), 7u);
  EXPECT_EQ(outcome.results[0].samples[4].seconds, first.outcome().results[0].samples[4].seconds);
  EXPECT_EQ(outcome.results[0].expected, 42);
  EXPECT_GE(outcome.elapsed_seconds, first.outcome().elapsed_seconds);
}

TEST(Race, StopsBeforeARoundThatWouldEndTooLate) {
  const MadeUpExperiment experiment = busy_for(30ms);
  const InterruptionGuard interruption;
  Race race(experiment, arms_of(experiment, 1), {.rounds = 1000}, interruption);
  race.run_to(2);
  race.run_to(1000, Race::Clock::now() + 1s);
  EXPECT_GT(race.outcome().rounds(), 2);
  EXPECT_LT(race.outcome().rounds(), 1000);
  const int rounds = race.outcome().rounds();
  race.run_to(1000, Race::Clock::now());
  EXPECT_EQ(race.outcome().rounds(), rounds);
}

TEST(Race, LeavesOutTheRoundThatAnInterruptionCutShort) {
  MadeUpExperiment experiment;
  // The third round of the second entrant asks its parent to end.
  const pid_t parent = getpid();
  experiment.open_ = [parent](const Arm& arm) -> OpenedArm {
    return [parent, runs = 0, ends = arm.executor.backend == "threads"]() mutable -> Answer {
      std::this_thread::sleep_for(20ms);
      if (ends && ++runs == 4) kill(parent, SIGINT);
      return 42;
    };
  };
  const InterruptionGuard interruption;
  Race race(experiment, arms_of(experiment, 1),
            {.rounds = 20, .isolation = Isolation::standing, .max_retakes = 0}, interruption);
  EXPECT_THROW(race.run_to(20), Interrupted);
  const RaceOutcome& outcome = race.outcome();
  EXPECT_GT(outcome.rounds(), 0);
  EXPECT_LT(outcome.rounds(), 5);
  for (const Measured& result : outcome.results) {
    EXPECT_TRUE(result.ok());
    EXPECT_EQ(static_cast<int>(result.samples.size()), outcome.rounds());
  }
}

}  // namespace
}  // namespace parlab
