// parlab race: commands as arms, what a failure of one does to the others, and bad input.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <iterator>

#include "kernels/machine/processors/processor_set.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using Words = std::vector<std::string>;

struct Raced {
  Ended ended;
  json document;
  std::vector<pid_t> left;

  const json& result(const std::string& label) const {
    for (const json& result : document.at("results"))
      if (result.at("label") == label) return result;
    throw std::out_of_range("no command " + label);
  }
  std::string cause(const std::string& label) const {
    return result(label).at("failure").is_null() ? "" : result(label).at("failure").at("cause");
  }
};

/// `parlab race` with the words, a result file and few rounds.
Raced race(const Words& words, const std::string& rounds = "2") {
  const TemporaryFolder folder;
  Words all = {"race", "--json", "race.json", "--rounds", rounds};
  all.insert(all.end(), words.begin(), words.end());
  ParlabProgram program(all, folder.path());
  Ended ended = program.wait();
  json document = std::filesystem::exists(folder.path() / "race.json")
                      ? read_json(folder.path() / "race.json")
                      : json();
  return {std::move(ended), std::move(document), program.descendants()};
}

TEST(RaceVerb, TimesAreThoseOfThePrograms) {
  const Raced raced = race({"--", "sleep 0.005", "--", "sleep", "0.2"}, "9");
  EXPECT_EQ(raced.ended.code, 0) << raced.ended.err;
  EXPECT_THAT(raced.ended.out,
              AllOf(HasSubstr("sleep 0.005 again"), HasSubstr("In these rounds, sleep 0.2")));
  const json& slow = raced.result("sleep 0.2");
  EXPECT_LT(slow.at("comparison").at("ratio"), 0.5);
  EXPECT_GE(slow.at("seconds").at(0), 0.2);
  EXPECT_EQ(slow.at("answer"), json({{"exit_code", 0}}));
  EXPECT_EQ(slow.at("facts").at("words"), json({"sleep", "0.2"}));
  EXPECT_EQ(slow.at("metrics").at("page_faults").size(), 9U);
  EXPECT_EQ(raced.document.at("schema"), "parlab/1");
  EXPECT_EQ(raced.document.at("run").at("metric"), "seconds");
}

TEST(RaceVerb, VerdictIsOnTheFigureAskedFor) {
  // Both sleep as long, and one computes besides.
  const char busy[] = "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done";
  const Raced raced =
      race({"--metric", "cpu", "-n", "idle", "-n", "busy", "--", "sleep 0.02", "--", busy}, "9");
  EXPECT_EQ(raced.result("busy").at("comparison").at("verdict"), "slower") << raced.ended.out;
  EXPECT_THAT(raced.ended.out, HasSubstr("the CPU time of idle"));
  const double cpu = raced.result("busy").at("metrics").at("cpu_seconds").at(0);
  EXPECT_DOUBLE_EQ(raced.result("busy").at("each_round").at("cpu_seconds").at(0), cpu);
  const Raced faults = race({"--metric", "faults", "--", "true", "--", "ls"}, "9");
  EXPECT_THAT(faults.ended.out, AllOf(HasSubstr("takes fewer page faults"), HasSubstr("  more")));
}

TEST(RaceVerb, FailedCommandLeavesTheOthersMeasuredAndNothingBehind) {
  const Raced raced = race({"--timeout", "3", "--", "true", "--", "no-such-program-as-this", "--",
                            "exit 3", "--", "kill -9 $$", "--", "setsid sleep 100 &", "--",
                            "sleep 101 | cat", "--", "echo why >&2; exit 4", "--", "sleep 0.01"});
  EXPECT_EQ(raced.ended.code, 1);
  EXPECT_THAT(raced.left, IsEmpty());
  EXPECT_THAT(raced.cause("no-such-program-as-this"), HasSubstr("exit code 127 instead of 0: sh:"));
  EXPECT_EQ(raced.cause("exit 3"), "exit code 3 instead of 0");
  EXPECT_EQ(raced.cause("kill -9 $$"), "killed by SIGKILL");
  EXPECT_THAT(raced.cause("setsid sleep 100 &"),
              HasSubstr("left a process behind when it ended: "));
  EXPECT_EQ(raced.cause("sleep 101 | cat"), "did not end within 3 s (--timeout)");
  EXPECT_EQ(raced.cause("echo why >&2; exit 4"), "exit code 4 instead of 0: why");
  for (const char* whole : {"true", "true again", "sleep 0.01"}) {
    EXPECT_EQ(raced.cause(whole), "");
    EXPECT_EQ(raced.result(whole).at("seconds").size(), 2U);
  }
}

TEST(RaceVerb, BaselineThatFailsLeavesTheOthersMeasured) {
  const Raced raced = race({"--", "false", "--", "true"});
  EXPECT_EQ(raced.ended.code, 1);
  EXPECT_EQ(raced.result("true").at("seconds").size(), 2U);
  EXPECT_TRUE(raced.result("true").at("comparison").is_null());
}

TEST(RaceVerb, ExitCodeMayBeAskedForOrTheFirstCommands) {
  EXPECT_EQ(race({"--exit-code", "1", "--", "false", "--", "exit 1"}).ended.code, 0);
  EXPECT_EQ(race({"--exit-code", "same", "--", "false", "--", "exit 1"}).ended.code, 0);
  const Raced raced = race({"--exit-code", "same", "--", "exit 5", "--", "false"});
  EXPECT_EQ(raced.ended.code, 1);
  EXPECT_EQ(raced.cause("exit 5"), "");
  EXPECT_EQ(raced.cause("false"), "exit code 1 instead of 5, that of exit 5");
}

TEST(RaceVerb, OutputsAreComparedWhereThatIsAskedFor) {
  const Words three = {"--", "printf abc", "--", "printf 'ab'; printf c",
                       "--", "printf abd", "--", "echo"};
  EXPECT_EQ(race(three).ended.code, 0);
  Words same = three;
  same.insert(same.begin(), "--same-output");
  const Raced raced = race(same);
  EXPECT_EQ(raced.ended.code, 1);
  EXPECT_EQ(raced.cause("printf 'ab'; printf c"), "");
  EXPECT_EQ(raced.cause("printf abd"), "its output differs from that of printf abc: 3 other bytes");
  EXPECT_EQ(raced.cause("echo"), "its output differs from that of printf abc: 1 bytes, not 3");
}

TEST(RaceVerb, OutputIsComparedWithTheFirstCommandThatWorks) {
  const Raced raced = race({"--same-output", "--no-shell", "--", "no-such-program-as-this", "--",
                            "echo a", "--", "echo b"});
  EXPECT_THAT(raced.cause("no-such-program-as-this"), HasSubstr("on PATH"));
  EXPECT_EQ(raced.cause("echo a"), "");
  EXPECT_EQ(raced.cause("echo b"), "its output differs from that of echo a: 2 other bytes");
}

TEST(RaceVerb, HugeOutputFillsNeitherMemoryNorDisk) {
  const Raced raced = race({"--same-output", "--", "head -c 300000000 /dev/zero"}, "1");
  EXPECT_EQ(raced.ended.code, 0) << raced.ended.err;
  EXPECT_EQ(raced.result("head -c 300000000 /dev/zero").at("answer").at("output_bytes"),
            300'000'000);
}

TEST(RaceVerb, WhatStandsBesideRunsIsNotTimed) {
  const TemporaryFolder folder;
  const std::string log = folder.path() / "log";
  const Raced raced =
      race({"--setup", "echo setup >>" + log, "--prepare", "sleep 0.3; echo prepare >>" + log,
            "--conclude", "echo conclude >>" + log, "--warmup", "2", "-n", "run", "--",
            "sleep 0.02; echo run >>" + log},
           "2");
  EXPECT_EQ(raced.ended.code, 0) << raced.ended.err;
  const std::vector<double> seconds = raced.result("run").at("seconds");
  EXPECT_LT(*std::ranges::min_element(seconds), 0.3);
  std::ifstream lines(log);
  const std::vector<std::string> all{std::istream_iterator<std::string>(lines), {}};
  ASSERT_EQ(all.front(), "setup");
  // The baseline and itself again: two warm-ups and two samples of one run each.
  ASSERT_EQ(all.size(), 1U + 3 * 8);
  for (std::size_t i = 1; i < all.size(); i += 3)
    EXPECT_EQ(all[i] + all[i + 1] + all[i + 2], "preparerunconclude") << i;
}

TEST(RaceVerb, WhatStandsBesideRunsAndFailsIsTheArmsFailure) {
  EXPECT_EQ(race({"--setup", "exit 2", "--", "true"}).cause("true"),
            "--setup ended with exit code 2");
  EXPECT_EQ(race({"--prepare", "echo no >&2; exit 2", "--", "true"}).cause("true"),
            "--prepare ended with exit code 2: no");
}

TEST(RaceVerb, StartUpIsSubtractedOnlyWhereAskedFor) {
  const Raced raced = race({"--subtract-startup", "--", "sleep 0.05"}, "3");
  const json& result = raced.result("sleep 0.05");
  for (std::size_t round = 0; round < 3; ++round) {
    const double whole = result.at("metrics").at("wall_seconds").at(round);
    const double start = result.at("metrics").at("startup_seconds").at(round);
    EXPECT_GT(start, 1e-5);
    EXPECT_NEAR(result.at("seconds").at(round), whole - start, 1e-9);
  }
}

TEST(RaceVerb, CommandsGetTheirFileAndNoTerminal) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "input") << "given";
  const std::string input = folder.path() / "input";
  EXPECT_EQ(race({"--same-output", "--stdin", input, "--", "cat", "--", "printf given"}).ended.code,
            0);
  EXPECT_EQ(race({"--same-output", "--", "cat", "--", "true"}).ended.code, 0);  // /dev/null
}

TEST(RaceVerb, LabelsAreShortAndUnlike) {
  const Raced raced = race({"-n", "first", "--", "true", "--", "true", "--", "true", "--", "true",
                            std::string(60, 'x')});
  EXPECT_EQ(raced.cause("first"), "");
  EXPECT_EQ(raced.cause("true"), "");
  EXPECT_EQ(raced.cause("true #2"), "");
  EXPECT_EQ(raced.cause("true " + std::string(32, 'x') + "..."), "");
}

TEST(RaceVerb, ListsAreMultipliedOut) {
  const Raced raced = race({"-L", "t", "0.01,0.03", "-L", "word", "a,b", "--env", "WORD={word}",
                            "--same-output", "-n", "sleep {t}", "--", "sleep {t}; echo $WORD"});
  EXPECT_EQ(raced.ended.code, 1);  // of the outputs of b
  EXPECT_EQ(raced.cause("sleep 0.01 word=a"), "");
  EXPECT_EQ(raced.cause("sleep 0.03 word=a"), "");
  EXPECT_THAT(raced.cause("sleep 0.03 word=b"), HasSubstr("its output differs"));
  EXPECT_GE(raced.result("sleep 0.03 word=a").at("seconds").at(0), 0.03);
  EXPECT_EQ(raced.result("sleep 0.03 word=a").at("facts").at("parameters"),
            json({{"t", "0.03"}, {"word", "a"}}));
}

TEST(RaceVerb, VariablesAreSetAndUnset) {
  const Raced raced = race({"--env", "PARLAB_TEST_A=1 2", "--env", "HOME", "--same-output", "--",
                            "echo \"$PARLAB_TEST_A$HOME\"", "--", "echo '1 2'"});
  EXPECT_EQ(raced.ended.code, 0) << raced.ended.err;
}

TEST(RaceVerb, PinnedCommandsRunOnThoseProcessors) {
  const std::string last = std::to_string(processors_at_start().numbers().back());
  const Raced raced = race({"--pin", last, "--same-output", "--", "nproc", "--", "echo 1"});
  EXPECT_EQ(raced.ended.code, 0) << raced.ended.err;
}

TEST(RaceVerb, HyperfinesFormatIsWritten) {
  const TemporaryFolder folder;
  const Ended ended = run_parlab({"race", "--rounds", "3", "--exit-code", "3", "--export-hyperfine",
                                  "h.json", "-L", "t", "0.01,0.02", "--", "sleep {t}; exit 3"},
                                 folder.path());
  EXPECT_EQ(ended.code, 0) << ended.err;
  const json results = read_json(folder.path() / "h.json").at("results");
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[1].at("command"), "sleep 0.02; exit 3");
  EXPECT_EQ(results[1].at("parameters"), json({{"t", "0.02"}}));
  EXPECT_EQ(results[1].at("exit_codes"), json({3, 3, 3}));
  const std::vector<double> times = results[1].at("times");
  ASSERT_EQ(times.size(), 3U);
  EXPECT_NEAR(results[1].at("mean"), (times[0] + times[1] + times[2]) / 3, 1e-12);
  EXPECT_EQ(results[1].at("min"), *std::ranges::min_element(times));
  EXPECT_GT(results[1].at("stddev"), 0);
}

TEST(RaceVerb, InterruptedRaceLeavesNoProcess) {
  ParlabProgram program({"race", "--", "setsid sleep 100; true", "--", "sleep 101 | cat"});
  ASSERT_TRUE(becomes_true([&] { return program.descendants().size() >= 3; }));
  program.signal(SIGINT);
  EXPECT_EQ(program.wait().code, 130);
  EXPECT_THAT(program.descendants(), IsEmpty());
}

struct BadCommands {
  Words words;
  const char* complaint;
};

class BadRace : public testing::TestWithParam<BadCommands> {};

TEST_P(BadRace, IsOneLineAndExitCodeTwo) {
  const Raced raced = race(GetParam().words);
  EXPECT_EQ(raced.ended.code, 2);
  EXPECT_THAT(raced.ended.err, HasSubstr(GetParam().complaint));
  EXPECT_EQ(std::ranges::count(raced.ended.err, '\n'), 1) << raced.ended.err;
  EXPECT_EQ(raced.ended.out, "");
  EXPECT_TRUE(raced.document.is_null());
}

INSTANTIATE_TEST_SUITE_P(
    All, BadRace,
    testing::Values(
        BadCommands{{}, "race: there is no command"}, BadCommands{{"sleep 1"}, "option of race"},
        BadCommands{{"--"}, "a command is empty"},
        BadCommands{{"--", "true", "--"}, "a command is empty"},
        BadCommands{{"--", "  "}, "a command is empty"},
        BadCommands{{"--metric", "walls", "--", "true"}, "did you mean 'wall'"},
        BadCommands{{"-n", "a", "-n", "b", "--", "true"}, "2 names (-n) for 1 commands"},
        BadCommands{{"--shell", "--no-shell", "--", "true"}, "contradict"},
        BadCommands{{"--exit-code", "256", "--", "true"}, "--exit-code"},
        BadCommands{{"--warmup", "0", "--", "true"}, "--warmup"},
        BadCommands{{"--no-shell", "--", "echo 'a"}, "is not closed"},
        BadCommands{{"-L", "t", "1,2", "--", "true"}, "no command holds {t}"},
        BadCommands{{"-L", "t", "1,1", "--", "sleep {t}"}, "1"},
        BadCommands{{"-L", "t", "1", "-L", "t", "2", "--", "sleep {t}"}, "stands twice"},
        BadCommands{{"--env", "=1", "--", "true"}, "has no name"},
        BadCommands{{"--stdin", "/nowhere/file", "--", "cat"}, "cannot read /nowhere/file"},
        BadCommands{{"--stdin", "/etc", "--", "cat"}, "/etc is a folder"},
        BadCommands{{"--pin", "8000", "--", "true"}, "may not run on processor 8000"},
        BadCommands{{"--pin", "1-0", "--", "true"}, "is an empty range"},
        BadCommands{{"--build", "make", "--", "true"}, "--git"},
        BadCommands{{"--export-hyperfine", "none/h.json", "--", "true"}, "none"},
        BadCommands{{"--timeout", "0", "--", "true"}, "--timeout"}));

}  // namespace
}  // namespace parlab
