// Rounds where verdicts need them: of one race, of a suite, and of a suite that goes on later.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>

#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AnyOf;
using testing::HasSubstr;

using Words = std::vector<std::string>;

bool is_told(const json& comparison) {
  return comparison["verdict"] != "not resolved" && comparison["verdict"] != "too few rounds";
}

TEST(UntilDecided, ARaceEndsWhereAllIsTold) {
  const TemporaryFolder folder;
  const Ended ended =
      run_parlab({"run", "pi", "--darts", "1e6", "--variant", "scalar,simd", "--backend", "serial",
                  "--baseline", "first", "--until", "decided", "--json", "r.json"},
                 folder.path());
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("Every comparison is decided"));
  const json result = read_json(folder.path() / "r.json");
  const json& run = result["run"];
  EXPECT_EQ(run["stopped"], "decided");
  EXPECT_EQ(run["until_decided"], true);
  EXPECT_EQ(run["max_rounds"], 125);
  EXPECT_LT(run["rounds"], 125);
  EXPECT_EQ(run["places"].size(), run["rounds"].get<std::size_t>());
  for (const json& arm : result["results"]) {
    EXPECT_EQ(arm["seconds"].size(), arm["rounds"].get<std::size_t>());
    EXPECT_LE(arm["rounds"], run["rounds"]);
    if (arm["role"] == "arm") {
      EXPECT_TRUE(is_told(arm["comparison"]));
      EXPECT_EQ(arm["comparison"]["rounds_taken"], arm["rounds"]);
    }
  }
  for (const json& headline : result["headlines"]) EXPECT_TRUE(is_told(headline));
}

TEST(UntilDecided, RoundsSayTheMost) {
  const TemporaryFolder folder;
  const Ended ended = run_parlab({"run", "pi", "--darts", "1e4", "--backend", "serial,threads",
                                  "--rounds", "7", "--until", "decided", "--json", "r.json"},
                                 folder.path());
  ASSERT_EQ(ended.code, 0) << ended.err;
  const json run = read_json(folder.path() / "r.json")["run"];
  EXPECT_EQ(run["rounds"], 7);
  EXPECT_THAT(run["stopped"].get<std::string>(), AnyOf("rounds", "decided"));
}

TEST(Budget, OfARaceIsSpentOrAllIsTold) {
  const TemporaryFolder folder;
  const Ended ended = run_parlab({"compare", "pi", "--darts", "1e5", "--backend", "threads,tbb",
                                  "--budget", "10s", "--json", "r.json"},
                                 folder.path());
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, AnyOf(HasSubstr("Every comparison is decided"), HasSubstr("still open"),
                               HasSubstr("ended")));
  const json run = read_json(folder.path() / "r.json")["run"];
  EXPECT_EQ(run["budget_seconds"], 10);
  EXPECT_GE(run["rounds"], 7);
  EXPECT_THAT(run["stopped"].get<std::string>(), AnyOf("budget", "decided", "rounds"));
}

/// Name and bytes of all files.
std::map<std::string, std::string> bytes_in(const fs::path& folder) {
  std::map<std::string, std::string> bytes;
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    bytes[entry.path().filename()] = {std::istreambuf_iterator<char>(file), {}};
  }
  return bytes;
}

class SuiteGoesOn : public testing::Test {
 protected:
  Ended suite(const Words& more) const {
    Words words = {"suite", "--only", "julia-variants,primes-growth", "--out", "out"};
    words.insert(words.end(), more.begin(), more.end());
    return run_parlab(words, folder_.path());
  }

  int rounds_of(const std::string& file) const { return read_json(out() / file)["run"]["rounds"]; }

  fs::path out() const { return folder_.path() / "out"; }

  void change(const std::string& file, const std::function<void(json&)>& how) const {
    json document = read_json(out() / file);
    how(document);
    std::ofstream(out() / file) << document;
  }

  void expect_refused(const std::string& why, const Words& more = {"--resume"}) const {
    const auto before = bytes_in(out());
    const Ended ended = suite(more);
    EXPECT_EQ(ended.code, 2);
    EXPECT_THAT(ended.err, HasSubstr(why));
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
    EXPECT_EQ(bytes_in(out()), before);
  }

  TemporaryFolder folder_;
};

TEST_F(SuiteGoesOn, WithMoreRoundsForWhatIsOpen) {
  ASSERT_EQ(suite({"--budget", "30s", "--quiet"}).code, 0);
  const json first = read_json(out() / "suite.json");
  EXPECT_EQ(first["budget_seconds"], 30);
  const int rounds = rounds_of("julia-variants.json");
  EXPECT_GE(rounds, 7);
  const Ended ended = suite({"--budget", "10s", "--resume"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const json second = read_json(out() / "suite.json");
  EXPECT_EQ(second["files"], first["files"]);
  EXPECT_GE(second["elapsed_seconds"], first["elapsed_seconds"]);
  EXPECT_LE(second["open"]["headlines"], first["open"]["headlines"]);
  for (const char* file : {"julia-variants.json", "primes-growth.json"}) {
    const json result = read_json(out() / file);
    for (const json& arm : result["results"]) {
      EXPECT_EQ(arm["seconds"].size(), arm["rounds"].get<std::size_t>());
      EXPECT_EQ(arm["each_round"]["cpu_seconds"].size(), arm["rounds"].get<std::size_t>());
    }
    EXPECT_EQ(result["run"]["places"].size(), result["run"]["rounds"].get<std::size_t>());
  }
  EXPECT_GE(rounds_of("julia-variants.json"), rounds);
}

TEST_F(SuiteGoesOn, WithTheRacesThatItHad) {
  ASSERT_EQ(suite({"--budget", "none", "--quiet"}).code, 0);
  const json before = read_json(out() / "suite.json");
  const Ended ended = run_parlab({"suite", "--out", "out", "--resume", "--budget", "5s", "--quiet"},
                                 folder_.path());
  ASSERT_EQ(ended.code, 0) << ended.err;
  const json after = read_json(out() / "suite.json");
  EXPECT_EQ(after["files"], before["files"]);
  EXPECT_EQ(after["only"], before["only"]);
}

TEST_F(SuiteGoesOn, AndKeepsTheTimesThatAreThere) {
  ASSERT_EQ(suite({"--budget", "none", "--quiet"}).code, 0);
  const json before = read_json(out() / "julia-variants.json")["results"][2]["seconds"];
  ASSERT_EQ(suite({"--budget", "10s", "--resume", "--quiet"}).code, 0);
  const json after = read_json(out() / "julia-variants.json")["results"][2]["seconds"];
  ASSERT_GE(after.size(), before.size());
  EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin()));
}

TEST_F(SuiteGoesOn, OnlyInTheSameConditionsAndWithWholeFiles) {
  ASSERT_EQ(suite({"--budget", "none", "--quiet"}).code, 0);
  expect_refused("is of another profile than full", {"--resume", "--profile", "full"});
  change("suite.json", [](json& d) { d.erase("only"); });
  expect_refused("suite.json: it is damaged");
  change("suite.json", [](json& d) {
    d["only"] = json::array({"julia-variants", "primes-growth"});
  });
  const auto whole = bytes_in(out());
  const auto restore = [&] {
    for (const auto& [name, bytes] : whole) std::ofstream(out() / name) << bytes;
  };
  change("julia-variants.json", [](json& d) { d["context"]["commit"] = "0000000"; });
  expect_refused("julia-variants.json: it was measured under other conditions (commit: ");
  restore();
  change("julia-variants.json", [](json& d) { d["context"]["host"] = "another"; });
  expect_refused("other conditions (host: ");
  restore();
  change("julia-variants.json",
         [](json& d) { d["context"]["environment"]["OMP_NUM_THREADS"] = "1"; });
  expect_refused("other conditions (environment: ");
  restore();
  change("julia-variants.json", [](json& d) { d["results"][1]["seconds"].erase(0); });
  expect_refused("a different number of times than of rounds");
  restore();
  change("julia-variants.json", [](json& d) { d["results"][1]["seconds"][0] = -1; });
  expect_refused("a time is not above 0");
  restore();
  change("julia-variants.json", [](json& d) { d["results"][2]["label"] = "else"; });
  expect_refused("it lacks the arm ");
  restore();
  change("julia-variants.json", [](json& d) { d.erase("run"); });
  expect_refused("it is damaged");
  restore();
  change("julia-variants.json", [](json& d) { d["schema"] = "parlab/0"; });
  expect_refused("its schema is not parlab/1");
  restore();
  fs::resize_file(out() / "julia-variants.json", 1000);
  expect_refused("it is damaged: not JSON");
  restore();
  fs::remove(out() / "suite.json");
  expect_refused("suite.json: it cannot be read");
}

TEST_F(SuiteGoesOn, NotFromAFolderThatIsNotThere) {
  const Ended ended = suite({"--resume"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_FALSE(fs::exists(out()));
}

TEST_F(SuiteGoesOn, ButNotOnABudgetTooSmallForTheFirstPass) {
  const Ended ended = suite({"--budget", "10ms"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("too little for a first pass of 7 rounds over 2 races"));
  EXPECT_TRUE(!fs::exists(out()) || fs::is_empty(out()));
}

}  // namespace
}  // namespace parlab
