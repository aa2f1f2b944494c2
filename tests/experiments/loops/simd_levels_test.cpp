// The experiment simd, and the variable as an axis: which level an arm runs at, and what the file says of it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "kernels/machine/simd_level.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

using nlohmann::json;

json race(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "run");
  arguments.insert(arguments.end(), {"--rounds", "1", "--quiet", "--no-history", "--json", "-"});
  const Ended ended = run_parlab(arguments);
  EXPECT_EQ(ended.code, 0) << ended.err;
  return ended.code == 0 ? json::parse(ended.out) : json();
}

TEST(SimdExperiment, HasEachKernelAtEachLevelWithOneAnswer) {
  const json document = race({"simd"});
  std::map<std::string, std::set<std::string>> levels, answers;
  for (const json& result : document["results"]) {
    EXPECT_TRUE(result["ok"]) << result["label"];
    EXPECT_EQ(result["simd"], result["variant"]);
    const std::string kernel = result["kernel"];
    levels[kernel].insert(result["variant"].get<std::string>());
    answers[kernel].insert(result["answer"].dump());
    if (result["role"] == "baseline") {
      EXPECT_EQ(result["variant"], json(supported_simd_levels().back()));
    }
  }
  const auto all = supported_simd_levels();
  EXPECT_EQ(levels.size(), 11u);
  for (const auto& [kernel, seen] : levels)
    EXPECT_EQ(seen, std::set<std::string>(all.begin(), all.end())) << kernel;
  for (const auto& [kernel, seen] : answers) EXPECT_EQ(seen.size(), 1u) << kernel;
}

TEST(SimdExperiment, TakesTheLevelsAskedForTheLowestFirst) {
  const auto all = supported_simd_levels();
  const json document =
      race({"simd", "--kernel", "batch", "--level", all.front() + "," + all.back()});
  std::vector<std::string> levels;
  for (const json& result : document["results"])
    if (result["role"] != "baseline again") levels.push_back(result["variant"]);
  if (all.size() > 1) {
    EXPECT_EQ(levels, (std::vector{all.back(), all.front()}));
  }
}

TEST(SimdVariableAsAxis, RunsEachArmAtItsLevelAndRecordsIt) {
  const auto all = supported_simd_levels();
  std::string values;
  for (const std::string& level : all) values += (values.empty() ? "" : ",") + level;
  const json document = race({"pi", "--darts", "1e5", "--variant", "simd,ars,philox53", "--backend",
                              "serial", "--env", "PARLAB_SIMD=" + values});
  std::map<std::string, std::set<std::string>> answers;
  std::set<std::string> levels;
  for (const json& result : document["results"]) {
    EXPECT_TRUE(result["ok"]) << result["label"];
    EXPECT_EQ(result["simd"], result["environment"]["PARLAB_SIMD"]);
    levels.insert(result["simd"].get<std::string>());
    answers[result["variant"].get<std::string>()].insert(result["answer"].dump());
  }
  EXPECT_EQ(levels, std::set<std::string>(all.begin(), all.end()));
  for (const auto& [variant, seen] : answers) EXPECT_EQ(seen.size(), 1u) << variant;
}

}  // namespace
}  // namespace parlab
