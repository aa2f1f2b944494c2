#include "experiments/doctor/calibration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// As an interval of a ratio says, at so many rounds.
Comparison seen(int rounds, double low, double high, Verdict verdict = Verdict::not_resolved) {
  Comparison comparison{};
  comparison.rounds_taken = rounds;
  comparison.interval = {low, high};
  comparison.verdict = verdict;
  return comparison;
}

TEST(Calibration, CountsWhatEachLookTold) {
  std::vector<PlantedSlowdown> planted = {{.planted = 0}, {.planted = 0.03}, {.planted = 0.1}};
  // 3 % more work is 0.9709 of the speed, 10 % is 0.9091.
  add_race(planted,
           {{seen(7, 0.9, 1.1), seen(7, 0.95, 1.01), seen(7, 0.8, 0.99)},
            {seen(9, 0.97, 1.02), seen(9, 0.96, 0.98), seen(9, 0.9, 0.92, Verdict::slower)}});
  add_race(planted, {{seen(7, 1.01, 1.1), seen(7, 1.02, 1.03), seen(7, 0.7, 0.8)},
                     {seen(9, 0.97, 1.02), seen(9, 0.9, 1.02), seen(9, 0.9, 0.92)}});

  EXPECT_EQ(planted[0].races, 2);
  EXPECT_EQ(planted[0].told, 1) << "one side or the other, where none was planted";
  EXPECT_EQ(planted[0].missed, 1);
  EXPECT_EQ(planted[0].wrong_side, 0);

  EXPECT_EQ(planted[1].told, 1) << "the second race saw it on the wrong side";
  EXPECT_THAT(planted[1].rounds, ElementsAre(9));
  EXPECT_EQ(planted[1].wrong_side, 1);
  EXPECT_EQ(planted[1].missed, 1);
  EXPECT_EQ(planted[1].called_slower, 0);

  EXPECT_EQ(planted[2].told, 2);
  EXPECT_THAT(planted[2].rounds, ElementsAre(7, 7));
  EXPECT_EQ(planted[2].missed, 1);
  EXPECT_EQ(planted[2].called_slower, 1);
}

TEST(Calibration, NamesTheSmallestSlowDownFromWhichOnAllAreTold) {
  CalibratedArm arm{.executor = {"threads", "static", 2}, .size = 1000, .sample_seconds = 0.02};
  arm.planted = {
      {.planted = 0, .races = 4},
      {.planted = 0.01, .races = 4, .told = 4, .rounds = {7, 7, 7, 7}},
      {.planted = 0.03, .races = 4, .told = 2, .rounds = {16, 21}},
      {.planted = 0.05, .races = 4, .told = 3, .called_slower = 2, .rounds = {9, 12, 21}},
      {.planted = 0.1, .races = 4, .told = 4, .rounds = {7, 7, 7, 9}}};
  const std::string text = calibration_text({.arms = {arm}, .rounds = 21});
  EXPECT_THAT(text,
              HasSubstr("threads:static x2, samples of 0.02 s: most races detect 5 % or more, "
                        "in 12 rounds.\n"));
  EXPECT_THAT(text, HasSubstr("0 of 4 races saw a difference"));
  EXPECT_THAT(text, HasSubstr("      5 %          3 of 4      12         2 of 4"));
  for (PlantedSlowdown& slow_down : arm.planted) slow_down.told = 0;
  EXPECT_THAT(calibration_text({.arms = {arm}, .rounds = 21}),
              HasSubstr("most races detect none of these slow-downs"));
}

TEST(Calibration, RacesRealArmsWithTheSlowDownsAsked) {
  const Ended ended = run_parlab({"doctor", "--calibrate", "--budget", "1s", "--json"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const auto found = nlohmann::json::parse(ended.out).at("calibration");
  ASSERT_GE(found.at("arms").size(), 1u);
  EXPECT_EQ(found.at("arms")[0].at("backend"), "serial");
  for (const auto& arm : found.at("arms")) {
    EXPECT_GT(arm.at("sample_seconds"), 0);
    std::vector<double> planted;
    for (const auto& slow_down : arm.at("planted")) {
      planted.push_back(slow_down.at("planted"));
      EXPECT_GE(slow_down.at("races"), 1);
      EXPECT_LE(slow_down.at("told"), slow_down.at("races"));
      EXPECT_EQ(slow_down.at("rounds").size(), slow_down.at("told"));
      for (const int rounds : slow_down.at("rounds")) EXPECT_GE(rounds, 7);
    }
    EXPECT_THAT(planted, ElementsAre(0, 0.01, 0.03, 0.05, 0.1));
  }
}

TEST(Calibration, RefusesABudgetThatHasNoUse) {
  for (const auto& [words, complaint] :
       {std::pair<std::vector<std::string>, const char*>{{"doctor", "--budget", "5s"},
                                                         "--calibrate"},
        {{"doctor", "--calibrate", "--budget", "-1s"}, "--budget"},
        {{"doctor", "--calibrate", "--budget", "soon"}, "--budget"}}) {
    const Ended refused = run_parlab(words);
    EXPECT_EQ(refused.code, 2);
    EXPECT_EQ(refused.out, "");
    EXPECT_THAT(refused.err, HasSubstr(complaint));
  }
}

}  // namespace
}  // namespace parlab
