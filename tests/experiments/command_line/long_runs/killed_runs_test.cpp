// Runs that are killed at random moments, whole or a process of them, until they are complete: each ends
// with the bits of one that nobody disturbed. PARLAB_KILLS: kills of each run [2].

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>

#include "tests/experiments/command_line/long_runs/long_runs.hpp"
#include "tests/experiments/command_line/ranks/rank_checks.hpp"

namespace parlab {
namespace {

using nlohmann::json;
using std::chrono_literals::operator""s;

int wanted_kills() {
  const char* const wanted = std::getenv("PARLAB_KILLS");  // NOLINT(concurrency-mt-unsafe)
  return wanted == nullptr ? 2 : std::atoi(wanted);
}

enum class Victim { all, program, one_worker };

void kill_now(ParlabProgram& program, Victim victim, std::mt19937& random) {
  if (victim == Victim::one_worker) {
    const auto workers = program.descendants();
    if (!workers.empty()) {
      kill(workers[random() % workers.size()], SIGKILL);
      return;
    }
  }
  if (victim == Victim::all)
    for (const pid_t pid : program.descendants()) kill(pid, SIGKILL);
  program.signal(SIGKILL);
}

/// What ranks leave in memory when mpirun is killed too: other tests wait until there is none. What is
/// in use is left alone.
void remove_memory_of_ranks() {
  std::string used;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream maps(entry.path() / "maps");
    for (std::string line; std::getline(maps, line);)
      if (line.find("vader_segment") != std::string::npos) used += line + "\n";
  }
  for (const auto& entry : std::filesystem::directory_iterator("/dev/shm")) {
    const std::string name = entry.path().filename();
    std::error_code gone;
    if (name.starts_with("vader_segment") && used.find(name) == std::string::npos)
      std::filesystem::remove(entry.path(), gone);
  }
}

class KilledRun : public testing::TestWithParam<std::tuple<LongRunCase, std::string>> {};

TEST_P(KilledRun, EndsWithTheBitsOfOneThatWasNot) {
  const auto& [run, backend] = GetParam();
  if (backend.starts_with("mpi"))
    if (const std::string why = why_no_ranks(); !why.empty()) GTEST_SKIP() << why;
  const json right = serial_answer(run);
  const LongRunFolder folder;
  Words words = run_words(run.words, backend, "c");
  words.insert(words.end(), {"--json", "-"});
  std::mt19937 random(std::random_device{}());
  std::uniform_int_distribution<int> moment(0, 1500);
  std::uint64_t done = 0;
  int kills = wanted_kills();
  for (;; --kills) {
    ParlabProgram program(words, folder.path(), folder.around());
    const int milliseconds = moment(random);
    const auto victim = static_cast<Victim>(random() % 3);
    if (kills > 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
      kill_now(program, victim, random);
    }
    const Ended ended = program.wait();
    const std::string how =
        fmt::format("{} after {} ms: {}", static_cast<int>(victim), milliseconds, ended.err);
    EXPECT_TRUE(becomes_true([&] { return program.descendants().empty(); })) << how;
    if (backend.starts_with("mpi")) remove_memory_of_ranks();
    if (const json status = folder.status("c"); status != nullptr) {
      EXPECT_GE(status.at("done"), done) << how;
      done = status.at("done");
      EXPECT_NE(status.at("state"), "running") << how;
    }
    if (ended.code == 0) {
      EXPECT_EQ(json::parse(ended.out).at("answer"), right) << how;
      if (kills <= 0) break;
      std::filesystem::remove(folder.path() / "c");
      done = 0;
    } else {
      ASSERT_GT(kills, 0) << how;
      // Killed itself, or told that a worker was, or what makes its kernel: its own, or a rank's.
      const bool is_kernel = ended.err.find("--kernel: ") != std::string::npos;
      EXPECT_THAT(ended.code, testing::AnyOf(128 + SIGKILL, 1, is_kernel ? 2 : 1)) << how;
    }
  }
}

std::vector<std::tuple<LongRunCase, std::string>> killed_runs() {
  std::vector<std::tuple<LongRunCase, std::string>> all;
  const Words backends_of_all = {"processes:dynamic", "openmp:static"};
  for (const LongRunCase& run : long_run_cases)
    for (const std::string& backend : backends_of_all) all.emplace_back(run, backend);
  for (const LongRunCase& run : long_run_cases)
    if (!run.writes_to_memory) all.emplace_back(run, "mpi:dynamic");
  for (const char* backend : {"serial", "threads:dynamic", "tbb:auto", "mpi:static"})
    all.emplace_back(long_run_cases[1], backend);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Runs, KilledRun, testing::ValuesIn(killed_runs()), [](const auto& info) {
  std::string name = fmt::format("{}_{}", std::get<0>(info.param).name, std::get<1>(info.param));
  std::ranges::replace(name, ':', '_');
  return name;
});

}  // namespace
}  // namespace parlab
