#include "experiments/measure/race/run_times.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;

/// Counts its runs; each `slow_every`-th takes 2 ms.
struct Runs {
  int count = 0;
  int slow_every = 0;
  OpenedArm arm = [this]() -> Answer {
    ++count;
    if (slow_every > 0 && count % slow_every == 0) std::this_thread::sleep_for(2ms);
    return count;
  };
};

TEST(RunTimes, MakesAllRunsAndKeepsTheLastAnswer) {
  for (const std::uint64_t runs : {1U, 9U, 199U, 200U, 201U, 1000U, 12345U}) {
    Runs counting;
    RunTimes times(runs);
    Answer answer;
    times.run(counting.arm, runs, answer);
    EXPECT_EQ(counting.count, static_cast<int>(runs));
    EXPECT_EQ(answer, runs);
  }
}

TEST(RunTimes, HasNoPercentileOfTooFewRuns) {
  Runs counting;
  RunTimes times(99);
  Answer answer;
  EXPECT_FALSE(times.percentile(0.9, runs_for_p90));
  times.run(counting.arm, 99, answer);
  EXPECT_TRUE(times.percentile(0.9, runs_for_p90));
  EXPECT_FALSE(times.percentile(0.99, runs_for_p99));
}

TEST(RunTimes, TimesOnlySomeOfVeryManyButEnoughForBoth) {
  Runs counting;
  RunTimes times(1'000'000);
  Answer answer;
  times.run(counting.arm, 1'000'000, answer);
  EXPECT_TRUE(times.percentile(0.99, runs_for_p99));
  EXPECT_FALSE(times.percentile(0.5, max_timed_runs + 1));
}

TEST(RunTimes, TellsTheSlowTailFromTheRest) {
  Runs counting;
  counting.slow_every = 20;  // 5 %
  RunTimes times(200);
  Answer answer;
  for (int run = 0; run < 200; ++run) times.run(counting.arm, 1, answer);  // one a stretch
  EXPECT_LT(*times.percentile(0.9, runs_for_p90), 0.002);
  EXPECT_GE(*times.percentile(0.99, runs_for_p99), 0.002);
}

}  // namespace
}  // namespace parlab
