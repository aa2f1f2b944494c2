// Sentences: how many and among how many arms is fixed beforehand, and with it their level.

#include "experiments/measure/verdicts/headlines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "experiments/measure/verdicts/anytime_interval.hpp"
#include "tests/experiments/measure/made_up_experiment.hpp"
#include "tests/experiments/measure/made_up_times.hpp"

namespace parlab {
namespace {

using made_up::Noise;
using made_up::NoisyMachine;

/// A race of so many rounds of a baseline, its second run, and arms of the given speed-ups.
class HeadlineLevels : public testing::Test {
 protected:
  std::vector<Measured> race(const std::vector<double>& ln_speedups, const Noise& noise,
                             std::size_t rounds) {
    return made_up_results(experiment_, machine_, ln_speedups, noise, rounds);
  }

  std::vector<Headline> told(const std::vector<Measured>& results) const {
    const RaceVerdicts verdicts = judge(results);
    return headlines(experiment_, results, verdicts, headline_pairs(experiment_, results, verdicts),
                     planned_headlines(experiment_, results, 0).sentences);
  }

  MadeUpExperiment experiment_;
  NoisyMachine machine_{5};
};

TEST_F(HeadlineLevels, AreSharedBySentencesAndByTheArmsThatTheyChooseAmong) {
  const auto results = race({0.3, 0.2, 0.1, 0.5}, {.jitter = 0.002, .preempted = 0}, 40);
  const auto sentences = told(results);
  ASSERT_EQ(sentences.size(), 2u);
  for (const Headline& headline : sentences) {
    EXPECT_EQ(headline.pair.choices, 4);
    EXPECT_DOUBLE_EQ(headline.comparison.confidence, 1 - 0.05 / (2 * 4));
    EXPECT_EQ(headline.comparison.rounds_needed,
              static_cast<int>(rounds_for_interval(0.05 / 8)) * headline.comparison.block);
  }
  EXPECT_EQ(sentences[0].pair.result, 5u);
  EXPECT_EQ(sentences[0].comparison.verdict, Verdict::faster);
  EXPECT_EQ(sentences[1].pair.against, 5u);
  EXPECT_EQ(sentences[1].comparison.verdict, Verdict::slower);
}

TEST_F(HeadlineLevels, ArePlannedAlikeWhateverTheTimes) {
  for (const auto& speedups : {std::vector<double>{0, 0, 0}, {1, -1, 0.2}, {-1, -1, -1}}) {
    auto results = race(speedups, {}, 9);
    results[3].failure = Failure{"killed", 4};
    const HeadlinePlan plan = planned_headlines(experiment_, results, 9);
    EXPECT_EQ(plan.sentences, 2);
    EXPECT_EQ(plan.choices, 3);
    EXPECT_LE(told(results).size(), 2u);
  }
  EXPECT_EQ(planned_headlines(experiment_, race({0.2}, {}, 9), 9).sentences, 1);
  EXPECT_EQ(planned_headlines(experiment_, {}, 9).sentences, 0);
}

TEST_F(HeadlineLevels, RefuseMoreSentencesThanWerePlanned) {
  const auto results = race({0.3, 0.2}, {}, 21);
  const RaceVerdicts verdicts = judge(results);
  const auto pairs = headline_pairs(experiment_, results, verdicts);
  EXPECT_THROW(headlines(experiment_, results, verdicts, pairs, 1), std::invalid_argument);
}

// Of equal arms the luckiest is named the fastest, at each look again: its own interval then lies
// too high.
TEST_F(HeadlineLevels, HoldForTheArmThatWasChosenForBeingTheFastest) {
  constexpr int races = 300;
  int missed = 0;
  int missed_uncorrected = 0;
  const auto misses = [](const Comparison& c) { return c.interval.low > 1 || c.interval.high < 1; };
  for (int i = 0; i < races; ++i) {
    auto results = race(std::vector<double>(12, 0.0), {.jitter = 0.04, .preempted = 0}, 38);
    bool any = false;
    bool any_uncorrected = false;
    for (const std::size_t look : {38, 28, 21, 16, 12, 9, 7}) {
      for (Measured& result : results) result.samples.resize(look);
      for (const Headline& headline : told(results)) {
        any = any || misses(headline.comparison);
        any_uncorrected =
            any_uncorrected || misses(compare(results[headline.pair.against].seconds(),
                                              results[headline.pair.result].seconds()));
      }
    }
    missed += any ? 1 : 0;
    missed_uncorrected += any_uncorrected ? 1 : 0;
  }
  EXPECT_LE(missed, 0.05 * races);
  EXPECT_GE(missed_uncorrected, 3 * missed + 6) << "would not be needed";
}

TEST(HeadlinesOfASuite, AreThoseOfRacesWhoseRoundsAllowAny) {
  using Plans = std::vector<HeadlinePlan>;
  EXPECT_TRUE(with_headlines({}).empty());
  EXPECT_EQ(with_headlines(Plans{{1, 1, 7}}), std::vector<bool>{true});
  EXPECT_EQ(with_headlines(Plans{{1, 1, 6}}), std::vector<bool>{false});
  EXPECT_EQ(with_headlines(Plans{{0, 0, 40}}), std::vector<bool>{false});
  // Short races would take the level from all; without them the long ones have theirs.
  Plans many(40, HeadlinePlan{2, 7, 7});
  many.push_back({2, 4, 12});
  many.push_back({2, 14, 15});
  const auto kept = with_headlines(many);
  EXPECT_EQ(std::count(kept.begin(), kept.end(), true), 2);
  EXPECT_TRUE(kept[40] && kept[41]);
  EXPECT_LE(rounds_for_interval(0.05 / (4 * 14)), 15u);
  EXPECT_GT(rounds_for_interval(0.05 / (84 * 14)), 15u) << "would not be needed";
}

}  // namespace
}  // namespace parlab
