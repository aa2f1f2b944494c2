// Names of files, options and variables are bytes: where they are no UTF-8 the result is written
// all the same, as JSON, and the bytes can be had back from it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;

const std::vector<std::string> smallest_run = {
    "run", "pi", "--darts", "1e3", "--backend", "serial", "--rounds", "1", "--quiet"};

TEST(Bytes, OfAFilesNameStandEscapedInTheCommand) {
  const TemporaryFolder folder;
  std::vector<std::string> words = smallest_run;
  words.insert(words.end(), {"--json", "r\xE9sultat.json"});
  const Ended ended = run_parlab(words, folder.path());
  ASSERT_EQ(ended.code, 0) << ended.err;
  const json document = read_json(folder.path() / "r\xE9sultat.json");
  EXPECT_THAT(document["context"]["command"].get<std::string>(), HasSubstr("r\\xE9sultat.json"));
  EXPECT_EQ(document["escaped"], json({"context.command"}));
}

TEST(Bytes, OfVariablesStandEscapedInEveryListing) {
  const Surroundings odd{.variables = {"OMP_NOTE=caf\xE9", "PARLAB_\xFF=1"}};
  std::vector<std::string> words = smallest_run;
  words.insert(words.end(), {"--json", "-"});
  const Ended run = run_parlab(words, ".", odd);
  ASSERT_EQ(run.code, 0) << run.err;
  const json context = json::parse(run.out)["context"];
  EXPECT_EQ(context["environment"]["OMP_NOTE"], "caf\\xE9");
  EXPECT_EQ(context["environment"]["PARLAB_\\xFF"], "1");
  EXPECT_THAT(json::parse(run.out)["escaped"],
              testing::UnorderedElementsAre("context.environment.OMP_NOTE",
                                            "context.environment.PARLAB_\\xFF"));
  const Ended doctor = run_parlab({"doctor", "--json"}, ".", odd);
  ASSERT_EQ(doctor.code, 0) << doctor.err;
  EXPECT_THAT(json::parse(doctor.out).dump(), HasSubstr("OMP_NOTE=caf\\\\xE9"));
  const Ended list = run_parlab({"list", "--json"}, ".", {.variables = {"PARLAB_PYTHON=/no/\xE9"}});
  ASSERT_EQ(list.code, 0) << list.err;
  EXPECT_EQ(json::parse(list.out)["pythons"][0]["program"], "/no/\\xE9");
}

TEST(Bytes, OfAKernelsFileStandEscapedInItsLabels) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "no\xEBl.hpp")
      << "constexpr std::uint64_t size = 1000;\nauto kernel = [](std::uint64_t i) { return i; };\n";
  const Ended ended = run_parlab({"run", "own", "--kernel", "no\xEBl.hpp", "--backend", "serial",
                                  "--rounds", "2", "--quiet", "--json", "-"},
                                 folder.path());
  ASSERT_EQ(ended.code, 0) << ended.err;
  const json document = json::parse(ended.out);
  EXPECT_EQ(document["results"][0]["kernel"], "no\\xEBl");
  EXPECT_EQ(document["results"][0]["answer"], 999 * 1000 / 2);
  EXPECT_THAT(document["escaped"], Contains("results[0].kernel"));
}

TEST(Bytes, OfAnArmsErrorAreItsCause) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "fails.hpp")
      << "#include <stdexcept>\nconstexpr std::uint64_t size = 10;\n"
         "std::uint64_t kernel(std::uint64_t) { throw std::runtime_error(\"caf\\xE9\"); }\n"
         "std::uint64_t expected() { return 1; }\n";
  const Ended ended = run_parlab({"run", "own", "--kernel", "fails.hpp", "--backend", "serial",
                                  "--rounds", "2", "--quiet", "--json", "-"},
                                 folder.path());
  ASSERT_EQ(ended.code, 1) << ended.err;
  EXPECT_THAT(json::parse(ended.out)["results"][0]["failure"]["cause"].get<std::string>(),
              HasSubstr("caf\\xE9"));
}

}  // namespace
}  // namespace parlab
