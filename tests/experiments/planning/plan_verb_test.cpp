// parlab plan, as users call it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kernels/machine/usable_cores.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"
#include "tests/experiments/command_line/ranks/rank_checks.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using Words = std::vector<std::string>;

/// A network, so that nothing is measured between ranks.
const Words network{"--latency", "2", "--bandwidth", "10"};

Ended planned(Words words) {
  words.insert(words.begin(), "plan");
  return run_parlab(words);
}

json plan_of(Words words) {
  words.insert(words.end(), {"--json", "-", "--quiet"});
  const Ended ended = planned(words);
  EXPECT_EQ(ended.code, 0) << ended.err;
  return json::parse(ended.out);
}

TEST(PlanVerb, PlansForManyRanksFromAFewChunks) {
  for (const Words& loop : {Words{"pi", "--size", "1e12"},
                            {"primes", "--algorithm", "sieve", "--size=1e12"},
                            {"primes", "--from", "1e6", "--to", "1e9"},
                            {"primes", "--algorithm", "trial", "--to", "1e8"}}) {
    Words words = loop;
    words.insert(words.end(), network.begin(), network.end());
    words.insert(words.end(), {"--ranks", "1,10,1000,1e5"});
    const json plan = plan_of(words);
    EXPECT_EQ(plan["schema"], "parlab/1-plan");
    EXPECT_EQ(plan["experiment"], loop.front());
    EXPECT_GE(plan["sample"]["rates"].size(), 2u);
    EXPECT_EQ(plan["costs"]["latency_seconds"], 2e-6);
    ASSERT_EQ(plan["plans"].size(), 4u);
    for (const json& one : plan["plans"]) {
      EXPECT_EQ(one["cores"], one["ranks"]);
      EXPECT_GT(one["seconds"], 0);
      EXPECT_GT(one["core_hours"], 0);
      EXPECT_NE(one["limit"], "");
      EXPECT_TRUE(one["error"].is_null());
      for (const json& tried : one["tried"])
        EXPECT_GE(tried["seconds"].get<double>() * 1.01, one["seconds"].get<double>());
    }
    EXPECT_LT(plan["plans"][1]["seconds"], plan["plans"][0]["seconds"]);
    EXPECT_LT(plan["plans"][2]["seconds"], plan["plans"][1]["seconds"]);
  }
}

TEST(PlanVerb, KeepsToTheGrainScheduleAndCoresAskedFor) {
  Words words{"pi",  "--size",     "1e10",    "--ranks", "64", "--grain",
              "1e6", "--schedule", "dynamic", "--cores", "4"};
  words.insert(words.end(), network.begin(), network.end());
  const json plan = plan_of(words);
  const json& one = plan["plans"][0];
  EXPECT_EQ(one["grain"], 1'000'000);
  EXPECT_EQ(one["schedule"], "dynamic");
  EXPECT_EQ(one["cores"], 4);
  EXPECT_EQ(one["tried"].size(), 1u);
}

TEST(PlanVerb, TakesWhatMessagesCostFromAResultFile) {
  const TemporaryFolder folder;
  const json messages{{"latency_seconds", {{"value", 5e-6}}},
                      {"bytes_per_second", {{"value", 2e9}}}};
  std::ofstream(folder.path() / "scaling.json")
      << json{{"schema", "parlab/1"}, {"scaling", {{"messages", messages}}}};
  const json plan = plan_of({"pi", "--size", "1e9", "--ranks", "8", "--from-result",
                             (folder.path() / "scaling.json").string()});
  EXPECT_EQ(plan["costs"]["latency_seconds"], 5e-6);
  EXPECT_EQ(plan["costs"]["seconds_per_byte"], 1 / 2e9);
  std::ofstream(folder.path() / "none.json") << json{{"schema", "parlab/1"}};
  std::ofstream(folder.path() / "other.json") << "{]";
  for (const char* name : {"none.json", "other.json", "missing.json"}) {
    const Ended ended =
        planned({"pi", "--size", "1e9", "--from-result", (folder.path() / name).string()});
    EXPECT_EQ(ended.code, 2) << name;
    EXPECT_THAT(ended.err, HasSubstr(name));
  }
}

TEST(PlanVerb, HoldsItsPlansToRunsOnThisMachine) {
  if (const std::string why = why_no_ranks(); !why.empty()) GTEST_SKIP() << why;
  const json plan =
      plan_of({"primes", "--algorithm", "sieve", "--size", "1e8", "--ranks", "1,3", "--validate"});
  EXPECT_EQ(plan["costs"]["from"], "two ranks on this machine");
  for (const json& one : plan["plans"]) {
    EXPECT_EQ(one["cores"], usable_cores());
    std::vector<double> seconds = one["measured_seconds"];
    ASSERT_FALSE(seconds.empty());
    std::ranges::sort(seconds);
    EXPECT_GT(seconds.front(), 0);
    EXPECT_GE(one["error"].get<double>(),
              one["seconds"].get<double>() / seconds.back() - 1 - 1e-12);
    EXPECT_LE(one["error"].get<double>(),
              one["seconds"].get<double>() / seconds.front() - 1 + 1e-12);
  }
}

TEST(PlanVerb, SaysWhatLimitsInATable) {
  Words words{"pi", "--size", "1e9", "--ranks", "1,1000"};
  words.insert(words.end(), network.begin(), network.end());
  const Ended ended = planned(words);
  EXPECT_EQ(ended.code, 0) << ended.err;
  for (const char* text : {"limited by", "core hours", "1000", "A message: 2 us and 10 GB/s"})
    EXPECT_THAT(ended.out, HasSubstr(text));
}

TEST(PlanVerb, RefusesWhatCannotBePlannedInOneLine) {
  for (const Words& words : {Words{},
                             {"pie"},
                             {"pi", "--ranks", "0"},
                             {"pi", "--ranks", "1e7"},
                             {"pi", "--size", "x"},
                             {"pi", "--darts", "1e6,1e7"},
                             {"stream"},
                             {"locking"},
                             {"julia", "--size", "5"},
                             {"pi", "--latency", "2"},
                             {"pi", "--latency", "-1", "--bandwidth", "1"},
                             {"pi", "--latency", "1us", "--bandwidth", "1"},
                             {"pi", "--schedule", "guided"},
                             {"pi", "--validate", "--cores", "4"},
                             {"pi", "--validate", "--ranks", "1000"},
                             {"pi", "--validate", "--size", "1e15", "--ranks", "2", "--latency",
                              "2", "--bandwidth", "1"},
                             {"pi", "--from-result", ""},
                             {"pi", "--grain", "0"},
                             {"diffusion"}}) {
    const Ended ended = planned(words);
    const std::string last = words.empty() ? "" : words.back();
    EXPECT_EQ(ended.code, 2) << last << ": " << ended.err;
    EXPECT_EQ(ended.out, "") << last;
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << last << ": " << ended.err;
  }
}

}  // namespace
}  // namespace parlab
