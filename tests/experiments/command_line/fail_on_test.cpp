// --fail-on and --markdown of run, compare and race: for programs that decide by exit code.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

using Words = std::vector<std::string>;

/// Two commands of which the second has twice the page faults, with further options: that is so
/// however busy the machine is.
Words more_in_second(Words options) {
  options.insert(options.begin(), {"race", "--metric", "faults"});
  options.insert(options.end(), {"--", "true", "--", "ls /usr/bin"});
  return options;
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(FailOn, SlowerBeyondTheLimitIsExitCodeThree) {
  const TemporaryFolder folder;
  const Ended ended = run_parlab(
      more_in_second({"--rounds", "10", "--fail-on", "slower=50%", "--json", "r.json", "--quiet"}),
      folder.path());
  EXPECT_EQ(ended.code, 3);
  EXPECT_THAT(ended.err, HasSubstr("parlab: Beyond the limit, over the baseline's page faults by "
                                   "more than 50 %: ls /usr/bin 0."));
  const json limit = read_json(folder.path() / "r.json").at("limit");
  EXPECT_EQ(limit.at("slower"), 0.5);
  EXPECT_EQ(limit.at("exit_code"), 3);
  EXPECT_EQ(limit.at("arms").at(0).at("side"), "beyond");
  EXPECT_EQ(limit.at("arms").at(0).at("result"), 2);
}

TEST(FailOn, WithinTheLimitIsExitCodeZero) {
  const Ended ended = run_parlab(more_in_second({"--rounds", "10", "--fail-on", "slower=900%"}));
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(
      ended.out,
      HasSubstr("Within the limit: no arm is over the baseline's page faults by more than 900 %"));
}

TEST(FailOn, WhatCannotBeToldIsExitCodeFourWhereAskedFor) {
  const Ended quiet = run_parlab(more_in_second({"--rounds", "2", "--fail-on", "slower"}));
  EXPECT_EQ(quiet.code, 0);
  EXPECT_THAT(
      quiet.out,
      HasSubstr("Not told whether over the baseline's page faults by more than 3 %: ls /usr/bin"));
  const Ended ended =
      run_parlab(more_in_second({"--rounds", "2", "--fail-on", "slower", "--fail-on-unresolved"}));
  EXPECT_EQ(ended.code, 4);
  EXPECT_THAT(ended.err, HasSubstr("Not told whether"));
}

TEST(FailOn, AFailedArmIsExitCodeOne) {
  Words words = more_in_second({"--rounds", "10", "--fail-on", "slower"});
  words.insert(words.end(), {"--", "false"});
  EXPECT_EQ(run_parlab(words).code, 1);
}

TEST(FailOn, RunAndCompareHaveItToo) {
  // To fork a process for each run takes longer than so few darts do.
  EXPECT_EQ(run_parlab({"run", "pi", "--backend", "serial", "--darts", "1e4", "--rounds", "2",
                        "--fail-on", "slower", "--quiet"})
                .code,
            0);
  EXPECT_EQ(run_parlab({"compare", "pi", "--backend", "serial,processes", "--workers", "1",
                        "--darts", "1e3", "--budget", "60s", "--fail-on", "slower=10%", "--quiet"})
                .code,
            3);
}

TEST(FailOn, GoesOnUntilItIsToldOrTheBudgetEnds) {
  const TemporaryFolder folder;
  const Ended ended =
      run_parlab(more_in_second({"--budget", "20s", "--fail-on", "slower=50%", "--json", "r.json"}),
                 folder.path());
  EXPECT_EQ(ended.code, 3);
  EXPECT_THAT(ended.out, HasSubstr("Every comparison is decided"));
}

TEST(Markdown, HasTheTableTheSentencesAndFailures) {
  const TemporaryFolder folder;
  const Ended ended =
      run_parlab({"race", "--metric", "faults", "--rounds", "8", "--fail-on", "slower=50%",
                  "--markdown", "race.md", "--quiet", "--", "true | true", "--",
                  "for i in 1 2 3 4 5 6; do ls /usr/bin; done", "--", "echo '<b>' >&2; exit 3"},
                 folder.path());
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(text_of(folder.path() / "race.md"),
              AllOf(HasSubstr("### Which command takes fewer page faults?\n"),
                    HasSubstr("| command | median"), HasSubstr("| --- | ---: |"),
                    HasSubstr("| true \\| true again |"),
                    HasSubstr("**Beyond the limit, over the baseline"),
                    HasSubstr("failed: exit code 3 instead of 0: \\<b\\>."),
                    HasSubstr("parlab race --metric faults")));
  EXPECT_EQ(folder.files(), Words{"race.md"});
}

TEST(Markdown, OfAnExperiment) {
  const TemporaryFolder folder;
  EXPECT_EQ(run_parlab({"run", "pi", "--backend", "serial", "--darts", "1e4", "--rounds", "1",
                        "--markdown", "pi.md"},
                       folder.path())
                .code,
            0);
  EXPECT_THAT(text_of(folder.path() / "pi.md"), HasSubstr("| serial again |"));
}

struct Bad {
  Words options;
  const char* complaint;
};

class BadLimit : public testing::TestWithParam<Bad> {};

TEST_P(BadLimit, IsOneLineAndExitCodeTwo) {
  const TemporaryFolder folder;
  const Ended ended = run_parlab(more_in_second(GetParam().options), folder.path());
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr(GetParam().complaint));
  EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
  EXPECT_TRUE(folder.files().empty());
}

INSTANTIATE_TEST_SUITE_P(All, BadLimit,
                         testing::Values(Bad{{"--fail-on", "faster"}, "slower"},
                                         Bad{{"--fail-on", "slower=5"}, "is not a percentage"},
                                         Bad{{"--fail-on", "slower=x%"}, "is not a percentage"},
                                         Bad{{"--fail-on", "slower=-1%"}, "is not a percentage"},
                                         Bad{{"--fail-on", "slower="}, "is not a percentage"},
                                         Bad{{"--fail-on", "slower=nan%"}, "is not a percentage"},
                                         Bad{{"--fail-on-unresolved"}, "add --fail-on"},
                                         Bad{{"--markdown", "none/race.md"}, "none"}));

}  // namespace
}  // namespace parlab
