// Races of loops whose times are made up by sleeping: the right choice is known.

#include "experiments/advice/advice.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "experiments/advice/candidates.hpp"
#include "kernels/base/errors.hpp"
#include "tests/experiments/measure/made_up_experiment.hpp"

namespace parlab {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;

constexpr auto of_serial = milliseconds(20);

/// A run takes what `time_of` says.
MadeUpExperiment taking(std::function<milliseconds(const BackendSpec&)> time_of) {
  MadeUpExperiment experiment;
  experiment.open_ = [time_of = std::move(time_of)](const Arm& arm) -> OpenedArm {
    const auto time = arm.executor.backend == "serial" ? of_serial : time_of(arm.executor);
    return [time] {
      std::this_thread::sleep_for(time);
      return 42;
    };
  };
  return experiment;
}

Advice advice_of(const MadeUpExperiment& experiment, const char* backends) {
  const InterruptionGuard interruption;
  AdviceRequest request{.workload = experiment.cases_.front(),
                        .backends = parse_backends(backends),
                        .workers = 2,
                        .budget = std::chrono::seconds(20)};
  return advise(experiment, request, interruption);
}

TEST(Advice, IsTheFastestWhereItIsFarAhead) {
  const auto experiment = taking([](const BackendSpec& executor) {
    return executor.backend == "tbb" ? milliseconds(10) : milliseconds(15);
  });
  const Advice advice = advice_of(experiment, "openmp:static,tbb:auto,threads:static");
  EXPECT_EQ(advice.choice.executor.label(), "tbb:auto");
  EXPECT_EQ(advice.confirmed.verdict, Verdict::faster);
  EXPECT_NEAR(advice.confirmed.ratio, 2, 0.3);
  EXPECT_THAT(advice_sentences(advice).front(), HasSubstr("Use tbb:auto with 2 workers"));
  EXPECT_THAT(advice_text(advice), HasSubstr("tbb:auto x2"));
}

TEST(Advice, IsTheSimplestOfThoseThatAreAsFast) {
  const auto experiment = taking([](const BackendSpec&) { return milliseconds(10); });
  const Advice advice = advice_of(experiment, "threads:dynamic,tbb:auto,openmp:static");
  EXPECT_EQ(advice.choice.executor.label(), "openmp:static");
  EXPECT_NE(advice.runner_up, "");
}

TEST(Advice, IsNoBackendWithoutPlainCodeHoweverFast) {
  const auto experiment = taking([](const BackendSpec& executor) {
    return executor.backend == "processes" ? milliseconds(8) : milliseconds(12);
  });
  const Advice advice = advice_of(experiment, "openmp:dynamic,processes:static");
  EXPECT_EQ(advice.choice.executor.label(), "openmp:dynamic");
  EXPECT_EQ(advice.considered.front().label.substr(0, 9), "processes") << "named, not chosen";
  EXPECT_THAT(advice_sentences(advice).back(), HasSubstr("processes:static x2"));
}

TEST(Advice, IsSerialWhereNothingIsFaster) {
  const auto experiment = taking([](const BackendSpec&) { return of_serial + milliseconds(5); });
  const Advice advice = advice_of(experiment, "openmp:static,tbb:auto");
  EXPECT_EQ(advice.choice.executor.backend, "serial");
  EXPECT_LT(advice.confirmed.ratio, 1);
  EXPECT_FALSE(advice.pays_from);
  EXPECT_THAT(advice_sentences(advice).front(), HasSubstr("eave the loop serial: it takes 2"));
  EXPECT_EQ(advice_json(advice).at("choice").at("backend"), "serial");
}

TEST(Advice, GoesByTheRatioWhereTheBudgetAllowsNoVerdict) {
  const auto compared = [](Verdict verdict, double ratio) {
    Comparison comparison{};
    comparison.verdict = verdict;
    comparison.ratio = ratio;
    return pays(comparison);
  };
  EXPECT_TRUE(compared(Verdict::too_few_rounds, 1.8));
  EXPECT_TRUE(compared(Verdict::not_resolved, 1.05));
  EXPECT_FALSE(compared(Verdict::not_resolved, 1.02)) << "within the margin";
  EXPECT_FALSE(compared(Verdict::too_few_rounds, 0.8));
  EXPECT_FALSE(compared(Verdict::equivalent, 1.02));
  EXPECT_TRUE(compared(Verdict::differs, 1.02)) << "its interval excludes 1";
  EXPECT_FALSE(compared(Verdict::differs, 0.98));
  EXPECT_FALSE(compared(Verdict::slower, 0.5));
}

TEST(Advice, SaysThatItIsNotDecided) {
  const auto experiment = taking([](const BackendSpec&) { return milliseconds(10); });
  Advice advice = advice_of(experiment, "openmp:static");
  advice.confirmed.verdict = Verdict::not_resolved;
  EXPECT_THAT(advice_sentences(advice).front(), HasSubstr("Use openmp:static"));
  EXPECT_THAT(advice_sentences(advice).at(1),
              AllOf(HasSubstr("Not decided: not resolved"), HasSubstr("a longer --budget")));
}

TEST(Advice, LeavesOutProcessesThatCannotRunTheLoop) {
  auto experiment = taking([](const BackendSpec&) { return milliseconds(10); });
  experiment.open_ = [open = experiment.open_](const Arm& arm) -> OpenedArm {
    if (arm.executor.backend == "processes") throw std::runtime_error("its memory is not shared");
    return open(arm);
  };
  const Advice advice = advice_of(experiment, "openmp:static,processes:static");
  EXPECT_EQ(advice.choice.executor.label(), "openmp:static");
}

TEST(Advice, IsNotGivenWhereThreadsAnswerWrongly) {
  auto experiment = taking([](const BackendSpec&) { return milliseconds(10); });
  experiment.open_ = [open = experiment.open_](const Arm& arm) -> OpenedArm {
    if (arm.executor.backend == "tbb") return [] { return 41; };
    return open(arm);
  };
  try {
    advice_of(experiment, "openmp:static,tbb:auto");
    FAIL() << "it was given";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("wrong answer: 41 instead of 42"));
    EXPECT_THAT(error.what(), HasSubstr("tbb:auto x2"));
  }
}

TEST(Advice, NeedsABudgetForItsFirstRounds) {
  const auto experiment = taking([](const BackendSpec&) { return milliseconds(10); });
  const InterruptionGuard interruption;
  AdviceRequest request{.workload = experiment.cases_.front(),
                        .backends = parse_backends("openmp:static,tbb:auto"),
                        .workers = 2,
                        .budget = milliseconds(10)};
  try {
    advise(experiment, request, interruption);
    FAIL() << "10 ms were enough";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("--budget: "));
    EXPECT_THAT(error.what(), HasSubstr("take about"));
  }
}

}  // namespace
}  // namespace parlab
