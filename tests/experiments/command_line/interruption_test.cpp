// A signal ends every verb with 128 + its number, wherever it is, and leaves no process and no file
// that is not whole.

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>
#include <tuple>

#include "tests/experiments/command_line/parlab_program.hpp"

namespace parlab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using testing::HasSubstr;

using Words = std::vector<std::string>;

/// Whether the program has got as far as main(): it heeds the signals then.
bool heeds(pid_t pid, int signal) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("SigCgt:"))
      return (std::stoull(line.substr(7), nullptr, 16) >> (signal - 1) & 1) != 0;
  return false;
}

struct Verb {
  const char* name;
  Words words;
  std::vector<std::string> files = {};  // that may be there: `out` is a folder of the suite
};

class Interrupted : public testing::TestWithParam<std::tuple<int, int, Verb>> {};

TEST_P(Interrupted, VerbEndsAndLeavesNothing) {
  const auto& [signal, milliseconds, verb] = GetParam();
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "slow.hpp")
      << "#include <chrono>\n#include <thread>\nconstexpr std::uint64_t size = 100;\n"
         "auto kernel = [](std::uint64_t i) { return i; };\n"
         "std::uint64_t expected() { std::this_thread::sleep_for(std::chrono::hours(1)); return 1; "
         "}"
         "\n";
  const auto before = folder.files();
  ParlabProgram program(verb.words, folder.path(),
                        {.variables = {"XDG_CACHE_HOME=" + (folder.path() / "cache").string(),
                                       "TMPDIR=" + folder.path().string()}});
  ASSERT_TRUE(becomes_true([&, number = signal] { return heeds(program.pid(), number); }));
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  program.signal(signal);
  const Ended ended = program.wait();
  // One that was quicker than the signal has done its work.
  EXPECT_TRUE(ended.code == 0 || ended.code == 128 + signal) << ended.code << ended.err;
  EXPECT_TRUE(becomes_true([&] { return program.descendants().empty(); }, 2s));
  auto files = folder.files();
  std::erase_if(files, [&, allowed = verb.files](const std::string& name) {
    return name == "cache" || std::ranges::find(allowed, name) != allowed.end();
  });
  EXPECT_EQ(files, before);
  if (fs::exists(folder.path() / "cache/parlab")) {
    for (const auto& entry : fs::directory_iterator(folder.path() / "cache/parlab"))
      EXPECT_THAT(entry.path().filename().string(), testing::EndsWith(".so"));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Verbs, Interrupted,
    testing::Combine(
        testing::Values(SIGINT, SIGTERM, SIGHUP), testing::Values(0, 30, 400),
        testing::Values(Verb{"run",
                             {"run", "pi", "--backend", "threads,processes", "--darts", "1e5",
                              "--rounds", "100000", "--json", "r.json"},
                             {"r.json"}},
                        Verb{"compare",
                             {"compare", "pi", "--backend", "threads,tbb", "--darts", "1e5",
                              "--rounds", "100000", "--json", "r.json"},
                             {"r.json"}},
                        Verb{"race",
                             {"race", "--rounds", "100000", "--json", "r.json", "--",
                              "sleep 0.01 | cat", "--", "sleep 0.02"},
                             {"r.json"}},
                        Verb{"product",
                             {"run", "primes", "--to", "3e9", "--list", "--algorithm", "sieve",
                              "--backend", "serial", "--rounds", "1", "--json", "r.json"}},
                        Verb{"suite", {"suite", "--only", "pi-backends", "--out", "out"}, {"out"}},
                        Verb{"list", {"list", "--json"}}, Verb{"doctor", {"doctor", "--json"}},
                        Verb{"calibrate", {"doctor", "--calibrate"}},
                        Verb{"serve", {"serve", "--port", "0"}},
                        Verb{"own",
                             {"run", "own", "--kernel", "slow.hpp", "--backend", "serial",
                              "--rounds", "2", "--json", "r.json"}},
                        Verb{"advise",
                             {"advise", "slow.hpp", "--workers", "2", "--json", "r.json",
                              "--header", "choice.hpp"}})),
    [](const auto& info) {
      return fmt::format("{}_{}_{}ms", std::get<2>(info.param).name,
                         sigabbrev_np(std::get<0>(info.param)), std::get<1>(info.param));
    });

TEST(Interrupted, ARaceKeepsTheRoundsThatAreDone) {
  const TemporaryFolder folder;
  const fs::path told = folder.path() / "told";
  std::ofstream{told};
  ParlabProgram program({"run", "pi", "--backend", "threads", "--darts", "1e5", "--rounds",
                         "100000", "--json", "r.json", "--progress"},
                        folder.path(), {.err = told});
  const auto err = [&] {
    std::ifstream file(told);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  ASSERT_TRUE(becomes_true([&] {
    return testing::Matches(testing::ContainsRegex(": round ([2-9]|[1-9][0-9])"))(err());
  }));
  program.signal(SIGINT);
  const Ended ended = program.wait();
  ASSERT_EQ(ended.code, 130);
  EXPECT_THAT(err(), HasSubstr("interrupted; the result is written"));
  EXPECT_THAT(ended.out, HasSubstr("of 100000 rounds"));
  const json run = read_json(folder.path() / "r.json");
  EXPECT_EQ(run["run"]["stopped"], "interrupted");
  const std::size_t rounds = run["run"]["rounds"];
  EXPECT_GT(rounds, 0u);
  EXPECT_EQ(run["run"]["places"].size(), rounds);
  for (const json& result : run["results"]) EXPECT_EQ(result["seconds"].size(), rounds);
}

TEST(Interrupted, AlsoWhileNobodyReadsWhatItPrints) {
  const TemporaryFolder folder;
  const fs::path pipe = folder.path() / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  // Some 150 primes fill a page: a pipe holds 16 of them.
  ParlabProgram program({"run", "primes", "--to", "1e6", "--list", "--algorithm", "sieve",
                         "--backend", "serial", "--rounds", "1", "--json", "r.json"},
                        folder.path(), {.out = pipe.string()});
  ASSERT_TRUE(becomes_true([&] { return fs::exists(folder.path() / "r.json"); }));
  std::this_thread::sleep_for(200ms);
  program.signal(SIGINT);
  const Ended ended = program.wait();
  close(reader);
  EXPECT_EQ(ended.code, 130);
  EXPECT_THAT(ended.err, HasSubstr("interrupted; the result is written"));
  EXPECT_TRUE(read_json(folder.path() / "r.json")["results"][0]["ok"]);
}

TEST(Interrupted, ASuiteKeepsWhatIsDone) {
  const TemporaryFolder folder;
  const fs::path out = folder.path() / "out";
  const Words words = {"suite", "--only", "primes-growth,primes-sieve", "--out", "out"};
  {
    ParlabProgram program(words, folder.path());
    ASSERT_TRUE(becomes_true([&] { return fs::exists(out) && !program.children().empty(); }));
    program.signal(SIGTERM);
    const Ended ended = program.wait();
    EXPECT_EQ(ended.code, 143);
    EXPECT_THAT(ended.err, HasSubstr("interrupted; nothing was written"));
    EXPECT_TRUE(fs::is_empty(out));
  }
  ParlabProgram program(words, folder.path());
  const auto files = [&] { return std::distance(fs::directory_iterator(out), {}); };
  const auto any_result = [&] {
    return fs::exists(out / "primes-growth.json") || fs::exists(out / "primes-sieve.json");
  };
  ASSERT_TRUE(becomes_true(any_result, 100s));
  program.signal(SIGINT);
  const Ended ended = program.wait();
  EXPECT_EQ(ended.code, 130);
  const json suite = read_json(out / "suite.json");
  // The race that ran has its rounds; where it had none yet, it is named.
  const std::size_t there = suite["files"].size();
  ASSERT_GE(there, 1u);
  EXPECT_THAT(ended.err, HasSubstr(fmt::format("interrupted; {} of 2 races are in out", there)));
  EXPECT_EQ(files(), static_cast<std::ptrdiff_t>(there) + 2);
  EXPECT_EQ(suite["ended_early"], "interrupted");
  EXPECT_EQ(read_json(out / suite["files"][0].get<std::string>())["schema"], "parlab/1");
  EXPECT_EQ(read_json(out / "headlines.json")["schema"], "parlab/1-headlines");
  ASSERT_EQ(suite["failed"].size(), 2 - there);
  for (const json& failed : suite["failed"]) EXPECT_EQ(failed["cause"], "interrupted");
}

TEST(Interrupted, ButNotByAHangupThatIsIgnored) {
  const TemporaryFolder folder;
  ParlabProgram program({"run", "pi", "--darts", "1e3", "--backend", "serial", "--rounds", "30",
                         "--json", "r.json", "--quiet"},
                        folder.path(), {.no_hangup = true});
  ASSERT_TRUE(becomes_true([&] { return heeds(program.pid(), SIGINT); }));
  std::this_thread::sleep_for(300ms);
  program.signal(SIGHUP);
  EXPECT_EQ(program.wait().code, 0);
  EXPECT_EQ(read_json(folder.path() / "r.json")["schema"], "parlab/1");
}

}  // namespace
}  // namespace parlab
