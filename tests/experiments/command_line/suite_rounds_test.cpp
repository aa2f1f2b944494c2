// What the suite asks for must be able to say something.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "experiments/base/experiment.hpp"
#include "experiments/command_line/race/race_command.hpp"
#include "experiments/measure/verdicts/anytime_interval.hpp"

namespace parlab {
namespace {

TEST(SuiteRounds, AreEnoughForAnIntervalInEveryRace) {
  int races = 0;
  for (const auto& experiment : make_experiments())
    for (const Profile profile : {Profile::quick, Profile::full})
      for (const SuiteEntry& entry : experiment->suite(profile)) {
        const auto& words = entry.arguments;
        const auto option = std::find(words.begin(), words.end(), "--rounds");
        ASSERT_TRUE(option != words.end() && option + 1 != words.end()) << entry.name;
        EXPECT_GE(std::stoi(*(option + 1)), first_look) << entry.name;
        ++races;
      }
  EXPECT_GT(races, 20);
}

TEST(SuiteRounds, AreAskedForByOptionsThatThisBuildTakes) {
  for (const auto& experiment : make_experiments())
    for (const Profile profile : {Profile::quick, Profile::full})
      for (const SuiteEntry& entry : experiment->suite(profile))
        EXPECT_NO_THROW(parse_race(RaceVerb::run, entry.arguments)) << entry.name;
}

}  // namespace
}  // namespace parlab
