// Backend mpi as a user runs it: the same bits as serial on all kernels, and nothing left behind.
// Skipped where this build has no mpi.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/backends/ranks/launch.hpp"
#include "kernels/base/errors.hpp"
#include "tests/experiments/command_line/parlab_program.hpp"
#include "tests/experiments/command_line/ranks/rank_checks.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using testing::HasSubstr;
using Words = std::vector<std::string>;

class RankArms : public testing::TestWithParam<Words> {
 protected:
  void SetUp() override {
    if (const std::string why = why_no_ranks(); !why.empty()) GTEST_SKIP() << why;
  }

  /// Whether there is none of MPI's shared memory: other tests' may take a while to go.
  static bool is_memory_free() {
    return becomes_true([] {
      return std::ranges::none_of(
          std::filesystem::directory_iterator("/dev/shm"), [](const auto& entry) {
            return entry.path().filename().string().starts_with("vader_segment");
          });
    });
  }
};

TEST_P(RankArms, GiveTheBitsOfSerial) {
  std::string names = "serial,mpi:all";
  int ranks = 2;
  for (const BackendEntry& entry : backends())
    if (!threads_backend(entry.name).empty()) {
      names += "," + entry.name + ":all";
      ranks += 2;
    }
  const Words words = with({"run"}, with(GetParam(), {"--backend", names, "--workers", "3",
                                                      "--rounds", "1", "--quiet", "--json", "-"}));
  ParlabProgram program(words);
  const Ended ended = program.wait();
  EXPECT_TRUE(program.descendants().empty());
  expect_bits_of_serial(ended, ranks);
}

INSTANTIATE_TEST_SUITE_P(
    Kernels, RankArms,
    testing::Values(Words{"pi", "--darts", "1e6"},
                    Words{"primes", "--to", "3e6", "--algorithm", "sieve"},
                    Words{"primes", "--range", "B", "--order", "shuffled"},
                    Words{"primes", "--to", "1e6", "--algorithm", "batch"},
                    Words{"julia", "--side", "300"}, Words{"verify_prime", "--number", "nonprime1"},
                    Words{"verify_prime", "--number", "nonprime2", "--find", "first"},
                    Words{"verify_prime", "--number", "99999999999973", "--algorithm", "naive",
                          "--split", "strided"},
                    Words{"dispatch", "--chunks", "1000"}),
    [](const auto& info) { return std::to_string(info.index) + "_" + info.param.front(); });

class RankRuns : public RankArms {};

TEST_F(RankRuns, GiveTheBitsOfSerialForOnesOwnKernel) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "k.hpp")
      << "constexpr std::uint64_t size = 100000;\n"
         "auto kernel = [](std::uint64_t i) { return 1.0 / static_cast<double>(i + 1); };\n";
  const Ended ended =
      run_parlab({"run", "own", "--kernel", "k.hpp", "--backend", "serial,mpi:all", "--workers",
                  "2", "--grain", "1000", "--rounds", "1", "--quiet", "--json", "-"},
                 folder.path());
  expect_bits_of_serial(ended);
}

TEST_F(RankRuns, TellRankHostAndMessageOfAnException) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "k.hpp")
      << "#include <cstdlib>\n#include <stdexcept>\n"
         "constexpr std::uint64_t size = 1000;\n"
         "auto kernel = [](std::uint64_t i) {\n"
         "  if (i == 999 && (std::getenv(\"OMPI_COMM_WORLD_RANK\") || std::getenv(\"PMI_RANK\")))\n"
         "    throw std::runtime_error(\"index 999 says no\");\n"
         "  return i;\n"
         "};\n"
         "constexpr std::uint64_t expected = 499500;\n";
  ParlabProgram program({"run", "own", "--kernel", "k.hpp", "--backend", "mpi", "--workers", "2",
                         "--grain", "100", "--rounds", "1"},
                        folder.path());
  const Ended ended = program.wait();
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, testing::ContainsRegex("rank 1 on [^:]+: .*index 999 says no"));
  EXPECT_TRUE(program.descendants().empty());
}

TEST_F(RankRuns, RefuseAKernelThatWrites) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "k.hpp")
      << "constexpr std::uint64_t size = 1000;\n"
         "parlab::array<double> out(size);\n"
         "auto kernel = [](std::uint64_t i) { out[i] = static_cast<double>(i); };\n";
  const Ended ended = run_parlab(
      {"run", "own", "--kernel", "k.hpp", "--backend", "mpi", "--workers", "2", "--rounds", "1"},
      folder.path());
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("do not see what others write"));
}

TEST_F(RankRuns, RefuseWhatSharesMemoryBeforeAnythingRuns) {
  for (const Words& words : {Words{"diffusion"}, Words{"histogram"}, Words{"spmv"}, Words{"stream"},
                             Words{"verify_prime", "--flag", "manager"},
                             Words{"primes", "--range", "B", "--feed", "queue"}}) {
    const Ended ended = run_parlab(with({"run"}, with(words, {"--backend", "mpi"})));
    EXPECT_EQ(ended.code, 2);
    EXPECT_THAT(ended.err, HasSubstr("does not run on mpi, whose workers share no memory: "));
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
  }
}

TEST_F(RankRuns, RefuseAMissingOrOddMpirun) {
  for (const char* program : {"/nowhere/mpirun", "/bin/true"}) {
    const Ended ended = run_parlab({"run", "pi", "--backend", "mpi"}, ".",
                                   {.variables = {std::string("PARLAB_MPIRUN=") + program}});
    EXPECT_EQ(ended.code, 2);
    EXPECT_THAT(ended.err, HasSubstr("PARLAB_MPIRUN"));
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
  }
}

/// As the user's own mpirun starts it.
Ended run_within_mpirun(const std::string& count, const Words& words) {
  Words mpirun = {find_mpirun().file};
  if (find_mpirun().kind == Mpirun::open_mpi)
    mpirun = with(mpirun, {"--allow-run-as-root", "--oversubscribe"});
  return ParlabProgram(words, ".", {.within = with(mpirun, {"-n", count})}).wait();
}

TEST_F(RankRuns, GoOnBelowAnMpirunOfTheUsers) {
  const Ended ended =
      run_within_mpirun("1", {"run", "pi", "--darts", "1e6", "--backend", "serial,mpi", "--workers",
                              "2", "--rounds", "1", "--quiet"});
  EXPECT_EQ(ended.code, 0) << ended.err;
}

TEST_F(RankRuns, AreRefusedWhereAnMpirunHasStartedSeveral) {
  const Ended ended =
      run_within_mpirun("2", {"run", "pi", "--backend", "mpi", "--workers", "2", "--rounds", "1"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("2 of this program were started at once"));
  EXPECT_THAT(ended.err, HasSubstr("start it once, without mpirun"));
}

TEST_F(RankRuns, RefuseRanksOfThreadsWhereThereAreNone) {
  const Ended ended = run_parlab({"run", "pi", "--backend", "mpi", "--ranks", "2"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("--ranks: none of the arms has threads in ranks"));
}

/// The processes of the program below `descendants` that run as ranks.
std::vector<pid_t> ranks_of(const ParlabProgram& program) {
  std::vector<pid_t> ranks;
  for (const pid_t pid : program.descendants())
    if (is_rank(pid)) ranks.push_back(pid);
  return ranks;
}

std::vector<pid_t> standing_ranks(const ParlabProgram& program, std::size_t count) {
  return standing([&] { return ranks_of(program); }, count, 1s);
}

/// Two arms of two ranks: the baseline and the baseline again.
const Words long_run = {"run",      "pi",        "--darts",     "1e8",        "--backend",
                        "mpi",      "--workers", "2",           "--baseline", "first",
                        "--rounds", "1000",      "--isolation", "standing"};

TEST_F(RankRuns, EndWithinTenSecondsWhenARankIsKilled) {
  ParlabProgram program(long_run);
  const auto ranks = standing_ranks(program, 4);
  ASSERT_EQ(ranks.size(), 4u);
  kill(ranks.back(), SIGKILL);
  EXPECT_TRUE(becomes_true([&] { return ranks_of(program).size() <= 2; }, 10s));
  EXPECT_EQ(standing_ranks(program, 2).size(), 2u) << "the other arm goes on";
  program.signal(SIGINT);
  const Ended ended = program.wait();
  EXPECT_THAT(ended.err, testing::ContainsRegex("failed( in round [0-9]+)?: (rank [01]|a rank "
                                                ".process [0-9]+.) on [^:]+: ended by signal 9"));
  EXPECT_TRUE(becomes_true([&] { return program.descendants().empty(); }));
  EXPECT_TRUE(is_memory_free());
}

TEST_F(RankRuns, LeaveNothingBehindWhenInterruptedOrKilled) {
  for (const int signal : {SIGINT, SIGTERM, SIGKILL}) {
    ParlabProgram program(long_run);
    ASSERT_EQ(standing_ranks(program, 4).size(), 4u);
    program.signal(signal);
    const Ended ended = program.wait();
    EXPECT_EQ(ended.code, 128 + signal);
    EXPECT_TRUE(becomes_true([&] { return program.descendants().empty(); }))
        << "after signal " << signal;
    EXPECT_TRUE(is_memory_free()) << "after signal " << signal;
  }
}

}  // namespace
}  // namespace parlab
