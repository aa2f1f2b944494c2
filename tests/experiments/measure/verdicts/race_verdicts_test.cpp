// Verdicts on races whose times are made up, so that the right ones are known.

#include "experiments/measure/verdicts/race_verdicts.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "experiments/base/json_text.hpp"
#include "experiments/measure/results/result_file.hpp"
#include "experiments/measure/verdicts/headlines.hpp"
#include "tests/experiments/measure/made_up_experiment.hpp"

namespace parlab {
namespace {

using testing::HasSubstr;

/// 21 rounds around `seconds`, with a jitter of 0.2 % that differs from arm to arm. The seeds are of
/// arms whose differences show no dependence by chance.
std::vector<Sample> samples(double seconds, int salt) {
  std::vector<Sample> rounds;
  std::mt19937 random(static_cast<std::uint32_t>(salt) + 8);
  for (int round = 0; round < 21; ++round) {
    const double jitter = (static_cast<double>(random() % 41) - 20) * 1e-4;
    rounds.push_back({.seconds = seconds * (1 + jitter),
                      .cpu_seconds = seconds,
                      .context_switches = 0,
                      .peak_rss_bytes = 1 << 20,
                      .answer = 42});
  }
  return rounds;
}

/// A race of the made-up experiment in which entrant i takes seconds[i].
std::vector<Measured> race(const MadeUpExperiment& experiment, const Selection& selection,
                           const std::vector<double>& seconds) {
  std::vector<Measured> results;
  for (Entrant& entrant : line_up(experiment, selection)) {
    const auto i = results.size();
    results.push_back({.entrant = std::move(entrant)});
    results.back().samples = samples(seconds.at(i), static_cast<int>(i));
  }
  EXPECT_EQ(results.size(), seconds.size());
  return results;
}

class RaceOfThree : public testing::Test {
 protected:
  std::vector<Headline> headlines_of(const std::vector<Measured>& results) const {
    const RaceVerdicts verdicts = judge(results);
    return headlines(experiment_, results, verdicts, headline_pairs(experiment_, results, verdicts),
                     planned_headlines(experiment_, results, 21).sentences);
  }

  MadeUpExperiment experiment_;
  Selection selection_{.backends = parse_backends("threads:all,processes"), .workers = {2}};
};

TEST_F(RaceOfThree, NamesTheBestAndTheNearestRivalOnAnotherBackend) {
  // serial, serial again, threads:static, threads:dynamic, processes:static
  const auto results = race(experiment_, selection_, {1, 1, 0.6, 0.5, 0.7});
  const RaceVerdicts verdicts = judge(results);
  ASSERT_EQ(verdicts.guards.size(), 1u);
  EXPECT_EQ(verdicts.guards[0].width, 0);
  EXPECT_FALSE(verdicts.against_best[3]);
  EXPECT_EQ(verdicts.against_best[2]->other, 3u);
  EXPECT_EQ(verdicts.against_best[2]->comparison.verdict, Verdict::slower);
  EXPECT_EQ(verdicts.against_baseline[3]->comparison.verdict, Verdict::faster);
  EXPECT_FALSE(verdicts.against_baseline[0]);
  const auto sentences = headlines_of(results);
  ASSERT_EQ(sentences.size(), 2u);
  EXPECT_THAT(
      sentences[0].sentence,
      testing::MatchesRegex("With 100 things threads:dynamic on 2 workers is .*x .* serial"));
  EXPECT_THAT(
      sentences[1].sentence,
      testing::MatchesRegex("With 100 things processes:static on 2 workers takes 1.4x .* the "
                            "time of threads:dynamic on 2 workers"));
}

TEST_F(RaceOfThree, CallsATieATie) {
  const auto sentences = headlines_of(race(experiment_, selection_, {1, 1, 0.6, 0.5, 0.5005}));
  ASSERT_EQ(sentences.size(), 2u);
  EXPECT_EQ(sentences[1].comparison.verdict, Verdict::equivalent);
  EXPECT_THAT(sentences[1].sentence, HasSubstr("equivalent within 3 %"));
}

TEST_F(RaceOfThree, SaysSoWhereSerialIsBest) {
  const auto sentences = headlines_of(race(experiment_, selection_, {1, 1, 1.6, 1.5, 1.7}));
  ASSERT_EQ(sentences.size(), 1u);
  EXPECT_THAT(sentences[0].sentence, HasSubstr("threads:dynamic on 2 workers takes 1.5x"));
  EXPECT_THAT(sentences[0].sentence, HasSubstr("the time of serial"));
}

TEST_F(RaceOfThree, WidensAllIntervalsByWhatTheBaselineIsOffByAgainstItself) {
  const auto results = race(experiment_, selection_, {1, 1.2, 0.6, 0.5, 0.9});
  const RaceVerdicts verdicts = judge(results);
  const auto alone = judge(race(experiment_, selection_, {1, 1, 0.6, 0.5, 0.9}));
  EXPECT_NEAR(verdicts.guards[0].width, std::log(1.2), 0.005);
  const double factor = std::exp(verdicts.guards[0].width);
  for (std::size_t i = 2; i < results.size(); ++i) {
    const Comparison& wide = verdicts.against_baseline[i]->comparison;
    const Comparison& narrow = alone.against_baseline[i]->comparison;
    EXPECT_DOUBLE_EQ(wide.guard, factor);
    EXPECT_NEAR(wide.interval.low * factor / narrow.interval.low, 1, 1e-9);
    EXPECT_NEAR(wide.interval.high / factor / narrow.interval.high, 1, 1e-9);
  }
  // Twice as fast is beyond a bias of 1.2; 1.11 is not.
  EXPECT_EQ(verdicts.against_baseline[3]->comparison.verdict, Verdict::faster);
  EXPECT_EQ(verdicts.against_baseline[4]->comparison.verdict, Verdict::not_resolved);
  EXPECT_EQ(alone.against_baseline[4]->comparison.verdict, Verdict::faster);
  // 0.6 against 0.5 is not either.
  EXPECT_DOUBLE_EQ(verdicts.against_best[2]->comparison.guard, factor);
  EXPECT_EQ(verdicts.against_best[2]->comparison.verdict, Verdict::not_resolved);
  const auto sentences = headlines_of(results);
  EXPECT_EQ(sentences[0].comparison.verdict, Verdict::faster);
  EXPECT_DOUBLE_EQ(sentences[0].comparison.guard, factor);
}

// Sixteen rounds that depend on each other are two blocks, of which no interval can be made.
TEST_F(RaceOfThree, GuardsByTheRoundsOfABaselineThatDriftsWhereBlocksAreTooFew) {
  auto results = race(experiment_, selection_, {1, 1, 0.6, 0.5, 0.9});
  for (Measured& result : results) result.samples.resize(16);
  for (std::size_t round = 0; round < 16; ++round)
    results[1].samples[round].seconds *= 1.1 + 0.01 * static_cast<double>(round);
  ASSERT_EQ(compare(results[0].seconds(), results[1].seconds()).verdict, Verdict::too_few_rounds);
  const RaceVerdicts verdicts = judge(results);
  ASSERT_EQ(verdicts.guards.size(), 1u);
  EXPECT_EQ(verdicts.guards[0].comparison.block, 1);
  EXPECT_GT(verdicts.guards[0].width, std::log(1.1));
  EXPECT_LT(verdicts.guards[0].width, std::log(1.21));
  EXPECT_EQ(verdicts.against_baseline[3]->comparison.verdict, Verdict::faster);
  EXPECT_EQ(verdicts.against_baseline[4]->comparison.verdict, Verdict::not_resolved);
}

TEST_F(RaceOfThree, SaysHowManyRoundsAreMissingWhereNoIntervalCanBe) {
  auto results = race(experiment_, selection_, {1, 1, 0.6, 0.5, 0.7});
  for (const std::size_t rounds : {6u, 5u, 4u, 1u}) {
    for (Measured& result : results) result.samples.resize(rounds);
    const RaceVerdicts verdicts = judge(results);
    for (std::size_t i = 2; i < results.size(); ++i) {
      const Comparison& comparison = verdicts.against_baseline[i]->comparison;
      EXPECT_EQ(comparison.verdict, Verdict::too_few_rounds);
      EXPECT_EQ(reason_of(comparison), fmt::format("too few rounds: {} of 7 needed", rounds));
    }
    const auto sentences = headlines_of(results);
    ASSERT_EQ(sentences.size(), 2u);
    for (const Headline& headline : sentences) {
      EXPECT_THAT(headline.sentence,
                  HasSubstr(fmt::format("[?, ?], too few rounds: {} of ", rounds)));
      EXPECT_THAT(headline.sentence, testing::EndsWith(" needed; ask for more with --rounds"));
    }
  }
}

TEST(BesideLoad, IsAProcessorsShareWhateverTheWorkers) {
  EXPECT_FALSE(is_beside_load(0, 1));
  EXPECT_FALSE(is_beside_load(0.15, 1));
  EXPECT_TRUE(is_beside_load(0.25, 1));
  EXPECT_FALSE(is_beside_load(0.04, 2));
  EXPECT_TRUE(is_beside_load(0.5, 2));
  EXPECT_TRUE(is_beside_load(1.0 / 64, 64));  // one processor of 64
  EXPECT_FALSE(is_beside_load(0.005, 64));    // some short waits of each
}

TEST_F(RaceOfThree, MarksWhatTheHypervisorTookProcessorsFrom) {
  auto results = race(experiment_, selection_, {1, 1, 0.6, 0.5, 0.7});
  for (Measured& result : results) result.waits_for_others = true;
  const auto steal = [&](std::size_t rounds, double processors) {
    for (std::size_t round = 0; round < 21; ++round)
      results[3].samples[round].stolen = round < rounds ? processors : 0.0;
    return judge(results).against_baseline[3]->comparison.beside_load;
  };
  EXPECT_FALSE(steal(21, max_taken));
  EXPECT_FALSE(steal(10, 1.0)) << "fewer than half of the rounds";
  EXPECT_TRUE(steal(11, 0.5));
  results[3].waits_for_others = false;
  EXPECT_FALSE(steal(21, 1.0));
}

TEST_F(RaceOfThree, SaysHowManyProcessorsAnArmHad) {
  auto results = race(experiment_, selection_, {1, 1, 0.6, 0.5, 0.7});
  const auto had = [&](double used, double waited, double stolen) {
    for (Sample& sample : results[3].samples) {
      sample.cpu_seconds = used * sample.seconds;
      sample.waited = waited;
      sample.stolen = stolen;
    }
    return processors_had(results[3]);  // it has 2 workers
  };
  EXPECT_DOUBLE_EQ(had(1.0, 0.5, 0), 1.0) << "two workers on one processor";
  EXPECT_DOUBLE_EQ(had(1.5, 0.5, 0), 1.5) << "one of them beside another program";
  EXPECT_DOUBLE_EQ(had(1.0, 1.0, 0), 1.0) << "both of them";
  EXPECT_DOUBLE_EQ(had(0.1, 0.2, 0.5), 1.1) << "its processes live on: their seconds are not known";
  EXPECT_DOUBLE_EQ(had(3.0, 0, 0), 2.0) << "no more than it has workers";
  EXPECT_DOUBLE_EQ(had(0, 1.0, 1.0), 0);
}

TEST_F(RaceOfThree, MarksWhatIsBesideAnotherProgram) {
  auto results = race(experiment_, selection_, {1, 1, 0.6, 0.5, 0.7});
  const auto wait = [&](std::size_t arm, std::size_t rounds, double share) {
    for (std::size_t round = 0; round < 21; ++round)
      results[arm].samples[round].waited = round < rounds ? share : 0.0;
  };
  const auto marked = [&] {
    std::vector<std::size_t> arms;
    const RaceVerdicts verdicts = judge(results);
    for (std::size_t i = 2; i < results.size(); ++i)
      if (verdicts.against_baseline[i]->comparison.beside_load) arms.push_back(i);
    return arms;
  };
  for (Measured& result : results) result.waits_for_others = true;
  EXPECT_THAT(marked(), testing::IsEmpty());  // the kernel does not tell
  wait(2, 21, max_taken / 2);                 // its workers are two
  EXPECT_THAT(marked(), testing::IsEmpty());
  wait(2, 10, 0.5);  // fewer than half of the rounds
  EXPECT_THAT(marked(), testing::IsEmpty());
  wait(2, 11, 0.5);
  EXPECT_THAT(marked(), testing::ElementsAre(2));
  EXPECT_EQ(verdict_text(judge(results).against_baseline[2]->comparison), "faster, beside load");
  EXPECT_TRUE(judge(results).against_best[2]->comparison.beside_load);
  results[2].waits_for_others = false;  // more workers than processors: they wait for each other
  EXPECT_THAT(marked(), testing::IsEmpty());
  for (const auto& headline : headlines_of(results)) EXPECT_FALSE(headline.comparison.beside_load);
  wait(0, 21, 0.3);  // the baseline of all
  EXPECT_THAT(marked(), testing::ElementsAre(2, 3, 4));
  const auto sentences = headlines_of(results);
  ASSERT_EQ(sentences.size(), 2u);
  EXPECT_THAT(sentences[0].sentence, testing::EndsWith(" (beside load)"));  // against the baseline
  EXPECT_TRUE(sentences[0].comparison.beside_load);
  EXPECT_FALSE(sentences[1].comparison.beside_load);
}

TEST_F(RaceOfThree, LeavesFailedArmsOut) {
  auto results = race(experiment_, selection_, {1, 1, 0.6, 0.5, 0.7});
  results[3].failure = Failure{"killed by SIGKILL", 7};
  results[3].samples.resize(7);
  const RaceVerdicts verdicts = judge(results);
  EXPECT_FALSE(verdicts.against_baseline[3]);
  EXPECT_EQ(verdicts.against_best[4]->other, 2u);
}

TEST_F(RaceOfThree, GivesNothingWhereTheBaselineFailed) {
  auto results = race(experiment_, selection_, {1, 1, 0.6, 0.5, 0.7});
  results[0].failure = Failure{"killed", 0};
  results[0].samples.clear();
  const RaceVerdicts verdicts = judge(results);
  EXPECT_TRUE(verdicts.guards.empty());
  for (std::size_t i = 1; i < results.size(); ++i) EXPECT_FALSE(verdicts.against_baseline[i]);
  EXPECT_TRUE(headlines_of(results).empty());
}

TEST(RaceVerdicts, FitCostLinesAndBreakEvenOverSizes) {
  MadeUpExperiment experiment;
  experiment.cases_.clear();
  std::vector<double> seconds;
  for (const std::uint64_t size : {100, 1000, 10'000, 100'000}) {
    experiment.cases_.push_back({.kernel = "k", .size = size, .unit = "things"});
    const auto n = static_cast<double>(size);
    for (const double time : {n * 1e-6, n * 1e-6, 1e-3 + n * 0.5e-6}) seconds.push_back(time);
  }
  const auto results =
      race(experiment, {.backends = parse_backends("threads"), .workers = {2}}, seconds);
  const RaceVerdicts verdicts = judge(results);
  ASSERT_EQ(verdicts.models.size(), 2u);
  const CostModel& model = verdicts.models[1];
  EXPECT_NEAR(model.cost.start.median, 1e-3, 2e-5);
  EXPECT_NEAR(model.cost.each.median, 0.5e-6, 1e-8);
  ASSERT_TRUE(model.break_even.size);
  EXPECT_NEAR(model.break_even.size->median, 2000, 100);
}

TEST_F(RaceOfThree, GoesIntoAFileThatHoldsAllOfIt) {
  RaceRecord record{"made-up", &experiment_, {}, {}, {}};
  record.outcome.results = race(experiment_, selection_, {1, 1, 0.6, 0.5, 0.7});
  record.outcome.results[4].failure = Failure{"killed by SIGKILL", std::nullopt};
  record.outcome.results[4].samples.clear();
  record.verdicts = judge(record.outcome.results);
  const auto document = nlohmann::json::parse(json_document(
      result_json(record, {{"command", "parlab"}}, headlines_of(record.outcome.results), 2)));
  EXPECT_EQ(document["schema"], "parlab/1");
  EXPECT_EQ(document["results"][3]["comparison"]["baseline"], "serial");
  EXPECT_EQ(document["results"][3]["comparison"]["verdict"], "faster");
  EXPECT_EQ(document["results"][3]["comparison"]["reason"], "");
  EXPECT_EQ(document["results"][3]["comparison"]["rounds_needed"], 7);
  EXPECT_EQ(document["results"][3]["comparison"]["guard"], 1);
  EXPECT_EQ(document["gates"][0]["guard"], 1);
  EXPECT_EQ(document["gates"][0]["ok"], true);
  EXPECT_EQ(document["run"]["interval"], "anytime");
  EXPECT_EQ(document["results"][2]["against_best"]["best"], "threads:dynamic x2");
  EXPECT_EQ(document["results"][4]["failure"]["cause"], "killed by SIGKILL");
  EXPECT_TRUE(document["results"][4]["failure"]["round"].is_null());
  for (std::size_t round = 0; round < 21; ++round)
    EXPECT_EQ(document["results"][2]["seconds"][round].get<double>(),
              record.outcome.results[2].samples[round].seconds);
}

TEST_F(RaceOfThree, TellsEachArmWhereTheExperimentAsksForIt) {
  experiment_.each_has_headline_ = true;
  const auto results = race(experiment_, selection_, {1, 1, 0.6, 0.5, 0.7});
  EXPECT_EQ(headlines_of(results).size(), 3u);
}

TEST(PacedCases, AreTimedButNotCompared) {
  MadeUpExperiment experiment;
  experiment.compares_methods_ = true;
  Workload workload{
      .kernel = "made_up", .variant = "a", .size = 1, .unit = "messages", .task = "t"};
  workload.externally_timed = true;
  experiment.cases_ = {workload, workload};
  experiment.cases_[1].variant = "b";
  // No second baseline: there is nothing that it could guard.
  const auto results =
      race(experiment, {.backends = {}, .workers = {1}, .baseline = BaselineKind::first}, {1, 2});
  const RaceVerdicts verdicts = judge(results);
  EXPECT_TRUE(verdicts.guards.empty());
  EXPECT_FALSE(verdicts.against_baseline[1]);
  EXPECT_FALSE(verdicts.against_best[0] || verdicts.against_best[1]);
  EXPECT_TRUE(headline_pairs(experiment, results, verdicts).empty());
}

TEST(Remarks, AreMadeOfWhatAllRoundsOfAnArmGave) {
  MadeUpExperiment experiment;
  experiment.remark_ = [](const std::vector<nlohmann::json>& rounds) {
    return fmt::format("{} rounds, the last gave {}", rounds.size(), rounds.back().dump());
  };
  Selection selection{.backends = parse_backends("threads"), .workers = {2}};
  auto results = race(experiment, selection, {1, 1, 0.5});
  results[2].samples.back().metrics = {{"waits", 3}};
  results[0].failure = Failure{"killed", 1};
  const auto told = remarks(experiment, results);
  ASSERT_EQ(told.size(), 1u);  // neither of the arm that failed nor of its second part
  EXPECT_EQ(told[0].result, 2u);
  EXPECT_EQ(told[0].sentence, R"(21 rounds, the last gave {"waits":3})");
}

}  // namespace
}  // namespace parlab
