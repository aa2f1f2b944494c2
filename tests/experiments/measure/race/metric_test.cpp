// Figures of an arm besides its time: what samples hold, and what verdicts say of them.

#include "experiments/measure/race/metric.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <time.h>

#include <chrono>
#include <memory>
#include <thread>

#include "experiments/measure/verdicts/headlines.hpp"
#include "experiments/measure/verdicts/race_verdicts.hpp"
#include "kernels/base/errors.hpp"
#include "tests/experiments/measure/made_up_experiment.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;
using testing::HasSubstr;

/// Seconds of CPU that this thread takes.
void burn(std::chrono::duration<double> length) {
  timespec begin{}, now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
  do {
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  } while (static_cast<double>(now.tv_sec - begin.tv_sec) +
               1e-9 * static_cast<double>(now.tv_nsec - begin.tv_nsec) <
           length.count());
}

RaceOutcome race_of(const MadeUpExperiment& experiment, const RaceOptions& options) {
  return run_race(experiment, three_arms(experiment), options);
}

TEST(RaceFigures, AreFoundByNameAndTheOthersRefused) {
  for (const RaceFigure& figure : race_figures())
    EXPECT_STREQ(race_figure_named(figure.name).name, figure.name);
  EXPECT_TRUE(race_figures().front().metric.name.empty());
  EXPECT_THAT([] { race_figure_named("colt"); },
              testing::ThrowsMessage<UsageError>(HasSubstr("did you mean 'cold'")));
}

TEST(RaceFigures, CountWhatIsTooSmallToBeMeasuredAsTheLeast) {
  Sample sample{.seconds = 1,
                .cpu_seconds = 0,
                .context_switches = 0,
                .peak_rss_bytes = 0,
                .answer = nullptr};
  const Metric cpu = race_figure_named("cpu").metric;
  EXPECT_EQ(cpu.value(sample), cpu.least);
  EXPECT_EQ(race_figure_named("cold").metric.value(sample), std::nullopt);
  sample.cold_seconds = 0.5;
  EXPECT_EQ(race_figure_named("cold").metric.value(sample), 0.5);
}

/// The first run of each process burns 20 ms, all others 1 ms.
MadeUpExperiment slow_at_first() {
  MadeUpExperiment experiment;
  experiment.open_ = [](const Arm&) {
    const auto is_first = std::make_shared<bool>(true);
    return [is_first]() -> Answer {
      burn(std::exchange(*is_first, false) ? 20ms : 1ms);
      return 42;
    };
  };
  return experiment;
}

TEST(ColdRun, IsToldByTheFirstSampleOfEachProcess) {
  const MadeUpExperiment experiment = slow_at_first();
  const RaceOutcome outcome = race_of(experiment, {.rounds = 5});
  ASSERT_TRUE(outcome.ok());
  for (const Measured& result : outcome.results)
    for (std::size_t round = 0; round < 5; ++round) {
      const Sample& sample = result.samples[round];
      EXPECT_EQ(sample.cold_seconds.has_value(), round % rounds_a_process == 0) << round;
      if (sample.cold_seconds) {
        EXPECT_GE(*sample.cold_seconds, 0.02);
      }
      EXPECT_LT(sample.seconds, 0.015);
    }
}

TEST(ColdRun, IsToldInEachRoundOfFreshProcesses) {
  const MadeUpExperiment experiment = slow_at_first();
  const RaceOutcome outcome = race_of(experiment, {.rounds = 2, .isolation = Isolation::fresh});
  for (const Measured& result : outcome.results)
    for (const Sample& sample : result.samples) EXPECT_TRUE(sample.cold_seconds.has_value());
}

TEST(ColdRun, IsComparedOverTheRoundsThatTellIt) {
  const MadeUpExperiment experiment = slow_at_first();
  RaceOutcome outcome = race_of(experiment, {.rounds = 5});
  for (Measured& result : outcome.results) result.metric = race_figure_named("cold").metric;
  const RaceVerdicts verdicts = judge(outcome.results);
  ASSERT_TRUE(verdicts.against_baseline[2]);
  EXPECT_EQ(verdicts.against_baseline[2]->comparison.rounds_taken, 3);
  EXPECT_EQ(outcome.results[2].compared_values().size(), 3u);
}

/// Burns 3 ms, and after a pause of 20 ms or more 15 ms.
TEST(Pause, IsFollowedByOneRunThatIsTimedByItself) {
  MadeUpExperiment experiment;
  experiment.open_ = [](const Arm&) {
    using Clock = std::chrono::steady_clock;
    const auto last = std::make_shared<Clock::time_point>(Clock::now());
    return [last]() -> Answer {
      burn(Clock::now() - *last > 20ms ? 15ms : 3ms);
      *last = Clock::now();
      return 42;
    };
  };
  const RaceOutcome outcome = race_of(experiment, {.rounds = 1, .sample = {.pause = 40ms}});
  ASSERT_TRUE(outcome.ok());
  for (const Measured& result : outcome.results) {
    EXPECT_GE(*result.samples[0].pause_seconds, 0.015);
    EXPECT_LT(*result.samples[0].after_cpu_seconds, 0.02);
  }
}

TEST(Pause, CountsWhatARuntimeBurnsAfterItsAnswer) {
  MadeUpExperiment experiment;
  experiment.open_ = [](const Arm& arm) {
    // A thread that goes on for 40 ms after each answer, as one that spins.
    const bool spins = arm.executor.backend != "serial";
    const auto spinning = std::make_shared<std::jthread>();
    return [spins, spinning]() -> Answer {
      burn(12ms);
      if (spins) *spinning = std::jthread([] { burn(40ms); });
      return 42;
    };
  };
  const RaceOutcome outcome = race_of(experiment, {.rounds = 1, .sample = {.pause = 60ms}});
  ASSERT_TRUE(outcome.ok());
  EXPECT_LT(*outcome.results[0].samples[0].after_cpu_seconds, 0.005);
  // Some of the 40 ms at least, however busy the machine is.
  EXPECT_GE(*outcome.results[2].samples[0].after_cpu_seconds, 0.005);
}

TEST(Pause, IsNotMadeUnasked) {
  const MadeUpExperiment experiment;
  const RaceOutcome outcome = race_of(experiment, {.rounds = 1});
  for (const Measured& result : outcome.results) {
    EXPECT_FALSE(result.samples[0].pause_seconds);
    EXPECT_FALSE(result.samples[0].after_cpu_seconds);
  }
}

TEST(Pause, OfARunThatThenAnswersWronglyFailsTheArm) {
  MadeUpExperiment experiment;
  experiment.open_ = [](const Arm&) {
    const auto runs = std::make_shared<int>(0);
    return [runs]() -> Answer {
      burn(11ms);
      return ++*runs < 3 ? 42 : 43;  // the third is the one after the pause
    };
  };
  const RaceOutcome outcome = race_of(experiment, {.rounds = 1, .sample = {.pause = 1ms}});
  for (const Measured& result : outcome.results) {
    ASSERT_TRUE(result.failure);
    EXPECT_THAT(result.failure->cause, HasSubstr("wrong answer: 43 instead of 42"));
  }
}

TEST(Percentiles, AreToldWhereASampleHasRunsEnough) {
  const RaceOutcome few = race_of(busy_for(12ms), {.rounds = 1});
  const RaceOutcome some = race_of(busy_for(0ms), {.rounds = 1});
  for (const Measured& result : few.results) EXPECT_FALSE(result.samples[0].p90_seconds);
  for (const Measured& result : some.results) {
    EXPECT_GT(*result.samples[0].p90_seconds, 0);
    EXPECT_GE(*result.samples[0].p99_seconds, *result.samples[0].p90_seconds);
  }
}

TEST(Percentiles, AreHadOfLongRunsByMoreOfThem) {
  const RaceOutcome outcome =
      race_of(busy_for(11ms), {.rounds = 1, .sample = {.min_runs = runs_for_p90}});
  for (const Measured& result : outcome.results) {
    EXPECT_EQ(result.repeats, runs_for_p90);
    EXPECT_GE(*result.samples[0].p90_seconds, 0.011);
    EXPECT_FALSE(result.samples[0].p99_seconds);
  }
}

/// Arms that sleep alike, and of which one burns as well: equal by time, not by CPU.
TEST(CpuMetric, TellsArmsApartWhoseTimesAreEqual) {
  const MadeUpExperiment experiment;
  std::vector<Measured> results;
  for (const Entrant& entrant : three_arms(experiment)) {
    Measured result{.entrant = entrant};
    for (int round = 0; round < 12; ++round) {
      const double noise = 1 + 0.001 * ((7 * round + 3 * static_cast<int>(results.size())) % 5);
      result.samples.push_back({.seconds = 0.1 * noise,
                                .cpu_seconds = (results.size() == 3 ? 0.2 : 0.1) * noise,
                                .context_switches = 0,
                                .peak_rss_bytes = 0,
                                .answer = 42});
    }
    results.push_back(std::move(result));
  }
  EXPECT_EQ(judge(results).against_baseline[3]->comparison.verdict, Verdict::equivalent);
  for (Measured& result : results) result.metric = race_figure_named("cpu").metric;
  const RaceVerdicts verdicts = judge(results);
  EXPECT_EQ(verdicts.against_baseline[3]->comparison.verdict, Verdict::slower);
  EXPECT_EQ(verdicts.against_baseline[2]->comparison.verdict, Verdict::equivalent);
  const auto told = headlines(experiment, results, verdicts, {{3, 0}}, 1);
  EXPECT_THAT(told.front().sentence, HasSubstr("the CPU time of serial"));
}

}  // namespace
}  // namespace parlab
