// The experiments julia and diffusion as a user meets them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json race(std::vector<std::string> arguments) {
  const TemporaryFolder folder;
  arguments.insert(arguments.begin(), "run");
  arguments.insert(arguments.end(), {"--rounds", "1", "--quiet", "--json", "race.json"});
  const Ended ended = run_parlab(arguments, folder.path());
  EXPECT_EQ(ended.code, 0) << ended.err;
  return ended.code == 0 ? read_json(folder.path() / "race.json") : json();
}

TEST(Julia, AnswersAlikeOnEveryArmAndTellsTheLoadOfEachWorker) {
  const json document =
      race({"julia", "--side", "130", "--steps", "60", "--view", "upper", "--variant", "all",
            "--backend", "each", "--workers", "3", "--grain", "500"});
  std::set<std::string> answers;
  for (const json& result : document["results"]) {
    EXPECT_TRUE(result["ok"]) << result["label"];
    answers.insert(result["answer"].get<std::string>());
    double busy = 0;
    for (int worker = 1; worker <= result["workers"].get<int>(); ++worker)
      busy += result["metrics"]["worker_" + std::to_string(worker) + "_seconds"][0].get<double>();
    EXPECT_GT(busy, 0) << result["label"];
  }
  EXPECT_EQ(answers.size(), 1u);
}

TEST(Diffusion, AnswersAlikeOnEveryArmAndHoldsItsBoundToWhatItMoves) {
  const json document = race({"diffusion", "--rows", "90", "--columns", "70", "--steps", "9",
                              "--depth", "4", "--variant", "all", "--backend", "each", "--workers",
                              "2", "--baseline", "first", "--grain", "13"});
  std::set<std::string> answers, moved;
  for (const json& result : document["results"]) {
    EXPECT_TRUE(result["ok"]) << result["label"];
    (result["variant"] == "stream" ? moved : answers).insert(result["answer"].get<std::string>());
  }
  EXPECT_EQ(answers.size(), 1u);
  EXPECT_EQ(moved.size(), 1u);
  EXPECT_NE(answers, moved);
  EXPECT_EQ(document["results"][0]["variant"], "stream");
}

TEST(CompilingChapter, RefusesBadOptionsInOneLine) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"julia", "--side", "0"}, "--side"},
      {{"julia", "--view", "uper"}, "did you mean 'upper'"},
      {{"julia", "--variant", "smid"}, "did you mean 'simd'"},
      {{"diffusion", "--depth", "65"}, "--depth"},
      {{"diffusion", "--rows", "1e6", "--columns", "1e6"}, "--rows"},
      {{"diffusion", "--variant", "tield"}, "did you mean 'tiled'"},
  };
  for (const auto& [arguments, part] : cases) {
    std::vector<std::string> words = {"run"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const Ended ended = run_parlab(words);
    EXPECT_EQ(ended.code, 2) << arguments[0];
    EXPECT_THAT(ended.err, HasSubstr(part));
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
  }
}

}  // namespace
}  // namespace parlab
