#include "experiments/measure/race/race.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <new>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "experiments/measure/race/round_order.hpp"
#include "kernels/machine/processor_wait.hpp"
#include "kernels/machine/usable_cores.hpp"
#include "kernels/posix/shared_mapping.hpp"
#include "tests/experiments/measure/made_up_experiment.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""us;
using testing::HasSubstr;

TEST(Race, TimesEveryArmOnceARoundInTheOrderDrawnForIt) {
  const MadeUpExperiment experiment;
  const RaceOutcome outcome = run_race(experiment, three_arms(experiment), {.rounds = 8});
  ASSERT_EQ(outcome.results.size(), 4u);
  for (const Measured& result : outcome.results) {
    EXPECT_TRUE(result.ok());
    EXPECT_EQ(result.samples.size(), 8u);
    for (const Sample& sample : result.samples) {
      EXPECT_GT(sample.seconds, 0);
      EXPECT_EQ(sample.answer, 42);
    }
  }
  ASSERT_EQ(outcome.places.size(), 8u);
  for (std::uint64_t round = 0; round < 8; ++round)
    EXPECT_EQ(outcome.places[round], round_order({0, 1, 2, 3}, RaceOptions{}.order_seed, round));
}

TEST(Race, GivesTheTimeThatARunTakes) {
  MadeUpExperiment experiment;
  experiment.open_ = [](const Arm&) {
    return [] {
      std::this_thread::sleep_for(30ms);
      return 42;
    };
  };
  const RaceOutcome outcome = run_race(experiment, three_arms(experiment), {.rounds = 2});
  for (const Measured& result : outcome.results) {
    EXPECT_EQ(result.repeats, 1u);
    for (const double seconds : result.seconds()) {
      EXPECT_GE(seconds, 0.03);
      EXPECT_LT(seconds, 3);
    }
  }
}

TEST(Race, RepeatsShortRunsToFillASample) {
  MadeUpExperiment experiment;
  experiment.open_ = [](const Arm&) {
    return [] {
      std::this_thread::sleep_for(0.1ms);
      return 42;
    };
  };
  const RaceOutcome outcome = run_race(experiment, three_arms(experiment), {.rounds = 1});
  EXPECT_GE(outcome.results[0].repeats, 2u);
  EXPECT_LE(outcome.results[0].repeats, 100u);
  EXPECT_GE(outcome.results[0].seconds()[0], 0.0001);
}

TEST(Race, TakesAnArmsOwnNumbersAfterEachSample) {
  MadeUpExperiment experiment;
  experiment.open_ = [](const Arm&) -> OpenedArm {
    const auto runs = std::make_shared<int>(0);
    return {[=] { return ++*runs, 42; }, [=] { return nlohmann::json{{"runs", *runs}}; }};
  };
  const RaceOutcome outcome =
      run_race(experiment, three_arms(experiment), {.rounds = 3, .isolation = Isolation::standing});
  for (const Measured& result : outcome.results) {
    int before = 0;
    for (const Sample& sample : result.samples) {
      EXPECT_GT(sample.metrics.at("runs"), before);
      before = sample.metrics.at("runs");
    }
  }
}

/// Which process served each round of an arm.
std::vector<std::vector<pid_t>> processes_of(Isolation isolation, int rounds) {
  MadeUpExperiment experiment;
  experiment.open_ = [](const Arm&) -> OpenedArm {
    return {[] { return 42; }, [] { return nlohmann::json{{"process", getpid()}}; }};
  };
  std::vector<std::vector<pid_t>> processes;
  for (const Measured& result :
       run_race(experiment, three_arms(experiment),
                {.rounds = rounds, .isolation = isolation, .max_retakes = 0})
           .results) {
    processes.emplace_back();
    for (const Sample& sample : result.samples)
      processes.back().push_back(sample.metrics.at("process"));
    const std::set<pid_t> different(processes.back().begin(), processes.back().end());
    EXPECT_EQ(result.processes, static_cast<int>(different.size()));
  }
  return processes;
}

TEST(Race, RenewsTheProcessOfEachArmEveryTwoRounds) {
  for (const auto& served : processes_of(Isolation::renewed, 7)) {
    ASSERT_EQ(served.size(), 7u);
    for (std::size_t round = 0; round + 1 < served.size(); ++round)
      EXPECT_EQ(served[round] == served[round + 1], round % 2 == 0) << round;
  }
  for (const auto& served : processes_of(Isolation::standing, 5))
    EXPECT_EQ(std::set<pid_t>(served.begin(), served.end()).size(), 1u);
  for (const auto& served : processes_of(Isolation::fresh, 5))
    EXPECT_EQ(std::set<pid_t>(served.begin(), served.end()).size(), 5u);
}

TEST(Race, AsksForTheRightAnswerOnceHoweverOftenProcessesAreRenewed) {
  const SharedMapping memory(sizeof(std::atomic<int>));
  auto& asked = *new (memory.data()) std::atomic<int>(0);
  MadeUpExperiment experiment;
  experiment.expected_ = [&] {
    ++asked;
    return 42;
  };
  EXPECT_TRUE(run_race(experiment, three_arms(experiment), {.rounds = 5}).ok());
  EXPECT_EQ(asked, 1);
}

TEST(Race, RepeatsARunAsOftenInEachProcessOfAnArm) {
  for (const Isolation isolation : {Isolation::renewed, Isolation::fresh}) {
    const SharedMapping memory(sizeof(std::atomic<int>));
    auto& opened = *new (memory.data()) std::atomic<int>(0);
    MadeUpExperiment experiment;
    experiment.open_ = [&](const Arm&) -> OpenedArm {
      // Later processes would find that one run fills a sample, the first of an arm several, also on
      // a busy machine.
      const auto pause = opened++ < 4 ? 100us : 12'000us;
      const auto runs = std::make_shared<int>(0);
      return {[=] {
                std::this_thread::sleep_for(pause);
                return ++*runs, 42;
              },
              [=] {
                return nlohmann::json{{"runs", std::exchange(*runs, 0)}};
              }};
    };
    const RaceOutcome outcome = run_race(experiment, three_arms(experiment),
                                         {.rounds = 6, .isolation = isolation, .max_retakes = 0});
    EXPECT_TRUE(outcome.ok());
    for (const Measured& result : outcome.results) {
      EXPECT_GE(result.repeats, 2u);
      // The second sample of a process: the runs of warming up are counted with the first.
      if (isolation != Isolation::renewed) continue;
      for (const std::size_t round : {1, 3, 5})
        EXPECT_EQ(result.samples[round].metrics.at("runs"), result.repeats + 1) << round;
    }
  }
}

TEST(Race, RunsOnceMoreBeforeASampleOfShortRunsOnly) {
  MadeUpExperiment experiment;
  experiment.open_ = [&](const Arm& arm) -> OpenedArm {
    const auto runs = std::make_shared<int>(0);
    const auto pause = arm.executor.workers > 1 ? 100us : 4000us;
    return {[=] {
              std::this_thread::sleep_for(pause);
              return ++*runs, 42;
            },
            [=] {
              return nlohmann::json{{"runs", std::exchange(*runs, 0)}};
            }};
  };
  const RaceOutcome outcome =
      run_race(experiment, three_arms(experiment), {.rounds = 2, .max_retakes = 0});
  EXPECT_TRUE(outcome.ok());
  for (const Measured& result : outcome.results) {
    EXPECT_EQ(result.samples.at(1).metrics.at("runs"),
              result.repeats + (result.repeats >= repeats_that_wake ? 1 : 0))
        << result.entrant.label;
    if (result.entrant.arm.executor.workers == 1) {
      EXPECT_LT(result.repeats, repeats_that_wake) << "4 ms and more";
    }
  }
}

TEST(Race, PutsAnArmOutThatCannotBeOpenedAgain) {
  const SharedMapping memory(sizeof(std::atomic<int>));
  auto& opened = *new (memory.data()) std::atomic<int>(0);
  MadeUpExperiment experiment;
  experiment.open_ = [&](const Arm& arm) -> std::function<Answer()> {
    if (arm.executor.schedule == "dynamic" && ++opened == 2) throw std::runtime_error("not again");
    return [] { return 42; };
  };
  const RaceOutcome outcome = run_race(experiment, three_arms(experiment), {.rounds = 6});
  for (const Measured& result : outcome.results) {
    const bool is_out = result.entrant.arm.executor.schedule == "dynamic";
    EXPECT_EQ(result.samples.size(), is_out ? 2u : 6u);
    EXPECT_EQ(result.failure.has_value(), is_out);
    if (!is_out || !result.failure) continue;
    EXPECT_EQ(result.failure->round, 2);
    EXPECT_THAT(result.failure->cause, HasSubstr("not again"));
  }
}

// A thread of an arm that counts all the time: its count must stand still while others run.
TEST(Race, LetsArmsRestWhileOthersRun) {
  const SharedMapping memory(sizeof(std::atomic<std::uint64_t>));
  auto& ticks = *new (memory.data()) std::atomic<std::uint64_t>(0);
  MadeUpExperiment experiment;
  experiment.expected_ = [] { return 0; };
  experiment.open_ = [&](const Arm& arm) -> OpenedArm {
    if (arm.executor.schedule == "dynamic") {
      std::thread([&] {
        for (;;) {
          ++ticks;
          std::this_thread::sleep_for(std::chrono::microseconds(100));
        }
      }).detach();
      return [] {
        std::this_thread::sleep_for(20ms);
        return 0;
      };
    }
    return [&] {
      const std::uint64_t before = ticks;
      std::this_thread::sleep_for(20ms);
      return ticks - before;
    };
  };
  const RaceOutcome outcome = run_race(experiment, three_arms(experiment), {.rounds = 5});
  EXPECT_GT(ticks, 10u);
  for (const Measured& result : outcome.results)
    EXPECT_TRUE(result.ok()) << result.entrant.label << ": " << result.failure->cause;
}

struct Fault {
  const char* name;
  std::function<Answer()> run;
  std::string cause;
};

class FaultyArm : public testing::TestWithParam<Fault> {};

TEST_P(FaultyArm, IsOutWithItsCauseAndTheOthersGoOn) {
  for (const bool at_once : {true, false}) {
    for (const Isolation isolation : {Isolation::renewed, Isolation::standing, Isolation::fresh}) {
      const SharedMapping memory(sizeof(std::atomic<int>));
      auto& calls = *new (memory.data()) std::atomic<int>(0);
      MadeUpExperiment experiment;
      experiment.open_ = [&](const Arm& arm) -> std::function<Answer()> {
        if (arm.executor.schedule != "dynamic") return [] { return 42; };
        return [&]() -> Answer {
          std::this_thread::sleep_for(20ms);
          return at_once || ++calls > 4 ? GetParam().run() : Answer(42);
        };
      };
      const RaceOutcome outcome = run_race(
          experiment, three_arms(experiment),
          {.rounds = 6, .timeout = std::chrono::duration<double>(0.5), .isolation = isolation});
      EXPECT_FALSE(outcome.ok());
      for (const Measured& result : outcome.results) {
        if (result.entrant.arm.executor.schedule != "dynamic") {
          EXPECT_TRUE(result.ok());
          EXPECT_EQ(result.samples.size(), 6u);
          continue;
        }
        ASSERT_TRUE(result.failure) << result.entrant.label;
        EXPECT_THAT(result.failure->cause, HasSubstr(GetParam().cause));
        EXPECT_LT(result.samples.size(), 6u);
        EXPECT_TRUE(!at_once || result.samples.empty()) << "a wrong run was timed";
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Faults, FaultyArm,
    testing::Values(Fault{"Throws", []() -> Answer { throw std::runtime_error("no more"); },
                          "no more"},
                    Fault{"AnswersWrongly", [] { return 41; }, "wrong answer: 41 instead of 42"},
                    Fault{"IsKilled",
                          [] {
                            raise(SIGKILL);
                            return 0;
                          },
                          "killed by SIGKILL"},
                    Fault{"Exits",
                          [] {
                            _exit(3);
                            return 0;
                          },
                          "exit code 3"},
                    Fault{"Hangs",
                          [] {
                            for (;;) pause();
                            return 0;
                          },
                          "no answer within 0.5 s"},
                    Fault{"IsStopped",
                          [] {
                            raise(SIGSTOP);
                            for (;;) pause();
                            return 0;
                          },
                          "no answer within 0.5 s"}),
    [](const auto& info) { return std::string(info.param.name); });

// ---- Beside another program ---------------------------------------------------------------------

/// Threads that keep all processors busy, twice over.
class BusyMachine {
 public:
  BusyMachine() {
    for (int i = 0; i < 2 * usable_cores(); ++i)
      threads_.emplace_back([](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
        }
      });
  }

 private:
  std::vector<std::jthread> threads_;
};

TEST(BesideLoad, SamplesAreTakenAgainWithinABound) {
  if (!ProcessorWait().seconds())
    GTEST_SKIP() << "this kernel does not tell how long threads wait (/proc/pressure/cpu)";
  const MadeUpExperiment experiment = busy_for(30ms);
  const BusyMachine busy;
  const RaceOutcome outcome = run_race(experiment, arms_of(experiment, 1), {.rounds = 8});
  int retaken = 0;
  for (const Measured& result : outcome.results) {
    EXPECT_TRUE(result.waits_for_others);
    EXPECT_EQ(result.samples.size(), 8u);
    for (const Sample& sample : result.samples) {
      ASSERT_TRUE(sample.waited);
      EXPECT_GE(*sample.waited, 0);
      EXPECT_LE(*sample.waited, 1);
    }
    EXPECT_LE(result.retaken, 8 * RaceOptions{}.max_retakes);
    retaken += result.retaken;
  }
  EXPECT_EQ(retaken, 8 * 3 / 4);  // a quarter of the samples, as the program stays
}

TEST(BesideLoad, ArmsThatWaitForEachOtherAreTimedOnce) {
  MadeUpExperiment experiment = busy_for(10ms);
  const BusyMachine busy;
  const auto crowded = run_race(experiment, arms_of(experiment, usable_cores() + 1), {.rounds = 2});
  EXPECT_TRUE(crowded.results[0].waits_for_others);  // serial
  EXPECT_FALSE(crowded.results[2].waits_for_others);
  EXPECT_EQ(crowded.results[2].retaken, 0);
  experiment.compares_methods_ = true;  // some are several processes
  for (const Measured& result :
       run_race(experiment,
                line_up(experiment, {.backends = parse_backends("serial"), .workers = {1}}),
                {.rounds = 2})
           .results)
    EXPECT_FALSE(result.waits_for_others);
}

TEST(Race, TellsWhenThereIsNoRightAnswer) {
  MadeUpExperiment experiment;
  experiment.expected_ = []() -> Answer { throw std::runtime_error("too hard"); };
  const RaceOutcome outcome = run_race(experiment, three_arms(experiment), {.rounds = 1});
  for (const Measured& result : outcome.results) {
    ASSERT_TRUE(result.failure);
    EXPECT_TRUE(result.samples.empty());
  }
  EXPECT_THAT(outcome.results[0].failure->cause, HasSubstr("too hard"));
}

}  // namespace
}  // namespace parlab
