#include "experiments/commands/command_race.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parlab {
namespace {

using nlohmann::json;
using testing::HasSubstr;

CommandRace race_by(const char* figure, bool subtracts_startup = false) {
  Command command;
  command.label = "prog";
  command.start.words = {"prog"};
  CommandRules rules;
  rules.figure = figure_named(figure);
  if (subtracts_startup) rules.startup = command.start;
  return {{command}, rules};
}

/// What is remarked on rounds of so many seconds and bytes.
std::string remark_of(const CommandRace& race, const std::vector<double>& seconds, double bytes) {
  std::vector<json> rounds;
  for (const double one : seconds)
    rounds.push_back({{"wall_seconds", one}, {"peak_bytes", bytes}, {"starter_bytes", 4e6}});
  return race.remark(race.workloads().front(), rounds);
}

TEST(CommandRace, TellsThatShortRunsAreMostlyTheirStart) {
  EXPECT_THAT(
      remark_of(race_by("wall"), {0.002, 0.003, 0.1}, 1e7),
      HasSubstr("A run of prog takes 3 ms: below 5 ms much of it is the start of a process"));
  EXPECT_EQ(remark_of(race_by("wall"), {0.002, 0.006, 0.1}, 1e7), "");
  EXPECT_EQ(remark_of(race_by("wall", true), {0.002, 0.003, 0.1}, 1e7), "") << "it is subtracted";
  EXPECT_EQ(remark_of(race_by("wall"), {}, 0), "");
}

TEST(CommandRace, TellsThatLittleMemoryIsNotSeen) {
  EXPECT_THAT(remark_of(race_by("memory"), {1}, 4e6), HasSubstr("is below what can be seen"));
  EXPECT_EQ(remark_of(race_by("memory"), {1}, 5e6), "");
}

TEST(CommandRace, AsksForItsFigure) {
  EXPECT_EQ(race_by("wall").question(), "Which command takes less time?");
  EXPECT_EQ(race_by("memory").question(), "Which command takes less peak memory?");
  EXPECT_EQ(race_by("switches").question(), "Which command takes fewer context switches?");
  EXPECT_EQ(race_by("faults").quantity(), "page faults");
}

}  // namespace
}  // namespace parlab
