// What runs leave in the history, and what parlab history shows of it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

using Words = std::vector<std::string>;

const Words small_run = {"run",     "pi",        "--darts", "1e4",      "--backend",
                         "threads", "--workers", "2",       "--rounds", "7"};

class HistoryVerb : public testing::Test {
 protected:
  Ended parlab(const Words& words, const Words& more = {}) const {
    Words all = words;
    all.insert(all.end(), more.begin(), more.end());
    return run_parlab(all, folder_.path(), {.variables = {"PARLAB_HISTORY=h.sqlite"}});
  }
  json series() const { return json::parse(parlab({"history", "--json", "-"}).out).at("series"); }
  TemporaryFolder folder_;
};

TEST_F(HistoryVerb, KeepsRunsComparesRacesAndSuites) {
  EXPECT_EQ(parlab(small_run).code, 0);
  EXPECT_EQ(parlab(small_run, {"--quiet"}).code, 0);
  EXPECT_EQ(
      parlab({"compare", "pi", "--darts", "1e4", "--backend", "threads,openmp", "--rounds", "7"})
          .code,
      0);
  EXPECT_EQ(parlab({"race", "--rounds", "7", "--", "true", "--", "true"}).code, 0);
  EXPECT_EQ(
      parlab({"suite", "--only", "pi-sizes", "--out", "s", "--budget", "none", "--quiet"}).code, 0);
  const Ended overview = parlab({"history"});
  EXPECT_EQ(overview.code, 0) << overview.err;
  EXPECT_THAT(overview.out, testing::ContainsRegex("pi +4 +1 +20"));
  EXPECT_THAT(overview.out, testing::ContainsRegex("race +1 +1 +20"));
  std::size_t runs = 0;
  for (const json& one : series())
    if (one["label"] == "threads:static x2" && one["baseline"] == "serial" && one["name"] == "pi")
      runs = std::max(runs, one["points"].size());
  EXPECT_EQ(runs, 2u);
  const Ended pi = parlab({"history", "pi", "--arm", "threads"});
  EXPECT_EQ(pi.code, 0);
  EXPECT_THAT(pi.out, HasSubstr("pi: threads:static x2 against serial"));
  EXPECT_THAT(pi.out, testing::Not(HasSubstr("openmp:static x2 against")));
}

TEST_F(HistoryVerb, KeepsTheNumbersOfTheResultFile) {
  ASSERT_EQ(parlab(small_run, {"--json", "pi.json"}).code, 0);
  const json file = read_json(folder_.path() / "pi.json");
  const json kept = series().at(0);
  for (const json& result : file["results"])
    if (result["role"] == "arm") {
      EXPECT_EQ(kept["points"][0]["ratio"], result["comparison"]["ratio"]);
      EXPECT_EQ(kept["points"][0]["interval"], result["comparison"]["interval"]);
      EXPECT_EQ(kept["points"][0]["commit"], file["context"]["commit"]);
    }
  EXPECT_FALSE(file["context"]["environment"].contains("PARLAB_HISTORY")) << "it changes no time";
}

TEST_F(HistoryVerb, KeepsNothingWhereThatIsAskedFor) {
  EXPECT_EQ(parlab(small_run, {"--no-history"}).code, 0);
  EXPECT_EQ(run_parlab(small_run, folder_.path(), {.variables = {"PARLAB_HISTORY=off"}}).code, 0);
  EXPECT_THAT(folder_.files(), IsEmpty());
}

TEST_F(HistoryVerb, ThatCannotBeWrittenIsToldAndTheRunStands) {
  const Ended ended = run_parlab(small_run, folder_.path(),
                                 {.variables = {"PARLAB_HISTORY=/no/such/folder/h.sqlite"}});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, HasSubstr("threads:static x2"));
  EXPECT_THAT(ended.err,
              HasSubstr("this run is not in the history: cannot open /no/such/folder/h.sqlite"));
}

TEST_F(HistoryVerb, OfAnInstalledProgramStandsInTheStateFolder) {
  std::filesystem::copy_file(program_path(), folder_.path() / "parlab");
  const std::string here = folder_.path().string();
  const std::string line = "cd " + here + " && env -u PARLAB_HISTORY XDG_STATE_HOME=" + here +
                           "/state ./parlab race --rounds 1 --quiet -- true";
  // NOLINTNEXTLINE(concurrency-mt-unsafe,bugprone-command-processor): a test's own words
  EXPECT_EQ(std::system(line.c_str()), 0);
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "state/parlab/history.sqlite"));
}

TEST_F(HistoryVerb, BadInputIsALineAndExitCode2) {
  EXPECT_THAT(parlab({"history"}).err, HasSubstr("there is no h.sqlite yet"));
  ASSERT_EQ(parlab(small_run).code, 0);
  for (const auto& [words, complaint] : std::vector<std::pair<Words, std::string>>{
           {{"history", "po"}, "unknown experiment of the history 'po', did you mean 'pi'?"},
           {{"history", "pi", "race"}, "name one experiment"},
           {{"history", "--arm", "x"}, "--arm goes with an experiment"},
           {{"history", "pi", "--jsn", "-"}, "unknown option of history '--jsn'"}}) {
    const Ended ended = parlab(words);
    EXPECT_EQ(ended.code, 2);
    EXPECT_THAT(ended.err, HasSubstr(complaint));
    EXPECT_EQ(ended.out, "");
  }
  EXPECT_THAT(run_parlab({"history"}).err, HasSubstr("PARLAB_HISTORY=off keeps none"));
  EXPECT_THAT(parlab({"history", "pi", "--machine", "another"}).out,
              HasSubstr("No arm that was compared"));
}

}  // namespace
}  // namespace parlab
