// Which arms go on, and that stopping where all is told does not make verdicts wrong.

#include "experiments/measure/verdicts/open_questions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "experiments/measure/verdicts/anytime_interval.hpp"
#include "tests/experiments/measure/made_up_experiment.hpp"

namespace parlab {
namespace {

using made_up::Noise;
using testing::ElementsAre;

std::vector<double> alternating(double center, double step, std::size_t rounds) {
  std::vector<double> values;
  for (std::size_t i = 0; i < rounds; ++i) values.push_back(center + (i % 2 == 0 ? step : -step));
  return values;
}

TEST(RoundsToDecide, AreFewerTheClearerTheSide) {
  const Rule rule;
  const double clear = rounds_to_decide(alternating(0.5, 0.01, 7), rule);
  EXPECT_GE(clear, 7);
  EXPECT_LE(clear, 10);
  EXPECT_DOUBLE_EQ(clear, rounds_to_decide(alternating(-0.5, 0.01, 7), rule)) << "slower alike";
  EXPECT_LE(rounds_to_decide(alternating(0, 0.01, 7), rule), 10) << "equivalent alike";
  std::vector<double> leaning = alternating(0.5, 0.01, 12);
  for (std::size_t i = 0; i < 3; ++i) leaning[i] = 0;
  EXPECT_GT(rounds_to_decide(leaning, rule),
            1.5 * rounds_to_decide(alternating(0.5, 0.01, 12), rule));
  EXPECT_GT(rounds_to_decide(leaning, {.alpha = 1e-4}), rounds_to_decide(leaning, rule));
  EXPECT_DOUBLE_EQ(rounds_to_decide(leaning, {.alpha = 1e-6, .block = 3}),
                   3 * rounds_to_decide(leaning, {.alpha = 1e-6}));
}

TEST(RoundsToDecide, HaveNoEndWhereDifferencesLeanToNoSide) {
  EXPECT_TRUE(std::isinf(rounds_to_decide(alternating(0, 0.5, 20), {})));
  EXPECT_TRUE(std::isinf(rounds_to_decide(alternating(std::log1p(margin), 0.5, 20), {})));
  EXPECT_TRUE(std::isinf(rounds_to_decide(alternating(0.1, 0.01, 20), {.guard = 0.2})))
      << "a guard beyond the difference";
}

TEST(RoundsToDecide, AreThoseOfAnIntervalWhereNothingComesNearTheEdge) {
  const Rule rule{.alpha = 1e-4};
  const auto fewest = static_cast<double>(rounds_for_interval(rule.alpha));
  EXPECT_NEAR(rounds_to_decide(alternating(0.5, 0.01, 7), rule), fewest, 2);
  EXPECT_NEAR(rounds_to_decide(alternating(-0.5, 0, 7), rule), fewest, 2);
  EXPECT_GT(rounds_to_decide(alternating(0.15, 0.1, 7), rule), fewest + 4)
      << "7 of 7 beyond it, but not far";
  std::vector<double> one_is_not = alternating(0.5, 0.01, 7);
  one_is_not[3] = 0;
  EXPECT_GT(rounds_to_decide(one_is_not, rule), fewest + 4) << "outliers are as frequent as seen";
}

OpenQuestions open_of(std::vector<OpenQuestion> questions, std::size_t results) {
  OpenQuestions open;
  open.rows = static_cast<int>(questions.size());
  open.questions = std::move(questions);
  open.needed.assign(results, true);
  return open;
}

TEST(BestValuePerSecond, LeavesOutWhatCostsMoreThanItPromises) {
  // A baseline, its twin and four arms: one much in view, one cheap and near, two far from a verdict.
  const auto open = [](double far) {
    return open_of({{.arms = {0, 1, 2}, .value = 10, .rounds = 12},
                    {.arms = {0, 1, 3}, .value = 4, .rounds = 9},
                    {.arms = {0, 1, 4}, .value = far, .rounds = 500},
                    {.arms = {0, 1, 5}, .value = 1, .rounds = 11}},
                   6);
  };
  const OpenQuestions some = best_value_per_second(open(0.01), {1, 1, 1, 1, 1, 30});
  EXPECT_THAT(some.needed, ElementsAre(true, true, true, true, false, false));
  EXPECT_EQ(some.value, 14);
  EXPECT_EQ(some.rounds, 12);
  EXPECT_EQ(some.rows, 4) << "the others are open too";
  const OpenQuestions all = best_value_per_second(open(4), {1, 1, 1, 1, 1, 0.1});
  EXPECT_THAT(all.needed, ElementsAre(true, true, true, true, true, true));
  EXPECT_FALSE(best_value_per_second(open_of({}, 2), {1, 1}).needed[0]);
}

TEST(BestValuePerSecond, KeepsWhatIsAlikeUnderAnotherBaseline) {
  const auto open = [](double other) {
    return open_of({{.arms = {0, 1}, .value = 1},
                    {.arms = {0, 2}, .value = 1},
                    {.arms = {3, 4}, .value = other},
                    {.arms = {3, 5}, .value = other}},
                   6);
  };
  const std::vector<double> seconds(6, 1.0);
  EXPECT_DOUBLE_EQ(best_value_per_second(open(0.7), seconds).value, 3.4);
  EXPECT_THAT(best_value_per_second(open(0.1), seconds).needed,
              ElementsAre(true, true, true, false, false, false));
}

TEST(BestValuePerSecond, TakesWhatIsHopelessBeforeNothing) {
  const OpenQuestions open = best_value_per_second(
      open_of({{.arms = {0, 1}, .value = 1e-9}, {.arms = {0, 2}, .value = 0}}, 3), {1, 1, 1});
  EXPECT_THAT(open.needed, ElementsAre(true, true, false));
}

TEST(OpenQuestions, LookAgainWhereOneMayFirstTellSomething) {
  OpenQuestions open = open_of({{.arms = {}, .earliest = 18}, {.arms = {}, .earliest = 19}}, 0);
  EXPECT_EQ(open.next_look_after(7), 9) << "what the first rounds said may change";
  EXPECT_EQ(open.next_look_after(16), 18);
  EXPECT_EQ(open.next_look_after(18), 19);
  EXPECT_EQ(open.next_look_after(21), 28);
}

enum class Time { enough, short_of };

/// Goes on as the command does, with times that are all there beforehand.
class Adaptive {
 public:
  Adaptive(const MadeUpExperiment& experiment, std::vector<Measured> all, Time time = Time::enough)
      : time_(time),
        experiment_(experiment),
        all_(std::move(all)),
        now_(all_),
        retired_(all_.size()),
        planned_(planned_headlines(experiment_, all_, last_look).sentences) {
    for (Measured& result : now_) result.samples.resize(first_look);
  }

  OpenQuestions look() const {
    const RaceVerdicts verdicts = judge(now_);
    if (time_ == Time::enough) return open_questions(now_, retired_, verdicts, told(verdicts));
    return best_value_per_second(
        open_questions(now_, retired_, verdicts, told(verdicts), {}, {}, Rivals::close),
        std::vector<double>(now_.size(), 1));
  }

  std::vector<Headline> told(const RaceVerdicts& verdicts) const {
    return headlines(experiment_, now_, verdicts, headline_pairs(experiment_, now_, verdicts),
                     planned_);
  }

  void run() {
    while (rounds_ < last_look) {
      const OpenQuestions open = look();
      if (!open.any()) return;
      rounds_ = std::min(open.next_look_after(rounds_), last_look);
      for (std::size_t i = 0; i < now_.size(); ++i) {
        if (!open.needed[i]) retired_[i] = true;
        if (retired_[i]) continue;
        const auto& samples = all_[i].samples;
        now_[i].samples.assign(samples.begin(), samples.begin() + rounds_);
      }
    }
  }

  const std::vector<Measured>& results() const { return now_; }
  int rounds() const { return rounds_; }

 private:
  Time time_;
  const MadeUpExperiment& experiment_;
  std::vector<Measured> all_;
  std::vector<Measured> now_;
  std::vector<bool> retired_;
  int planned_;
  int rounds_ = first_look;
};

class OpenRace : public testing::Test {
 protected:
  std::vector<Measured> race(const std::vector<double>& ln_speedups, const Noise& noise,
                             std::size_t rounds = last_look) {
    return made_up_results(experiment_, machine_, ln_speedups, noise, rounds);
  }

  MadeUpExperiment experiment_;
  made_up::NoisyMachine machine_{11};
};

constexpr Noise quiet = {.jitter = 0.002, .preempted = 0, .drift_a_round = 0};

TEST_F(OpenRace, NeedsTheBaselineItsTwinAndWhatCanStillBeTheFastest) {
  // Clear against the baseline; the fastest two cannot be told apart at the level of a headline.
  const Adaptive adaptive(experiment_, race({0.7, 0.7, -0.7, 0.3}, quiet));
  const OpenQuestions open = adaptive.look();
  EXPECT_EQ(open.rows, 0);
  EXPECT_EQ(open.headlines, 2) << "7 rounds have no interval at a headline's level";
  EXPECT_TRUE(open.needed[0] && open.needed[1] && open.needed[2] && open.needed[3]);
  EXPECT_GT(open.value, 0);
  EXPECT_GT(open.rounds, first_look);
  EXPECT_LT(open.rounds, last_look);
}

TEST_F(OpenRace, NeedsNobodyOnceAllIsTold) {
  Adaptive adaptive(experiment_, race({0.7, 0.3, -0.7}, quiet));
  adaptive.run();
  const OpenQuestions open = adaptive.look();
  EXPECT_FALSE(open.any());
  EXPECT_EQ(open.value, 0);
  EXPECT_THAT(open.needed, ElementsAre(false, false, false, false, false));
  EXPECT_LT(adaptive.rounds(), 40);
}

TEST_F(OpenRace, LetsWhatIsToldRestWhileOthersGoOn) {
  // Noise of 5 % hides for long that the second arm is as fast as the baseline.
  Adaptive adaptive(experiment_, race({-0.7, 0}, {.jitter = 0.05, .preempted = 0}));
  adaptive.run();
  EXPECT_LT(adaptive.results()[2].samples.size(), 40u);
  EXPECT_GT(adaptive.results()[3].samples.size(), adaptive.results()[2].samples.size());
  EXPECT_EQ(adaptive.results()[0].samples.size(), adaptive.results()[3].samples.size());
  EXPECT_EQ(adaptive.results()[1].samples.size(), adaptive.results()[3].samples.size());
}

TEST_F(OpenRace, ShortOfTimeGoesOnWithWhatMayBeTheFastestAndIsNear) {
  const std::vector<double> speedups = {0.7, 0.7, -0.7, 0.3, 0.69};
  Adaptive patient(experiment_, race(speedups, quiet));
  Adaptive brief(experiment_, patient.results(), Time::short_of);
  EXPECT_TRUE(patient.look().needed[4] && patient.look().needed[5]);
  EXPECT_THAT(brief.look().needed, ElementsAre(true, true, true, true, false, false, true));
  EXPECT_EQ(brief.look().headlines, patient.look().headlines);
}

TEST_F(OpenRace, ShortOfTimeDecidesSentencesInFewerRuns) {
  const std::vector<double> speedups = {0.7, 0.5, -0.7, 0.3, 0, 0.001, 0.4};
  const auto runs = [](const Adaptive& adaptive) {
    std::size_t all = 0;
    for (const Measured& result : adaptive.results()) all += result.samples.size();
    return all;
  };
  const auto all = race(speedups, quiet);
  Adaptive patient(experiment_, all);
  Adaptive brief(experiment_, all, Time::short_of);
  patient.run();
  brief.run();
  for (const Headline& headline : brief.told(judge(brief.results())))
    EXPECT_NE(headline.comparison.verdict, Verdict::not_resolved);
  EXPECT_LT(runs(brief), runs(patient));
}

TEST_F(OpenRace, AsksNothingOfArmsThatRestOrFailed) {
  const auto results = race({0.01, 0.02}, {.jitter = 0.3}, first_look);
  const RaceVerdicts verdicts = judge(results);
  ASSERT_GT(open_questions(results, {false, false, false, false}, verdicts, {}).rows, 0);
  EXPECT_EQ(open_questions(results, {false, false, true, true}, verdicts, {}).rows, 0);
  EXPECT_EQ(open_questions(results, {true, false, false, false}, verdicts, {}).rows, 0)
      << "nothing to compare with";
  auto failed = results;
  failed[2].failure = failed[3].failure = Failure{"killed", 3};
  EXPECT_FALSE(open_questions(failed, {false, false, false, false}, judge(failed), {}).any());
}

/// How often the whole rule, stopped where it says, is wrong.
struct AdaptiveRates {
  int rows = 0;
  int wrong = 0;   // a verdict that the truth contradicts
  int missed = 0;  // an interval beside the truth
  int decided = 0;
  int families = 0;
  int families_with_a_miss = 0;
};

class AdaptiveTruth : public OpenRace {
 protected:
  void add(const std::vector<double>& ln_speedups, const Noise& noise, int races,
           Time time = Time::enough) {
    const double edge = std::log1p(margin);
    for (int i = 0; i < races; ++i) {
      Adaptive adaptive(experiment_, race(ln_speedups, noise), time);
      adaptive.run();
      const RaceVerdicts verdicts = judge(adaptive.results());
      for (std::size_t arm = 0; arm < ln_speedups.size(); ++arm) {
        const Comparison& c = verdicts.against_baseline[arm + 2]->comparison;
        const double truth = ln_speedups[arm];
        ++rates_.rows;
        rates_.missed += std::log(c.interval.low) > truth || std::log(c.interval.high) < truth;
        rates_.decided += c.verdict != Verdict::not_resolved;
        rates_.wrong += (c.verdict == Verdict::faster && truth < 0) ||
                        (c.verdict == Verdict::slower && truth > 0) ||
                        (c.verdict == Verdict::equivalent && std::abs(truth) > edge + 1e-9);
      }
      bool misses = false;
      for (const Headline& headline : adaptive.told(verdicts)) {
        const auto ln = [&](std::size_t r) { return r < 2 ? 0.0 : ln_speedups[r - 2]; };
        const double truth = ln(headline.pair.result) - ln(headline.pair.against);
        misses = misses || std::log(headline.comparison.interval.low) > truth ||
                 std::log(headline.comparison.interval.high) < truth;
      }
      ++rates_.families;
      rates_.families_with_a_miss += misses;
    }
  }

  void hold() const {
    EXPECT_LE(rates_.wrong, 0.005 * rates_.rows);
    EXPECT_LE(rates_.missed, 0.05 * rates_.rows);
    EXPECT_LE(rates_.families_with_a_miss, 0.05 * rates_.families);
    EXPECT_GE(rates_.decided, 0.4 * rates_.rows) << "or nothing is learned";
  }

  AdaptiveRates rates_;
};

constexpr int adaptive_races = 60;
const std::vector<double> mixed = {0, 0, 0.01, 0.02, -0.02, std::log1p(margin), 0.06, -0.3, 0.7};

TEST_F(AdaptiveTruth, HoldsUnderJitterAndPreemption) {
  add(mixed, {}, adaptive_races);
  hold();
}

TEST_F(AdaptiveTruth, HoldsWhereRunsHaveTwoModes) {
  add(mixed, {.jitter = 0.005, .second_mode = 0.05}, adaptive_races);
  hold();
}

TEST_F(AdaptiveTruth, HoldsUnderDriftThatRoundsShare) {
  add(mixed, {.drift_a_round = 0.1, .drift_kept = 0.98}, adaptive_races);
  hold();
}

TEST_F(AdaptiveTruth, HoldsWhereArmsAreDroppedForLackOfTime) {
  add(mixed, {}, adaptive_races, Time::short_of);
  hold();
}

TEST_F(AdaptiveTruth, HoldsWithProcessesOfTheirOwnBias) {
  for (const double bias : {0.008, 0.02})
    add(mixed,
        {.process_bias = bias, .rounds_a_process = static_cast<std::size_t>(rounds_a_process)},
        adaptive_races / 2);
  hold();
}

}  // namespace
}  // namespace parlab
