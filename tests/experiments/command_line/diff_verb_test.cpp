// parlab diff: what two files say that were not measured together, and what they do not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

using Words = std::vector<std::string>;

/// Result files in a folder, made from one race whose numbers a test changes.
class Diff : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const TemporaryFolder folder;
    ASSERT_EQ(run_parlab({"race", "--rounds", "12", "--quiet", "--json", "race.json", "-n", "ref",
                          "-n", "prog", "--", "sleep 0.01", "--", "sleep 0.01"},
                         folder.path())
                  .code,
              0);
    race_ = read_json(folder.path() / "race.json");
    // Exact times, but for a little noise in the reference.
    for (json& result : race_["results"]) {
      json seconds = json::array();
      for (int round = 0; round < 12; ++round)
        seconds.push_back(result["label"] == "prog" ? 0.01 : 0.01 * (1 + 0.001 * (round % 3 - 1)));
      result["seconds"] = seconds;
    }
    for (json& gate : race_["gates"]) gate["guard"] = 1.0;
  }

  /// The race with the times of one command multiplied.
  static json slowed(const std::string& label, double factor) {
    json document = race_;
    for (json& result : document["results"])
      if (result["label"] == label || result["label"] == label + " again")
        for (json& seconds : result["seconds"]) seconds = factor * seconds.get<double>();
    return document;
  }

  void write(const std::string& name, const json& document) const {
    std::ofstream(folder_.path() / name) << document.dump();
  }

  Ended diff(const Words& more = {}) const {
    Words words = {"diff", "a.json", "b.json"};
    words.insert(words.end(), more.begin(), more.end());
    return run_parlab(words, folder_.path());
  }

  json compared(const std::string& label) const {
    const json document = json::parse(diff({"--json", "-"}).out);
    for (const json& arm : document.at("arms"))
      if (arm.at("label") == label) return arm;
    return nullptr;
  }

  static json race_;
  TemporaryFolder folder_;
};

json Diff::race_;

TEST_F(Diff, SharedReferenceGivesTheRatioOfRatios) {
  write("a.json", race_);
  write("b.json", slowed("prog", 1.5));
  const Ended ended = diff();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, AllOf(HasSubstr("Not measured in the same rounds"),
                               HasSubstr("right if ref is as fast in both"), HasSubstr("slower"),
                               HasSubstr("environment are the same")));
  const json comparison = compared("prog").at("comparison");
  EXPECT_NEAR(comparison.at("ratio"), 1 / 1.5, 1e-9);
  EXPECT_LT(comparison.at("interval").at(0), 1 / 1.5);
  EXPECT_GT(comparison.at("interval").at(1), 1 / 1.5);
  EXPECT_EQ(comparison.at("verdict"), "slower");
}

TEST_F(Diff, WhatSlowsTheReferenceToo) {
  json later = slowed("prog", 2);
  for (json& result : later["results"])
    if (result["label"] != "prog")
      for (json& seconds : result["seconds"]) seconds = 2 * seconds.get<double>();
  write("a.json", race_);
  write("b.json", later);
  EXPECT_NEAR(compared("prog").at("comparison").at("ratio"), 1, 1e-9);
  EXPECT_EQ(compared("prog").at("comparison").at("verdict"), "equivalent");
}

TEST_F(Diff, GuardsOfBothWidenTheInterval) {
  json biased = race_;
  for (json& gate : biased["gates"]) gate["guard"] = 1.2;
  write("a.json", race_);
  write("b.json", biased);
  EXPECT_GT(compared("prog").at("comparison").at("interval").at(1), 1.19);
}

TEST_F(Diff, WithoutASharedReferenceThereIsNoVerdict) {
  json other = slowed("prog", 1.5);
  for (json& result : other["results"])
    if (result["role"] != "arm") result["facts"]["words"] = json({"sleep", "0.02"});
  write("a.json", race_);
  write("b.json", other);
  const Ended ended = diff();
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out,
              AllOf(HasSubstr("no verdict"), HasSubstr("No arm stands in both as a reference"),
                    Not(HasSubstr("B / A"))));
  EXPECT_TRUE(compared("prog").at("comparison").is_null());
}

TEST_F(Diff, ReferenceMayBeNamed) {
  write("a.json", race_);
  write("b.json", slowed("prog", 1.5));
  const Ended ended = diff({"--reference", "prog"});
  EXPECT_THAT(ended.out, AllOf(HasSubstr("right if prog is as fast in both"), HasSubstr("faster")));
  const Ended none = diff({"--reference", "serial"});
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, HasSubstr("a.json has no arm 'serial'"));
}

TEST_F(Diff, OtherMachineHasNoVerdict) {
  json other = slowed("prog", 1.5);
  other["context"]["cpu"] = "another";
  write("a.json", race_);
  write("b.json", other);
  EXPECT_THAT(diff().out, AllOf(HasSubstr("Measured on different machines (cpu:"),
                                HasSubstr("no verdict: other machine")));
  EXPECT_TRUE(compared("prog").at("comparison").at("verdict").is_null());
}

TEST_F(Diff, AnswersAreComparedAndAreTheExitCode) {
  json other = race_;
  for (json& result : other["results"])
    if (result["label"] == "prog") result["answer"]["exit_code"] = 3;
  write("a.json", race_);
  write("b.json", other);
  const Ended ended = diff();
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.out, AllOf(HasSubstr("DIFFERS"),
                               HasSubstr("prog answers {\"exit_code\":0}, now {\"exit_code\":3}")));
}

TEST_F(Diff, VersionsAndEnvironmentAreTold) {
  json other = race_;
  other["context"]["compiler"] = "another";
  other["context"]["environment"]["OMP_NUM_THREADS"] = "1";
  write("a.json", race_);
  write("b.json", other);
  EXPECT_THAT(diff().out, AllOf(HasSubstr("Changed from A to B:"), HasSubstr("  compiler: "),
                                HasSubstr("  environment.OMP_NUM_THREADS: null, now \"1\"")));
}

TEST_F(Diff, FailedAndMissingArmsAreTold) {
  json other = race_;
  for (json& result : other["results"])
    if (result["label"] == "prog")
      result["failure"] = {{"cause", "killed by SIGSEGV"}, {"round", 3}};
  other["results"].push_back(other["results"].back());
  other["results"].back()["label"] = "new";
  write("a.json", race_);
  write("b.json", other);
  EXPECT_THAT(diff().out, AllOf(HasSubstr("prog failed in B: killed by SIGSEGV."),
                                HasSubstr("Only in B: new."), HasSubstr("FAILED")));
}

TEST_F(Diff, HyperfinesFilesAreReadWithoutAVerdict) {
  const json timing = {{"results",
                        {{{"command", "sleep 0.1"}, {"times", {0.1, 0.11}}, {"exit_codes", {0, 0}}},
                         {{"command", "sleep 0.1"}, {"times", {0.2}}, {"exit_codes", {1}}}}}};
  json later = timing;
  later["results"][0]["exit_codes"] = json({2, 2});
  write("a.json", timing);
  write("b.json", later);
  const Ended ended = diff();
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.out,
              AllOf(HasSubstr("105 ms"), HasSubstr("no verdict"), HasSubstr("sleep 0.1 #2"),
                    HasSubstr("sleep 0.1 answers {\"exit_code\":0}, now {\"exit_code\":2}")));
}

TEST_F(Diff, ReadsWhatRaceExportsForHyperfine) {
  ASSERT_EQ(run_parlab({"race", "--rounds", "2", "--quiet", "--export-hyperfine", "a.json", "--",
                        "sleep 0.01"},
                       folder_.path())
                .code,
            0);
  std::filesystem::copy(folder_.path() / "a.json", folder_.path() / "b.json");
  EXPECT_EQ(diff().code, 0);
}

TEST_F(Diff, OfExperimentsAndOtherMetrics) {
  for (const char* name : {"a.json", "b.json"})
    ASSERT_EQ(run_parlab({"run", "pi", "--darts", "1e4", "--backend", "threads", "--rounds", "9",
                          "--quiet", "--json", name},
                         folder_.path())
                  .code,
              0);
  const Ended ended = diff();
  EXPECT_EQ(ended.code, 0) << ended.out;
  EXPECT_THAT(ended.out, HasSubstr("right if serial is as fast in both"));
  json other = read_json(folder_.path() / "b.json");
  other["run"]["metric"] = "cpu_seconds";
  write("b.json", other);
  EXPECT_EQ(diff().code, 2);
  EXPECT_THAT(diff().err, HasSubstr("by one --metric"));
}

TEST_F(Diff, BadFilesAreNamedInOneLine) {
  write("a.json", race_);
  write("b.json", race_);
  const auto complaint = [&](const std::string& text) {
    std::ofstream(folder_.path() / "b.json") << text;
    const Ended ended = diff();
    EXPECT_EQ(ended.code, 2) << text;
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
    EXPECT_EQ(ended.out, "");
    return ended.err;
  };
  EXPECT_THAT(complaint("{"), HasSubstr("b.json: it is not JSON"));
  EXPECT_THAT(complaint("[]"),
              HasSubstr("b.json: it is neither a result of parlab nor of hyperfine"));
  EXPECT_THAT(complaint(R"({"schema": "parlab/1-suite"})"),
              HasSubstr("its schema is \"parlab/1-suite\""));
  EXPECT_THAT(complaint(R"({"schema": "parlab/1"})"), HasSubstr("it is damaged"));
  EXPECT_THAT(complaint(R"({"results": [{"command": "x", "times": [0]}]})"),
              HasSubstr("not above 0"));
  EXPECT_THAT(complaint(R"({"results": []})"), HasSubstr("no arm in common"));
  json negative = race_;
  negative["results"][0]["seconds"][0] = -1;
  EXPECT_THAT(complaint(negative.dump()), HasSubstr("not above 0"));
  std::filesystem::remove(folder_.path() / "b.json");
  EXPECT_THAT(diff().err, HasSubstr("b.json: No such file"));
  EXPECT_EQ(run_parlab({"diff", "a.json"}, folder_.path()).code, 2);
}

}  // namespace
}  // namespace parlab
