// parlab race --git: two commits, built and raced, and nothing of it left.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <fstream>

#include "kernels/posix/process/program.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

using Words = std::vector<std::string>;

/// A repository with a commit for each script, tagged v1, v2, ..., in a folder that also holds TMPDIR.
class GitRace : public testing::Test {
 protected:
  void SetUp() override {
    if (find_program("git").empty()) GTEST_SKIP() << "there is no git";
    fs::create_directories(project());
    fs::create_directories(temporary());
    git({"init", "-q", "."});
  }

  fs::path project() const { return folder_.path() / "project"; }
  fs::path temporary() const { return folder_.path() / "tmp"; }

  std::string git(const Words& words) const {
    Program program{.words = {"git", "-C", project(), "-c", "user.name=test", "-c",
                              "user.email=test@example.org"}};
    program.words.insert(program.words.end(), words.begin(), words.end());
    const ProgramOutput output = output_of(program, 1 << 16);
    EXPECT_TRUE(output.status.success()) << output.text;
    return output.text;
  }

  void commit(const std::string& script, const std::string& place = "script") {
    fs::create_directories((project() / place).parent_path());
    std::ofstream(project() / place) << script;
    git({"add", "."});
    git({"commit", "-qm", "Change " + place});
    git({"tag", "v" + std::to_string(++commits_)});
  }

  ParlabProgram start(Words words, const std::string& place = "") const {
    words.insert(words.begin(), {"race", "--json", folder_.path() / "race.json"});
    return ParlabProgram(words, project() / place,
                         {.variables = {"TMPDIR=" + temporary().string()}});
  }

  Ended race(const Words& words, const std::string& place = "") const {
    return start(words, place).wait();
  }

  json result(std::size_t number) const {
    return read_json(folder_.path() / "race.json").at("results").at(number);
  }

  /// That neither the checkout nor git nor the temporary folder shows a trace.
  void expect_untouched(const std::string& status = "") const {
    EXPECT_EQ(git({"status", "--porcelain"}), status);
    EXPECT_EQ(git({"worktree", "list"}).find('\n'), git({"worktree", "list"}).size() - 1);
    EXPECT_TRUE(fs::is_empty(temporary()));
  }

  TemporaryFolder folder_;

 private:
  int commits_ = 0;
};

TEST_F(GitRace, CommitsAreBuiltAndRacedAndTheCheckoutIsUntouched) {
  commit("sleep 0.005; echo one");
  commit("sleep 0.2; echo two");
  std::ofstream(project() / "script") << "exit 3";  // not committed
  const Ended ended =
      race({"--git", "v1..v2", "--build", "cp script built", "--rounds", "8", "--", "sh built"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, AllOf(HasSubstr("v1 "), HasSubstr("v2 ")));
  EXPECT_EQ(result(2).at("facts").at("commit").get<std::string>() + "\n", git({"rev-parse", "v2"}));
  EXPECT_GE(result(2).at("seconds").at(0), 0.2);
  expect_untouched(" M script\n");
}

TEST_F(GitRace, CommitThatDoesNotBuildIsANamedFailure) {
  commit("exit 0");
  commit("echo broken >&2; exit 7");
  const Ended ended =
      race({"--git", "v1..v2", "--build", "sh script", "--rounds", "2", "--", "true"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err,
              AllOf(HasSubstr("v2 "), HasSubstr("--build ended with exit code 7: broken")));
  EXPECT_TRUE(result(0).at("ok"));
  EXPECT_EQ(result(0).at("seconds").size(), 2U);
  expect_untouched();
}

TEST_F(GitRace, RunsInTheSameFolderOfEachCommit) {
  commit("echo one", "below/script");
  commit("echo two", "below/script");
  const Ended ended =
      race({"--git", "v1..", "--same-output", "--rounds", "1", "--", "sh script"}, "below");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("its output differs from that of v1 "));
  expect_untouched();
}

TEST_F(GitRace, CommandsAndListsRunInEachCommit) {
  commit("exit 0");
  commit("exit 0; ");
  const Ended ended =
      race({"--git", "v1..v2", "--rounds", "1", "-L", "x", "1,2", "--", "sh script {x}"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, AllOf(HasSubstr(": sh script 1"), HasSubstr(": sh script 2")));
}

TEST_F(GitRace, InterruptedBuildLeavesNothing) {
  commit("exit 0");
  commit("setsid sleep 100 & sleep 101");
  ParlabProgram program = start({"--git", "v1..v2", "--build", "sh script", "--", "true"});
  ASSERT_TRUE(becomes_true([&] { return program.descendants().size() >= 4; }));
  program.signal(SIGINT);
  EXPECT_EQ(program.wait().code, 130);
  EXPECT_THAT(program.descendants(), IsEmpty());
  expect_untouched();
}

TEST_F(GitRace, WhatIsNoRangeIsBadInput) {
  commit("exit 0");
  for (const auto& [range, complaint] :
       {std::pair("v1", "is not a range"), std::pair("v1...v1", "is not a range"),
        std::pair("..v1", "is not a range"), std::pair("v1..v1", "are the same commit"),
        std::pair("v1..none", "no commit 'none'"), std::pair("--help..v1", "is not a range")}) {
    const Ended ended = race({"--git", range, "--", "true"});
    EXPECT_EQ(ended.code, 2) << range;
    EXPECT_THAT(ended.err, HasSubstr(complaint)) << range;
  }
  expect_untouched();
  const TemporaryFolder elsewhere;
  const Ended ended = run_parlab({"race", "--git", "a..b", "--", "true"}, elsewhere.path());
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("not a git repository"));
  EXPECT_THAT(run_parlab({"race", "--build", "make", "--", "true"}).err, HasSubstr("--git"));
}

}  // namespace
}  // namespace parlab
