// --env and --pin: what arms are started with, and where, is theirs alone, and on record.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "kernels/backends/search/cancellable_search.hpp"
#include "kernels/machine/processors/processor_set.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"
#include "tests/experiments/own_kernel/own_files.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

/// Sums, over 100 indices, a number that the variable holds.
constexpr char reads_a_variable[] = R"(#include <cstdlib>
constexpr std::uint64_t size = 100;
const char* const text = std::getenv("PARLAB_TEST_NUMBER");
const std::uint64_t number = text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
auto kernel = [](std::uint64_t) { return number; };
constexpr std::uint64_t expected = 700;
)";

class OwnKernelAxis : public testing::Test {
 protected:
  void SetUp() override {
    setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
  }
  json race(const std::string& kernel, std::vector<std::string> words, int code) {
    std::ofstream(folder_.path() / "kernel.hpp") << kernel;
    std::vector<std::string> all = {"run",      "own", "--kernel", "kernel.hpp", "--quiet",
                                    "--rounds", "1",   "--json",   "own.json"};
    all.insert(all.end(), words.begin(), words.end());
    const Ended ended = run_parlab(all, folder_.path());
    EXPECT_EQ(ended.code, code) << ended.err;
    return read_json(folder_.path() / "own.json");
  }
  TemporaryFolder folder_;
};

TEST_F(OwnKernelAxis, StartsEachArmWithItsValue) {
  const json document = race(
      reads_a_variable,
      {"--backend", "threads,processes", "--workers", "2", "--env", "PARLAB_TEST_NUMBER=7,8"}, 1);
  std::map<std::string, std::uint64_t> answers;
  for (const json& result : document["results"]) {
    const auto value = result["environment"]["PARLAB_TEST_NUMBER"].get<std::string>();
    EXPECT_THAT(result["label"].get<std::string>(), HasSubstr("PARLAB_TEST_NUMBER=" + value));
    answers[result["backend"].get<std::string>() + value] = result["answer"];
    EXPECT_EQ(result["ok"], value == "7") << result["label"];
  }
  EXPECT_EQ(answers, (std::map<std::string, std::uint64_t>{{"serial7", 700},
                                                           {"threads7", 700},
                                                           {"threads8", 800},
                                                           {"processes7", 700},
                                                           {"processes8", 800}}));
}

TEST_F(OwnKernelAxis, ConfinesArmsToAsManyProcessorsAsWorkers) {
  const auto everything = static_cast<std::uint64_t>(processors_at_start().count());
  if (everything < 2) GTEST_SKIP() << "needs two processors";
  const json document = race(
      counts_processors(100),
      {"--backend", "threads,processes,thread_pool", "--workers", "1", "--pin", "spread,none"}, 1);
  int pinned = 0;
  for (const json& result : document["results"]) {
    const bool is_pinned = result["pin"] == "spread";
    EXPECT_EQ(result["answer"], is_pinned ? 100 : 100 * everything) << result["label"];
    EXPECT_THAT(result["label"].get<std::string>(),
                HasSubstr(is_pinned ? "pin=spread" : "pin=none"));
    EXPECT_EQ(result["processors"].is_null(), !is_pinned);
    if (is_pinned) {
      EXPECT_EQ(result["processors"].size(), 1u);
      ++pinned;
    }
  }
  EXPECT_EQ(pinned, 5);  // serial twice, three backends
}

TEST_F(OwnKernelAxis, BindsEachWorkerToAProcessorOnEveryBackend) {
  if (processors_at_start().count() < 2) GTEST_SKIP() << "needs two processors";
  const json document =
      race(counts_processors(100), {"--backend", "all", "--workers", "2", "--pin", "compact"}, 0);
  EXPECT_GE(document["results"].size(), 8u);
  for (const json& result : document["results"])
    EXPECT_EQ(result["processors"].size(), result["role"] == "arm" ? 2u : 1u) << result["label"];
}

// Two indices wait for each other, so that both workers compute; each tells where it does. A process
// of one thread has nobody to wait for; one of several waits out any load (10 s).
TEST_F(OwnKernelAxis, BindsNoTwoWorkersToOneProcessor) {
  if (processors_at_start().count() < 2) GTEST_SKIP() << "needs two processors";
  constexpr char kernel[] = R"(#include <sched.h>
#include <atomic>
#include <chrono>
#include <filesystem>
constexpr std::uint64_t size = 2;
std::atomic<std::uint64_t> begun = 0;
auto kernel = [](std::uint64_t) -> std::uint64_t {
  const std::uint64_t wanted = begun.fetch_add(1) / 2 * 2 + 2;
  const auto threads = std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(threads > 1 ? 10 : 0);
  while (begun.load() < wanted && std::chrono::steady_clock::now() < end) {}
  return std::uint64_t{1} << sched_getcpu();
};
)";
  const json document = race(kernel,
                             {"--backend", "threads,thread_pool,openmp:static", "--workers", "2",
                              "--grain", "1", "--pin", "spread"},
                             1);
  int seen = 0;
  for (const json& result : document["results"]) {
    if (result["role"] != "arm") continue;
    std::uint64_t both = 0;
    for (const json& processor : result["processors"]) both += 1ULL << processor.get<int>();
    EXPECT_EQ(result["answer"], both) << result["label"];
    ++seen;
  }
  EXPECT_EQ(seen, 3);
}

TEST(EnvironmentAndPin, TogetherCombine) {
  if (cancellable_search("openmp") == nullptr) GTEST_SKIP() << "this build has no OpenMP";
  const Ended ended =
      run_parlab({"compare", "dispatch", "--chunks", "3", "--backend", "openmp", "--workers", "1",
                  "--rounds", "2", "--quiet", "--json", "-", "--env",
                  "OMP_WAIT_POLICY=active,passive", "--env", "OMP_X=1", "--pin", "compact,none"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  std::vector<std::string> labels;
  const json document = json::parse(ended.out);
  for (const json& result : document["results"]) {
    labels.push_back(result["label"]);
    EXPECT_EQ(result["environment"]["OMP_X"], "1");
  }
  EXPECT_THAT(labels, ElementsAre("openmp:static x1 OMP_WAIT_POLICY=active pin=compact",
                                  "openmp:static x1 OMP_WAIT_POLICY=active pin=compact again",
                                  "openmp:static x1 OMP_WAIT_POLICY=active pin=none",
                                  "openmp:static x1 OMP_WAIT_POLICY=passive pin=compact",
                                  "openmp:static x1 OMP_WAIT_POLICY=passive pin=none"));
}

TEST(EnvironmentAndPin, OfMethodsAreTheirEnvironmentAlone) {
  const Ended ended = run_parlab({"run", "event_loop", "--help"});
  if (ended.code != 0) GTEST_SKIP() << "this build has no event_loop: it lacks Boost";
  EXPECT_THAT(ended.out, HasSubstr("--env"));
  EXPECT_THAT(ended.out, testing::Not(HasSubstr("--pin")));
}

TEST(EnvironmentAndPin, LeaveARaceWithoutThemAsItWas) {
  const Ended ended = run_parlab({"run", "dispatch", "--chunks", "3", "--backend", "threads",
                                  "--workers", "2", "--rounds", "1", "--quiet", "--json", "-"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const json document = json::parse(ended.out);
  EXPECT_EQ(document["results"].size(), 3u);
  for (const json& result : document["results"]) {
    EXPECT_EQ(result["environment"], json::object());
    EXPECT_EQ(result["pin"], "none");
    EXPECT_TRUE(result["processors"].is_null());
  }
}

}  // namespace
}  // namespace parlab
