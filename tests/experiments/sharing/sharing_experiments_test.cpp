// The experiments on sharing as a user meets them: every way gives the right answer, wrong ones are
// called so, and nothing is left behind.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "experiments/sharing/redis_choice.hpp"
#include "kernels/base/sanitizers.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::HasSubstr;

using Words = std::vector<std::string>;

/// One round of a run, as its result file tells it.
json results_of(Words words) {
  const TemporaryFolder folder;
  words.insert(words.begin(), "run");
  for (const char* word : {"--rounds", "1", "--quiet", "--json", "result.json"})
    words.emplace_back(word);
  const Ended ended = run_parlab(words, folder.path());
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(folder.files(), Words{"result.json"});
  return ended.code == 0 ? read_json(folder.path() / "result.json")["results"] : json::array();
}

void expect_answer(const json& results, const json& answer) {
  EXPECT_FALSE(results.empty());
  for (const json& result : results) EXPECT_EQ(result["answer"], answer) << result["label"];
}

/// As expect_answer, for a run over several numbers.
void expect_answers(const json& results, const std::map<json, std::string>& answers) {
  EXPECT_FALSE(results.empty());
  for (const json& result : results)
    EXPECT_EQ(result["answer"], answers.at(result["parameters"]["number"])) << result["label"];
}

TEST(VerifyPrime, AnswersAlikeByEveryFlagAndSplit) {
  expect_answers(
      results_of({"verify_prime", "--number", "1,2,9,trivial,999966000289", "--algorithm", "naive",
                  "--flag", "none,small_first,raw_value,mmap_redux", "--split",
                  "contiguous,strided,dynamic", "--backend", "processes,threads", "--workers", "3",
                  "--divisions-per-poll", "1000", "--baseline", "first"}),
      {{1, "neither prime nor composite"},
       {2, "prime"},
       {9, "composite"},
       {"trivial", "composite"},
       {999966000289, "composite"}});
}

TEST(VerifyPrime, AnswersAlikeByServers) {
  std::string flags = "manager";
  if (RedisChoice::why_not().empty()) flags += ",redis";
  for (const char* number : {"1000000007", "999966000289"})
    expect_answer(
        results_of({"verify_prime", "--number", number, "--algorithm", "naive", "--flag", flags,
                    "--split", "contiguous", "--backend", "threads,processes", "--workers", "2"}),
        std::string(number) == "1000000007" ? "prime" : "composite");
}

TEST(VerifyPrime, AnswersAlikeByCancellation) {
  for (const char* number : {"1000000007", "999966000289"})
    expect_answer(results_of({"verify_prime", "--number", number, "--algorithm", "naive", "--flag",
                              "cancel", "--backend", "tbb,openmp", "--workers", "3"}),
                  std::string(number) == "1000000007" ? "prime" : "composite");
}

TEST(VerifyPrime, FindsTheSmallestFactorOnEveryBackend) {
  expect_answers(results_of({"verify_prime", "--number", "1,trivial,999966000289,1000000007",
                             "--algorithm", "naive,vector", "--find", "first", "--backend", "each",
                             "--workers", "3", "--divisions-per-poll", "1000"}),
                 {{1, "neither prime nor composite"},
                  {"trivial", "divisible by 5"},
                  {999966000289, "divisible by 999983"},
                  {1000000007, "prime"}});
}

TEST(VerifyPrime, SaysWhatIsWrongWithItsOptions) {
  for (const auto& [words, hint] : std::vector<std::pair<Words, std::string>>{
           {{"--number", "prime3"}, "prime3"},
           {{"--number", "18446744073709551616"}, "18446744073709551616"},
           {{"--number", "-1"}, "-1"},
           {{"--flag", "mmmap"}, "mmap"},
           {{"--split", "striped"}, "strided"},
           {{"--find", "first", "--split", "strided"}, "contiguous"},
           {{"--divisions-per-poll", "0"}, "--divisions-per-poll"},
           {{"--flag", "redis", "--redis", "/nonexistent/socket"}, "/nonexistent/socket"}}) {
    if (words[0] == "--flag" && words[1] == "redis" && !RedisChoice::why_not().empty()) continue;
    Words all = {"run", "verify_prime"};
    all.insert(all.end(), words.begin(), words.end());
    const Ended ended = run_parlab(all);
    EXPECT_EQ(ended.code, 2) << words[1];
    EXPECT_THAT(ended.err, HasSubstr(hint));
  }
}

TEST(VerifyPrime, GoesOnWithALocalFlagWhereThatIsChosen) {
  if (!RedisChoice::why_not().empty()) GTEST_SKIP() << RedisChoice::why_not();
  expect_answer(results_of({"verify_prime", "--number", "999966000289", "--algorithm", "naive",
                            "--flag", "redis", "--redis", "/nonexistent/socket", "--redis-fallback",
                            "--backend", "processes", "--workers", "2"}),
                "composite");
}

TEST(Locking, CountsRightByEveryWayThatDoesNotLoseUpdates) {
  const json results = results_of({"locking", "--increments", "501", "--processes", "1,3"});
  int lossless = 0;
  for (const json& result : results) {
    const std::string variant = result["variant"];
    if (variant.find("unlocked") != std::string::npos) continue;
    ++lossless;
    EXPECT_EQ(result["answer"], 501) << variant;
    EXPECT_EQ(result["metrics"]["lost_updates"][0], 0) << variant;
  }
  EXPECT_GE(lossless, 12);
}

TEST(Locking, ShowsLostUpdatesAndDoesNotCallThemFailures) {
  // Long enough that processes meet on any machine; that they do is not for certain, though.
  const json results = results_of(
      {"locking", "--ways", "value_unlocked", "--increments", "1e6", "--processes", "4"});
  for (const json& result : results) {
    EXPECT_EQ(result["ok"], true);
    EXPECT_EQ(result["answer"].get<std::uint64_t>() +
                  result["metrics"]["lost_updates"][0].get<std::uint64_t>(),
              1'000'000u);
  }
}

TEST(Channels, CarryEveryMessageThereAndBack) {
  expect_answer(results_of({"channels", "--bytes", "8,65536", "--pattern", "stream,round_trip",
                            "--messages", "50"}),
                50 * 51 / 2);
}

TEST(SharedArray, IsFilledAndReadAndNeverCopied) {
  const json results = results_of({"shared_array", "--gib", "0.0625", "--processes", "1,2"});
  EXPECT_FALSE(results.empty());
  for (const json& result : results) {
    EXPECT_EQ(result["answer"], result["expected"]) << result["label"];
#ifndef PARLAB_THREAD_SANITIZER  // which keeps notes on every byte
    // The array once, and what a process needs anyhow: far from a copy for each.
    const double bytes = result["size"];
    EXPECT_LT(result["metrics"]["workers_pss_bytes"][0].get<double>(), 1.5 * bytes)
        << result["label"];
#endif
  }
}

TEST(SharedArray, RefusesSizesThatDoNotFit) {
  for (const char* gib : {"0", "-1", "1e9", "large", "nan"}) {
    const Ended ended = run_parlab({"run", "shared_array", "--gib", gib});
    EXPECT_EQ(ended.code, 2) << gib;
    EXPECT_THAT(ended.err, HasSubstr("--gib"));
  }
}

TEST(SharingOverhead, HoldsEachClassAgainstTheBareCallsThatDoTheSame) {
  const json results = results_of({"sharing_overhead"});
  std::map<std::string, json> sizes;
  std::map<std::string, int> goals;
  for (const json& result : results) {
    const json& facts = result["facts"];
    const std::string task = result["parameters"]["task"];
    EXPECT_EQ(result["ok"], true) << result["label"] << result["failure"];
    EXPECT_EQ(result["answer"], result["expected"]) << result["label"];
    EXPECT_EQ(result["role"] == "arm", facts["part"] != "own") << result["label"];
    EXPECT_NE(facts["library"], "") << result["label"];
    EXPECT_EQ(sizes.emplace(task, result["size"]).first->second, result["size"])
        << "one operation of a task would be held against another number of them";
    goals[task] += facts["goal"].is_null() ? 0 : 1;
  }
  EXPECT_GE(goals.size(), 10u);
  for (const auto& [task, count] : goals) EXPECT_GE(count, 1) << task << " has no goal";
}

TEST(SharingOverhead, TellsHowSoonADeathIsReported) {
  const json results = results_of({"sharing_overhead", "--task", "death"});
  int told = 0;
  for (const json& result : results) {
    if (result["facts"]["part"] != "own") continue;
    ++told;
    // Of whatever machine the test runs on; what is reached where it is quiet, the report says.
    const double seconds = result["metrics"]["kill_to_report_seconds"][0];
    EXPECT_GT(seconds, 0);
    EXPECT_LT(seconds, 1);
  }
  EXPECT_EQ(told, 2);
}

TEST(SharingOverhead, RunsATaskOrAFamilyOfThem) {
  std::set<std::string> tasks;
  for (const json& result : results_of({"sharing_overhead", "--task", "pool_map,robust_lock"}))
    tasks.insert(result["parameters"]["task"]);
  EXPECT_EQ(tasks, (std::set<std::string>{"pool_map_1", "pool_map_10", "pool_map_100",
                                          "pool_map_1000", "robust_lock"}));
}

TEST(PrimesFeed, CountsAlikeHoweverNumbersReachTheWorkers) {
  for (const auto& [from, to, count] : std::vector<std::tuple<std::string, std::string, int>>{
           {"0", "20000", 2262}, {"2", "3", 1}, {"3", "4", 1}, {"8", "8", 0}, {"1", "2", 0}})
    expect_answer(results_of({"primes", "--from", from, "--to", to, "--feed",
                              "chunks,queue,queue_feeder,queue_odd,queue_bounded,map,imap",
                              "--backend", "processes", "--workers", "3"}),
                  count);
}

}  // namespace
}  // namespace parlab
