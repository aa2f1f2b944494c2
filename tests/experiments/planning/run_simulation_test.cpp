#include "experiments/planning/run_simulation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "experiments/planning/run_plan.hpp"
#include "kernels/backends/backend.hpp"

namespace parlab {
namespace {

constexpr double each = 1e-3;  // seconds of an index
const WorkProfile even({{0, each}});

/// Until the last rank is done, without what they tell each other then, and how they nap meanwhile.
double seconds(const PlannedRun& run, const WorkProfile& work, const RunCosts& costs) {
  const SimulatedRun simulated = simulate(run, work, costs);
  return simulated.seconds - simulated.messages;
}

/// Equal but for rounding.
void expect_close(double value, double expected) {
  EXPECT_NEAR(value, expected, 1e-9 * std::abs(expected) + 1e-15);
}

TEST(WorkProfile, AddsUpRatesThatAreLinearBetweenPlaces) {
  const WorkProfile ramp({{10, 1}, {20, 3}});
  expect_close(ramp.seconds(0, 10), 10);   // constant before
  expect_close(ramp.seconds(10, 20), 20);  // the mean of 1 and 3
  expect_close(ramp.seconds(15, 20), 12.5);
  expect_close(ramp.seconds(20, 30), 30);  // constant after
  expect_close(ramp.seconds(12, 12), 0);
  const WorkProfile step({{0, 1}, {8, 1}, {8, 5}});
  expect_close(step.seconds(0, 8), 8);
  expect_close(step.seconds(7, 10), 11);
  EXPECT_THROW(WorkProfile({}), std::invalid_argument);
  EXPECT_THROW(WorkProfile({{2, 1}, {1, 1}}), std::invalid_argument);
  EXPECT_THROW(WorkProfile({{0, -1}}), std::invalid_argument);
}

TEST(RunSimulation, OneRankTakesAllOneAfterTheOther) {
  const RunCosts costs{
      .serial = 0.5, .per_chunk = 1e-4, .ticket = 1e-5, .latency = 9, .seconds_per_byte = 9};
  for (const std::uint64_t grain : {1ULL, 7ULL, 1000ULL, 5000ULL}) {
    const std::uint64_t chunks = (1000 + grain - 1) / grain;
    const double work = 0.5 + 1000 * each + static_cast<double>(chunks) * 1e-4;
    expect_close(seconds({.size = 1000, .grain = grain}, even, costs), work);
    expect_close(seconds({.size = 1000, .grain = grain, .is_dynamic = true}, even, costs),
                 work + static_cast<double>(chunks + 1) * 1e-5);
  }
}

TEST(RunSimulation, EvenChunksAreSharedEvenly) {
  const RunCosts costs{.serial = 0.25, .per_chunk = 1e-3};
  for (const std::uint64_t ranks : {2, 8, 64, 1000})
    for (const bool is_dynamic : {false, true}) {
      const PlannedRun run{
          .size = 64'000, .grain = 8, .ranks = ranks, .cores = ranks, .is_dynamic = is_dynamic};
      const SimulatedRun simulated = simulate(run, even, costs);
      expect_close(simulated.seconds,
                   0.25 + 8000.0 / static_cast<double>(ranks) * (8 * each + 1e-3));
      EXPECT_NEAR(simulated.imbalance, 0, 1e-9);
    }
}

TEST(RunSimulation, ChunksThatDoNotShareOutEvenlyLeaveRanksIdle) {
  // 3 equal chunks on 2 ranks take as long as 4.
  for (const bool is_dynamic : {false, true}) {
    const PlannedRun run{
        .size = 300, .grain = 100, .ranks = 2, .cores = 2, .is_dynamic = is_dynamic};
    const SimulatedRun simulated = simulate(run, even, {});
    expect_close(simulated.seconds, 200 * each);
    expect_close(simulated.imbalance, 50 * each);
  }
}

TEST(RunSimulation, ABusyCounterSetsThePace) {
  // It serves each chunk, and tells each rank that there is none left.
  constexpr double ticket = 0.01;
  const PlannedRun run{.size = 5000, .grain = 1, .ranks = 64, .cores = 64, .is_dynamic = true};
  const SimulatedRun simulated = simulate(run, even, {.ticket = ticket});
  expect_close(simulated.seconds - simulated.messages, (5000 + 64) * ticket);
  EXPECT_GT(simulated.counter, 0.98 * simulated.seconds);
  // More ranks are of no use then.
  PlannedRun more = run;
  more.ranks = more.cores = 128;
  EXPECT_GE(simulate(more, even, {.ticket = ticket}).seconds, simulated.seconds);
}

TEST(RunSimulation, OneLongChunkAtTheEndIsWaitedFor) {
  // 99 chunks of 1 s, then one of 50 s.
  const WorkProfile late({{0, 1}, {99, 1}, {99, 50}});
  const PlannedRun run{.size = 100, .grain = 1, .ranks = 10, .cores = 10, .is_dynamic = true};
  const SimulatedRun simulated = simulate(run, late, {});
  expect_close(seconds(run, late, {}), 9 + 50);
  expect_close(simulated.imbalance, 59 - 14.9);
  PlannedRun by_shares = run;
  by_shares.is_dynamic = false;
  expect_close(seconds(by_shares, late, {}), 9 + 50);
  // Where it comes first, the others take what is left meanwhile.
  const WorkProfile early({{0, 50}, {1, 50}, {1, 1}});
  expect_close(seconds(run, early, {}), 50);
  expect_close(seconds(by_shares, early, {}), 50 + 9);
}

TEST(RunSimulation, RanksBeyondTheCoresShareThem) {
  for (const std::uint64_t ranks : {4, 16}) {
    const PlannedRun run{.size = 1600, .grain = 10, .ranks = ranks, .cores = 4};
    expect_close(seconds(run, even, {}), 400 * each);
    // What each rank prepares for itself, the cores do as often as there are ranks.
    expect_close(seconds(run, even, {.serial = 1}), 400 * each + static_cast<double>(ranks) / 4);
  }
  // 2 ranks of 1 s and 3 s on one core: both run for 2 s, then one alone for 2 s.
  const WorkProfile uneven({{0, 1}, {1, 1}, {1, 3}});
  expect_close(seconds({.size = 2, .grain = 1, .ranks = 2, .cores = 1}, uneven, {}), 4);
  // 3 ranks of 1, 1 and 2 s on 2 cores: 1.5 s for all three, then 1 s for one.
  const WorkProfile last_double({{0, 1}, {2, 1}, {2, 2}});
  expect_close(seconds({.size = 3, .grain = 1, .ranks = 3, .cores = 2}, last_double, {}), 2.5);
}

TEST(RunSimulation, MessagesGrowWithRanksAndBytes) {
  const auto messages = [](std::uint64_t ranks, std::uint64_t chunks, const RunCosts& costs) {
    return simulate({.size = chunks, .grain = 1, .ranks = ranks, .cores = ranks},
                    WorkProfile({{0, 0}}), costs)
        .messages;
  };
  expect_close(messages(1, 64, {.latency = 1, .seconds_per_byte = 1}), 0);
  expect_close(messages(2, 64, {.latency = 1e-8}), 2e-8);  // two collectives of one step
  expect_close(messages(1024, 1024, {.latency = 1e-8}) / 1e-8, 20);
  expect_close(messages(2, 64, {.seconds_per_byte = 1e-9}), 8e-9 * (2 + 64));
}

TEST(RunSimulation, EachWindowIsWaitedFor) {
  // Chunks go out so many at a time: where ranks do not divide them, some idle in each window.
  const PlannedRun run{.size = 2 * window, .grain = 1, .ranks = 50'000, .cores = 50'000};
  expect_close(seconds(run, even, {}), 2 * 2 * each);
  PlannedRun many = run;
  many.ranks = many.cores = 100'000;  // beyond what a window has
  expect_close(seconds(many, even, {}), 2 * each);
}

TEST(RunSimulation, EmptyRangesAndLargeOnesAreRuns) {
  expect_close(seconds({.size = 0, .grain = 1, .ranks = 3, .cores = 3}, even, {.serial = 2}), 2);
  const PlannedRun large{.size = ~0ULL, .grain = 1ULL << 50, .ranks = 7, .cores = 7};
  EXPECT_GT(seconds(large, even, {}), 1.8e19 / 7 * each);
  EXPECT_THROW(simulate({.size = 1, .grain = 0}, even, {}), std::invalid_argument);
  EXPECT_THROW(simulate({.size = 1, .ranks = 0}, even, {}), std::invalid_argument);
  EXPECT_THROW(simulate({.size = 1, .cores = 0}, even, {}), std::invalid_argument);
}

TEST(RunSimulation, TheSameInputGivesTheSameBits) {
  const WorkProfile uneven({{0, 1e-9}, {1e9, 7e-9}, {1e12, 3e-9}});
  const RunCosts costs{1e-3, 1e-7, 1e-6, 2e-6, 1e-10};
  const PlannedRun run{.size = 1'000'000'000'000,
                       .grain = 99'999'999,
                       .ranks = 777,
                       .cores = 300,
                       .is_dynamic = true};
  EXPECT_EQ(seconds(run, uneven, costs), seconds(run, uneven, costs));
}

TEST(RunPlan, ChoosesWhatIsFastestAndSaysWhatLimits) {
  // The end of the range costs far more: shares of one size are uneven.
  const WorkProfile uneven({{0, 1e-6}, {900'000, 1e-6}, {1'000'000, 5e-5}});
  const PlanRequest request{.size = 1'000'000};
  const RankPlan plan = plan_ranks(16, request, uneven, {.ticket = 1e-6, .latency = 1e-6});
  EXPECT_TRUE(plan.best.is_dynamic);
  for (const TriedRun& tried : plan.tried)
    EXPECT_LE(plan.best.run.seconds, tried.run.seconds * (1 + planned_margin));
  EXPECT_GT(plan.efficiency, 0.8);
  EXPECT_LE(plan.efficiency, 1);
  expect_close(plan.core_hours, plan.best.run.seconds * 16 / 3600);

  EXPECT_EQ(plan_ranks(4, request, even, {}).limit, "the work itself");
  EXPECT_EQ(plan_ranks(4, request, even, {.serial = 1e5}).limit, "the serial part");
  const PlanRequest one_way{.size = 1'000'000, .only_grain = 1, .only_dynamic = true};
  EXPECT_EQ(plan_ranks(64, one_way, even, {.ticket = 1}).limit,
            "the counter that hands out chunks");
  EXPECT_EQ(plan_ranks(64, one_way, even, {.seconds_per_byte = 1}).limit, "messages");
  const PlanRequest coarse{.size = 1'000'000, .only_grain = 1'000'000};
  EXPECT_EQ(plan_ranks(64, coarse, even, {}).limit, "imbalance: ranks wait for the last");
}

TEST(RunPlan, KeepsToGrainsThatTheKernelTakes) {
  const PlanRequest request{.size = 1'000'000, .grain = {.min = 5000, .step = 300}};
  for (const TriedRun& tried : plan_ranks(1000, request, even, {}).tried) {
    EXPECT_GE(tried.grain, 5000u);
    EXPECT_EQ(tried.grain % 300, 0u);
  }
}

TEST(RunPlan, TakesRanksByTheHundredThousand) {
  const RankPlan plan =
      plan_ranks(100'000, {.size = 1'000'000'000'000'000}, WorkProfile({{0, 1e-9}}),
                 {.ticket = 1e-6, .latency = 1e-6, .seconds_per_byte = 1e-10});
  EXPECT_GT(plan.best.run.seconds, 10);  // 1e6 s of work on as many ranks as a window feeds
  EXPECT_EQ(plan.ranks, 100'000u);
}

}  // namespace
}  // namespace parlab
