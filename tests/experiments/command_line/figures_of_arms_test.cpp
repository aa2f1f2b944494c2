// --metric and --pause, from the command line to the table and the result file.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::HasSubstr;

struct RunOfDispatch {
  json document;
  std::string table;
};

RunOfDispatch run_dispatch(const std::vector<std::string>& options) {
  std::vector<std::string> words = {"run",     "dispatch", "--chunks", "64",     "--backend",
                                    "threads", "--rounds", "8",        "--json", "-"};
  words.insert(words.end(), options.begin(), options.end());
  const Ended ended = run_parlab(words);
  EXPECT_EQ(ended.code, 0) << ended.err;
  return {json::parse(ended.out), ended.err};
}

TEST(FiguresOfArms, AreKeptWhateverIsCompared) {
  const auto [document, table] = run_dispatch({});
  EXPECT_EQ(document["run"]["metric"], "seconds");
  EXPECT_THAT(table, HasSubstr("speed-up"));
  ASSERT_EQ(document["results"].size(), 3u);
  for (const json& result : document["results"]) {
    const json& figures = result["figures"];
    EXPECT_EQ(figures["cpu"]["rounds"], 8);
    EXPECT_EQ(figures["cold"]["rounds"], 4);  // a process serves two rounds
    EXPECT_GT(figures["cold"]["median"].get<double>(), 0);
    // On a busy machine a sample of threads has too few runs for it.
    EXPECT_TRUE(figures.contains("p99") || result["backend"] != "serial");
    if (figures.contains("p99")) {
      EXPECT_GE(figures.at("p99").at("median"), figures.at("p90").at("median"));
    }
    EXPECT_FALSE(figures.contains("pause"));
    EXPECT_EQ(figures["cpu"]["comparison"].is_null(), result["role"] == "baseline");
    const json& cpu = figures["cpu"]["interval"];
    EXPECT_LE(cpu[0], figures["cpu"]["median"]);
    EXPECT_GE(cpu[1], figures["cpu"]["median"]);
    EXPECT_EQ(result["each_round"]["cold_seconds"].size(), 8u);
    EXPECT_TRUE(result["each_round"]["cold_seconds"][1].is_null());
    EXPECT_TRUE(result["each_round"]["pause_seconds"][0].is_null());
  }
}

class MetricOfARace : public testing::TestWithParam<const char*> {};

TEST_P(MetricOfARace, IsWhatTableAndComparisonsAreOn) {
  const std::string metric = GetParam();
  const auto [document, table] = run_dispatch({"--metric", metric, "--pause", "1ms"});
  EXPECT_EQ(document["run"]["metric"], metric);
  EXPECT_EQ(document["run"]["pause_seconds"], 0.001);
  EXPECT_THAT(table, HasSubstr(metric + " ["));
  EXPECT_THAT(table, HasSubstr("ratio"));
  for (const json& result : document["results"]) {
    const json& figure = result["figures"][metric];
    EXPECT_EQ(figure["rounds"], 8);
    if (result["role"] == "baseline") continue;
    for (const char* name : {"ratio", "verdict", "interval", "rounds_taken"})
      EXPECT_EQ(figure["comparison"][name], result["comparison"][name]) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(All, MetricOfARace,
                         testing::Values("cpu", "cold", "pause", "after", "p90", "p99"),
                         [](const auto& info) { return std::string(info.param); });

TEST(FiguresOfArms, OfColdRunsComeFromAProcessEach) {
  const auto [document, table] = run_dispatch({"--metric", "cold"});
  EXPECT_EQ(document["run"]["isolation"], "fresh");
  for (const json& result : document["results"])
    EXPECT_EQ(result["processes"], 8 + result["retaken"].get<int>());
}

TEST(FiguresOfArms, AfterAPauseHaveOneUnasked) {
  const auto [document, table] = run_dispatch({"--metric", "pause"});
  EXPECT_EQ(document["run"]["pause_seconds"], 0.05);
}

}  // namespace
}  // namespace parlab
