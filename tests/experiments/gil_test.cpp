// The experiment gil, with the Python that the build found.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// A sanitizer's runtime would have to be in Python too, to load the library built with it.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool python_can_load_parlab = false;
#elif defined(__has_feature)
constexpr bool python_can_load_parlab =
    !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer);
#else
constexpr bool python_can_load_parlab = true;
#endif

TEST(Gil, AnswersRightlyInEveryWayAndLeavesATrace) {
  if (!python_can_load_parlab) GTEST_SKIP() << "a sanitizer's library loads in no plain Python";
  const TemporaryFolder folder;
  const Ended ended = run_parlab({"run", "gil", "--pieces", "4", "--rounds", "2", "--cores", "1",
                                  "--quiet", "--json", "gil.json"},
                                 folder.path());
  if (ended.code == 2) GTEST_SKIP() << ended.err;  // no Python with numpy here
  ASSERT_EQ(ended.code, 0) << ended.err;
  const json document = read_json(folder.path() / "gil.json");
  std::map<std::string, int> ways;
  for (const json& result : document["results"]) {
    EXPECT_TRUE(result["ok"]) << result["label"];
    ways[result["parameters"]["work"]] += result["role"] == "baseline again" ? 0 : 1;
    const json& metrics = result["metrics"];
    ASSERT_TRUE(metrics.contains("span_0_kind")) << result["label"];
    EXPECT_GE(metrics["span_0_end_seconds"][0], metrics["span_0_begin_seconds"][0]);
    EXPECT_EQ(metrics.contains("delay_median_seconds"), result["parameters"]["work"] == "io");
  }
  EXPECT_EQ(ways, (std::map<std::string, int>{{"kernel", 4}, {"bytecode", 3}, {"io", 4}}));
}

TEST(Gil, SaysWhatToInstallWherePythonCannotImportParlab) {
  setenv("PARLAB_PYTHON", "/bin/false", 1);  // NOLINT(concurrency-mt-unsafe)
  const Ended ended = run_parlab({"run", "gil"});
  unsetenv("PARLAB_PYTHON");  // NOLINT(concurrency-mt-unsafe)
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("apt-get install python3-numpy"));
}

}  // namespace
}  // namespace parlab
