// parlab as a user meets it: what it prints, what it writes, how it ends.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <set>
#include <thread>
#include <tuple>
#include <utility>

#include "kernels/backends/backend_registry.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using testing::HasSubstr;

/// A process that is stopped, as arms are at rest, or gone. PID 1 may not reap: zombies are gone.
bool is_alive(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(stat, line);
  const auto bracket = line.rfind(')');
  return bracket != std::string::npos && line[bracket + 2] != 'Z';
}

TEST(Version, IsThatOfResultFiles) {
  const Ended ended = run_parlab({"--version"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, testing::MatchesRegex("parlab .* \\(commit .*, build .*\\)\n"));
  const TemporaryFolder folder;
  ASSERT_EQ(run_parlab({"run", "pi", "--darts", "1e4", "--rounds", "2", "--json", "pi.json"},
                       folder.path())
                .code,
            0);
  const json context = json::parse(std::ifstream(folder.path() / "pi.json")).at("context");
  EXPECT_THAT(ended.out, HasSubstr("parlab " + context.at("version").get<std::string>() + " "));
  EXPECT_THAT(ended.out, HasSubstr(context.at("commit").get<std::string>()));
}

TEST(Run, WritesTheResultFileOfTheReadmesExample) {
  const TemporaryFolder folder;
  const Ended ended =
      run_parlab({"run", "pi", "--backend", "threads:static,processes", "--workers", "1,2",
                  "--darts", "1e5", "--seed", "7", "--rounds", "2", "--json", "pi.json"},
                 folder.path());
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, testing::AllOf(HasSubstr("median ["), HasSubstr("processes:static x2")));
  EXPECT_EQ(folder.files(), std::vector<std::string>{"pi.json"});
  const json document = read_json(folder.path() / "pi.json");
  EXPECT_EQ(document["schema"], "parlab/1");
  EXPECT_THAT(document["context"]["command"].get<std::string>(), HasSubstr("--seed 7"));
  std::set<std::string> roles;
  std::size_t arms = 0;
  for (const json& result : document["results"]) {
    roles.insert(result["role"]);
    arms += result["role"] == "arm" ? 1 : 0;
    EXPECT_EQ(result["seconds"].size(), 2u);
    EXPECT_EQ(result["answer"], document["results"][0]["answer"]);
    EXPECT_EQ(result["answer"], result["expected"]);
    EXPECT_EQ(result["ok"], true);
    EXPECT_EQ(result["size"], 100000);
    EXPECT_EQ(result["unit"], "darts");
    EXPECT_GT(result["peak_rss_bytes"], 1 << 20);
  }
  EXPECT_EQ(arms, 4u);
  EXPECT_EQ(roles, (std::set<std::string>{"arm", "baseline", "baseline again"}));
  for (const json& places : document["run"]["places"])
    EXPECT_EQ(places.size(), document["results"].size());
}

TEST(Run, KnowsHowItsProcessesEndThoughItWasStartedWithSigchldIgnored) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "mine.cpp")
      << "constexpr int size = 1000; auto kernel = [](int i) { return i; };\n";
  const std::vector<std::vector<std::string>> runs = {
      {"run", "pi", "--backend", "processes:all,threads", "--darts", "1e5", "--rounds", "2"},
      {"run", "own", "--kernel", "mine.cpp", "--backend", "processes", "--rounds", "2"}};
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
  setenv("XDG_CACHE_HOME", folder.path().c_str(), 1);  // where `own` keeps what it compiled
  for (const std::vector<std::string>& words : runs) {
    std::signal(SIGCHLD, SIG_IGN);
    ParlabProgram program(words, folder.path());
    std::signal(SIGCHLD, SIG_DFL);  // or this test could not wait for it
    const Ended ended = program.wait();
    EXPECT_EQ(ended.code, 0) << ended.err;
  }
  unsetenv("XDG_CACHE_HOME");  // NOLINT(concurrency-mt-unsafe)
}

TEST(Run, WritesJsonToStdoutAndTheTableToStderr) {
  const Ended ended = run_parlab(
      {"run", "dispatch", "--chunks", "3", "--rounds", "1", "--backend", "serial", "--json", "-"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(json::parse(ended.out)["results"][0]["answer"], 3);
  EXPECT_THAT(ended.err, HasSubstr("median ["));
}

TEST(Run, SaysHowManyRoundsAProcessServes) {
  const auto run_of = [](const std::vector<std::string>& options) {
    std::vector<std::string> words = {"run",      "dispatch", "--chunks",  "3",
                                      "--rounds", "3",        "--backend", "threads",
                                      "--quiet",  "--json",   "-"};
    words.insert(words.end(), options.begin(), options.end());
    const Ended ended = run_parlab(words);
    EXPECT_EQ(ended.code, 0) << ended.err;
    return json::parse(ended.out);
  };
  const json renewed = run_of({});
  EXPECT_EQ(renewed["run"]["isolation"], "renewed");
  EXPECT_EQ(renewed["run"]["renewed_every"], 2);
  for (const json& result : renewed["results"]) EXPECT_EQ(result["processes"], 2);
  const json standing = run_of({"--isolation", "standing"});
  EXPECT_EQ(standing["run"]["isolation"], "standing");
  EXPECT_TRUE(standing["run"]["renewed_every"].is_null());
  for (const json& result : standing["results"]) EXPECT_EQ(result["processes"], 1);
}

TEST(Run, TakesAFreshProcessForEachSampleIfAsked) {
  const Ended ended = run_parlab({"run", "dispatch", "--chunks", "3", "--rounds", "2", "--backend",
                                  "threads", "--isolation", "fresh", "--json", "-", "--quiet"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(json::parse(ended.out)["run"]["isolation"], "fresh");
  EXPECT_EQ(json::parse(ended.out)["run"]["renewed_every"], 1);
}

TEST(Compare, SaysAVerdictAndEndsWellWhateverItIs) {
  const Ended ended = run_parlab(
      {"compare", "pi", "--backend", "threads,processes", "--darts", "1e4", "--rounds", "6"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("processes:static on"));
  EXPECT_THAT(ended.out, HasSubstr("threads:static"));
  EXPECT_THAT(ended.out, HasSubstr("too few rounds: 6 of 7 needed"));
  EXPECT_THAT(ended.out, HasSubstr("ask for more with --rounds."));
}

TEST(Run, NamesAnArmThatHangsAndGoesOn) {
  const TemporaryFolder folder;
  const Ended ended = run_parlab({"run", "dispatch", "--chunks", "2,1e9", "--backend", "serial",
                                  "--rounds", "2", "--timeout", "0.5", "--json", "d.json"},
                                 folder.path());
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("gave no answer within 0.5 s"));
  const json document = read_json(folder.path() / "d.json");
  ASSERT_EQ(document["results"].size(), 4u);
  for (const json& result : document["results"]) {
    EXPECT_EQ(result["ok"], result["size"] == 2);
    EXPECT_EQ(result["seconds"].size(), result["size"] == 2 ? 2u : 0u);
    if (result["size"] != 2) {
      EXPECT_THAT(result["failure"]["cause"].get<std::string>(), HasSubstr("--timeout"));
    }
  }
}

/// A run of many short rounds, so that something can happen in the middle of it.
const std::vector<std::string> long_run = {
    "run",       "pi",  "--backend", "threads,openmp,processes",
    "--darts",   "1e5", "--rounds",  "100000",
    "--workers", "2",   "--json",    "pi.json"};

/// Its arms have processes that stand by: a manager, workers, a Python and its workers.
const std::vector<std::string> run_with_servers = {
    "run",      "sharing_overhead", "--task", "manager_get,queue,pool_map_10",
    "--rounds", "100000",           "--json", "sharing.json"};

TEST(Run, GoesOnWithoutAnArmThatIsKilled) {
  const TemporaryFolder folder;
  std::vector<std::string> arguments = long_run;
  arguments[7] = "60";
  ParlabProgram program(arguments, folder.path());
  std::vector<pid_t> arms;
  // All of them: an arm itself, not a worker that it has forked.
  ASSERT_TRUE(becomes_true([&] { return (arms = program.children()).size() >= 5; }));
  kill(arms.back(), SIGKILL);
  const Ended ended = program.wait();
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("killed by SIGKILL"));
  int failed = 0;
  const json document = read_json(folder.path() / "pi.json");
  for (const json& result : document["results"]) {
    if (result["ok"]) {
      EXPECT_EQ(result["seconds"].size(), 60u);
    } else {
      ++failed;
      EXPECT_EQ(result["failure"]["cause"], "killed by SIGKILL");
      EXPECT_TRUE(result["comparison"].is_null());
    }
  }
  EXPECT_EQ(failed, 1);
}

class Interrupt : public testing::TestWithParam<std::tuple<int, std::vector<std::string>>> {};

TEST_P(Interrupt, LeavesNoProcessAndNoFile) {
  const auto& [signal, command] = GetParam();
  const TemporaryFolder folder;
  ParlabProgram program(command, folder.path());
  ASSERT_TRUE(becomes_true([&] { return program.descendants().size() >= 5; }));
  program.signal(signal);
  const Ended ended = program.wait();
  EXPECT_EQ(ended.code, 128 + signal);
  EXPECT_EQ(ended.err, "parlab: interrupted; nothing was written\n");
  EXPECT_TRUE(
      becomes_true([&] { return std::ranges::none_of(program.descendants(), is_alive); }, 1s));
  EXPECT_TRUE(folder.files().empty());
}

INSTANTIATE_TEST_SUITE_P(Signals, Interrupt,
                         testing::Combine(testing::Values(SIGINT, SIGTERM, SIGHUP),
                                          testing::Values(long_run, run_with_servers)),
                         [](const auto& info) {
                           return fmt::format("{}_{}", sigabbrev_np(std::get<0>(info.param)),
                                              std::get<1>(info.param)[1]);
                         });

TEST(Run, TakesItsArmsAlongWhenItIsKilled) {
  for (const auto& [command, processes] : {std::pair(long_run, 5u), {run_with_servers, 20u}}) {
    const TemporaryFolder folder;
    ParlabProgram program(command, folder.path());
    std::vector<pid_t> arms;
    ASSERT_TRUE(becomes_true([&, least = processes] {
      arms = program.descendants();
      return arms.size() >= least;
    }));
    program.signal(SIGKILL);
    EXPECT_EQ(program.wait().code, 128 + SIGKILL);
    EXPECT_TRUE(becomes_true([&] { return std::ranges::none_of(arms, is_alive); }, 1s));
  }
}

TEST(List, NamesEveryArmForPeopleAndPrograms) {
  const Ended people = run_parlab({"list"});
  EXPECT_EQ(people.code, 0);
  const json document = json::parse(run_parlab({"list", "--json"}).out);
  for (const BackendEntry& entry : backends()) {
    EXPECT_THAT(people.out, HasSubstr(entry.name));
    const auto listed = std::ranges::find_if(
        document["backends"], [&](const json& b) { return b["name"] == json(entry.name); });
    ASSERT_NE(listed, document["backends"].end()) << entry.name;
    EXPECT_EQ((*listed)["schedules"], json(entry.schedules));
    EXPECT_EQ((*listed)["available"], true);
  }
  for (const json& peer : document["peers"]) {
    EXPECT_THAT(people.out, HasSubstr(peer["name"].get<std::string>()));
    EXPECT_EQ(peer["available"], !peer["version"].get<std::string>().empty());
    EXPECT_EQ(peer["available"], peer["why"].get<std::string>().empty());
  }
  EXPECT_GE(document["peers"].size(), 6u);
  std::set<std::string> experiments;
  for (const json& e : document["experiments"]) experiments.insert(e["name"]);
  EXPECT_THAT(experiments, testing::IsSupersetOf({"pi", "primes", "dispatch", "verify_prime"}));
}

TEST(Help, IsThereOnEveryVerbWithAnExample) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{},
                                                    {"--help"},
                                                    {"run", "--help"},
                                                    {"run", "pi", "--help"},
                                                    {"run", "primes", "--help"},
                                                    {"run", "dispatch", "--help"},
                                                    {"run", "verify_prime", "--help"},
                                                    {"compare", "--help"},
                                                    {"compare", "pi", "--help"},
                                                    {"race", "--help"},
                                                    {"diff", "--help"},
                                                    {"list", "--help"},
                                                    {"suite", "--help"},
                                                    {"doctor", "--help"}}) {
    const Ended ended = run_parlab(arguments);
    EXPECT_EQ(ended.code, 0) << json(arguments).dump() << ended.err;
    EXPECT_THAT(ended.out, HasSubstr("Example: parlab ")) << json(arguments).dump();
    EXPECT_EQ(ended.err, "");
  }
}

TEST(Suite, WritesAFileForEachRaceAndTheirHeadlines) {
  const TemporaryFolder folder;
  const Ended ended = run_parlab(
      {"suite", "--only", "pi-sizes", "--out", "results", "--budget", "none"}, folder.path());
  ASSERT_EQ(ended.code, 0) << ended.err;
  const json suite = read_json(folder.path() / "results/suite.json");
  EXPECT_EQ(suite["schema"], "parlab/1-suite");
  EXPECT_EQ(suite["files"], json({"pi-sizes.json"}));
  EXPECT_TRUE(suite["failed"].empty());
  const json race = read_json(folder.path() / "results/pi-sizes.json");
  EXPECT_EQ(race["run"]["name"], "pi-sizes");
  EXPECT_FALSE(race["models"].empty());
  const json headlines = read_json(folder.path() / "results/headlines.json");
  ASSERT_FALSE(headlines["headlines"].empty());
  for (const json& headline : headlines["headlines"]) EXPECT_EQ(headline["file"], "pi-sizes.json");
}

}  // namespace
}  // namespace parlab
