// PARLAB_SIMD: a level for all kernels of a process, by its name.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "kernels/numerics/simd_level.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class SimdVariable : public testing::Test {
 protected:
  ~SimdVariable() override { unsetenv("PARLAB_SIMD"); }  // NOLINT(concurrency-mt-unsafe)
  static void set(const std::string& value) {
    setenv("PARLAB_SIMD", value.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): one thread
  }
};

std::string lower_case(std::string text) {
  for (char& letter : text)
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return text;
}

TEST_F(SimdVariable, SetsTheLevelOfARunWhichRecordsIt) {
  const json usual = json::parse(run_parlab({"run", "pi", "--darts", "1e5", "--backend", "serial",
                                             "--rounds", "1", "--quiet", "--json", "-"})
                                     .out);
  for (const std::string& level : supported_simd_levels()) {
    set(lower_case(level));
    const Ended ended = run_parlab({"run", "pi", "--darts", "1e5", "--backend", "serial",
                                    "--rounds", "1", "--quiet", "--json", "-"});
    ASSERT_EQ(ended.code, 0) << ended.err;
    const json document = json::parse(ended.out);
    EXPECT_EQ(document["context"]["simd"], level);
    EXPECT_EQ(document["context"]["environment"]["PARLAB_SIMD"], lower_case(level));
    EXPECT_EQ(document["results"][0]["simd"], level);
    EXPECT_EQ(document["results"][0]["answer"], usual["results"][0]["answer"]) << level;
  }
}

TEST_F(SimdVariable, IsNamedByListAndDoctor) {
  const std::string lowest = supported_simd_levels().back();
  set(lowest);
  const json listing = json::parse(run_parlab({"list", "--json"}).out);
  EXPECT_EQ(listing["simd"], lowest);
  EXPECT_EQ(listing["simd_levels"], json(supported_simd_levels()));
  EXPECT_THAT(run_parlab({"list"}).out, HasSubstr("SIMD level " + lowest + " by PARLAB_SIMD"));
  bool told = false;
  const json examined = json::parse(run_parlab({"doctor", "--json"}).out);
  for (const json& finding : examined["findings"])
    if (finding["check"] == "SIMD level") {
      told = true;
      EXPECT_EQ(finding["status"], "warning");
      EXPECT_THAT(finding["found"].get<std::string>(), HasSubstr(lowest));
      EXPECT_EQ(finding["cure"], "unset PARLAB_SIMD");
    }
  EXPECT_TRUE(told);
}

TEST_F(SimdVariable, IsRefusedWithTheListWhereThereIsNoSuchLevel) {
  for (const char* value : {"avx9", "NEON", "sse", " avx2", "avx2,sse4"}) {
    set(value);
    for (const auto& words : {std::vector<std::string>{"list"}, {"run", "pi"}, {"doctor"}}) {
      const Ended ended = run_parlab(words);
      EXPECT_EQ(ended.code, 2) << value;
      EXPECT_EQ(ended.out, "");
      EXPECT_THAT(ended.err, HasSubstr(std::string("'") + value + "'"));
      for (const std::string& level : supported_simd_levels())
        EXPECT_THAT(ended.err, HasSubstr(level));
      EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1);
    }
  }
}

TEST_F(SimdVariable, MeansNothingWhenItIsEmpty) {
  set("");
  EXPECT_THAT(run_parlab({"list"}).out,
              HasSubstr("SIMD level " + supported_simd_levels().front() + ", of "));
}

}  // namespace
}  // namespace parlab
