// Backend mpi over machines of its own network: the bits of serial, what happens when a rank, a
// machine or the network is lost, and that nothing is left on any machine.

#include "tests/experiments/command_line/hosts/host_runs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <thread>
#include <utility>

#include "kernels/machine/processors/processor_set.hpp"
#include "kernels/machine/usable_cores.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

const Words all_arms = {"--backend", "serial,mpi:all", "--workers", "2",
                        "--hosts",   "h1,h2",          "--rounds",  "1",
                        "--quiet",   "--json",         "-"};

class HostKernels : public HostRuns, public testing::WithParamInterface<Words> {};

TEST_P(HostKernels, GiveTheBitsOfSerial) { expect_bits_of_serial(run(with(GetParam(), all_arms))); }

INSTANTIATE_TEST_SUITE_P(
    Kernels, HostKernels,
    testing::Values(Words{"pi", "--darts", "1e6"},
                    Words{"primes", "--to", "3e6", "--algorithm", "sieve"},
                    Words{"primes", "--range", "B", "--order", "shuffled"},
                    Words{"julia", "--side", "300"}, Words{"verify_prime", "--number", "nonprime1"},
                    Words{"verify_prime", "--number", "nonprime2", "--find", "first"},
                    Words{"verify_prime", "--number", "99999999999973", "--algorithm", "naive",
                          "--split", "strided"}),
    [](const auto& info) { return std::to_string(info.index) + "_" + info.param.front(); });

TEST_F(HostRuns, GiveTheBitsOfSerialForOnesOwnKernel) {
  std::ofstream(folder_.path() / "k.hpp")
      << "constexpr std::uint64_t size = 100000;\n"
         "auto kernel = [](std::uint64_t i) { return 1.0 / static_cast<double>(i + 1); };\n";
  expect_bits_of_serial(run(with({"own", "--kernel", "k.hpp", "--grain", "1000"}, all_arms)));
}

TEST_F(HostRuns, TakeHostsFromAFileThatOnlyTheFirstMachineHas) {
  std::ofstream(folder_.path() / "machines") << "# two ranks each\nh1 slots=2\nh2:2\n";
  const Ended ended = run({"pi", "--darts", "1e6", "--backend", "serial,mpi", "--workers", "4",
                           "--hostfile", "machines", "--rounds", "1", "--quiet", "--json", "-"});
  expect_bits_of_serial(ended, 1);
  const auto hosts = nlohmann::json::parse(ended.out).at("context").at("hosts");
  ASSERT_EQ(hosts.size(), 2u);
  EXPECT_EQ(hosts[1].at("name"), "h2");
  EXPECT_EQ(hosts[1].at("slots"), 2);
}

/// A host where the program is started by other words, as on another machine.
class OtherHost : public HostRuns {
 protected:
  /// In the program's place on h2 stands a script that starts a copy of it so.
  void start_on_h2_by(const std::string& words) {
    const auto program = program_path();
    const auto copy = folder_.path() / "copy";
    std::filesystem::create_directory(copy);
    for (const char* file : {"parlab", "parlab-mpi.so"})
      std::filesystem::copy_file(program.parent_path() / file, copy / file);
    const auto script = folder_.path() / "script";
    std::ofstream(script) << "#!/bin/sh\nexec " << words << " " << copy / "parlab"
                          << " \"$@\"\n";
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    hosts_->run_on("h2", {"mount", "--bind", script, program});
  }
};

TEST_F(OtherHost, WithAnotherSimdLevelGivesTheSameBits) {
  const std::string level =
      nlohmann::json::parse(run_parlab({"list", "--json"}).out).at("simd_levels").back();
  start_on_h2_by("env PARLAB_SIMD=" + level);
  const Ended ended = run(with({"julia", "--side", "300"}, all_arms));
  expect_bits_of_serial(ended);
  EXPECT_EQ(nlohmann::json::parse(ended.out).at("context").at("hosts").at(1).at("simd"), level);
}

TEST_F(OtherHost, WithOtherProcessorsHasTheSameChunks) {
  if (usable_cores() < 2) GTEST_SKIP() << "needs two processors, to take one from a host";
  start_on_h2_by("taskset -c " + std::to_string(processors_at_start().numbers().front()));
  // So high up that the automatic grain of a short range follows from the processors.
  expect_bits_of_serial(
      run(with({"primes", "--from", "1e18", "--to", "1000000000200000000", "--algorithm", "sieve"},
               all_arms)));
}

TEST_F(HostRuns, AreRefusedWhereAHostIsNotReached) {
  hosts_->cut("h2");
  for (const char* host : {"h2", "h9"}) {
    const Ended ended = run({"pi", "--backend", "mpi", "--workers", "2", "--hosts",
                             std::string("h1,") + host, "--json", "pi.json"});
    EXPECT_EQ(ended.code, 2);
    EXPECT_THAT(ended.err, HasSubstr(std::string("host ") + host + " cannot be reached: ssh: "));
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
  }
  EXPECT_TRUE(folder_.files().empty());
}

TEST_F(HostRuns, AreRefusedWhereAHostDoesNotReachThisMachine) {
  // A machine that hides behind another's address is asked, and cannot answer by its own way.
  hosts_->run_on("h2", {"ip", "address", "flush", "dev", "eth0"});
  const Ended ended =
      run({"pi", "--backend", "mpi", "--workers", "2", "--hosts", "h1,h2", "--rounds", "1"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("host h2 cannot connect to the machine that parlab was"),
                               HasSubstr("10.78.0.1")));
}

/// Seconds of processors that they have taken so far.
double cpu_seconds(const std::vector<pid_t>& processes) {
  double ticks = 0;
  for (const pid_t pid : processes) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(file, text);
    std::istringstream behind_the_name(text.substr(std::min(text.rfind(')') + 1, text.size())));
    std::string word;
    for (int i = 0; i < 11; ++i) behind_the_name >> word;  // proc(5): utime and stime are next
    double user = 0, system = 0;
    behind_the_name >> user >> system;
    ticks += user + system;
  }
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

TEST_F(HostRuns, TakeNoProcessorWhileAnotherArmIsTimed) {
  // Nobody computes: serial sleeps for seconds a run, ranks shortly.
  std::ofstream(folder_.path() / "k.hpp")
      << "#include <chrono>\n#include <cstdlib>\n#include <thread>\n"
         "constexpr std::uint64_t size = 2;\n"
         "auto kernel = [](std::uint64_t i) {\n"
         "  const bool is_rank = std::getenv(\"OMPI_COMM_WORLD_RANK\") || "
         "std::getenv(\"PMI_RANK\");\n"
         "  std::this_thread::sleep_for(std::chrono::milliseconds(is_rank ? 20 : 1500));\n"
         "  return i;\n"
         "};\n"
         "constexpr std::uint64_t expected = 1;\n";
  ParlabProgram program(
      {"run", "own", "--kernel", "k.hpp", "--backend", "serial,mpi", "--workers", "4", "--hosts",
       "h1:2,h2:2", "--grain", "1", "--rounds", "1000", "--isolation", "standing", "--quiet"},
      folder_.path(), hosts_->on_head());
  // Ranks that start take some, and a busy machine starts them slowly: one that waits awake takes all,
  // in each of the windows.
  std::string seen;
  const bool is_quiet = becomes_true(
      [&] {
        const auto ranks = standing([&] { return all_ranks(); }, 4, 1s);
        if (ranks.empty()) return false;
        const double before = cpu_seconds(ranks);
        const auto begin = Clock::now();
        std::this_thread::sleep_for(6s);
        if (all_ranks() != ranks) return false;
        const std::chrono::duration<double> passed = Clock::now() - begin;
        const double taken = cpu_seconds(ranks) - before;
        seen += " " + std::to_string(taken) + " of " + std::to_string(passed.count()) + " s";
        return taken < 0.1 * passed.count();
      },
      60s);
  program.signal(SIGTERM);
  const Ended ended = program.wait();
  EXPECT_TRUE(is_quiet) << "four ranks took" << seen << "; " << ended.err;
  expect_nothing_left();
}

TEST_F(HostRuns, GiveTheSameBitsOverABadNetwork) {
  if (const std::string why = hosts_->impair("h2", {.delay = 20ms, .jitter = 10ms, .loss = 0.02});
      !why.empty())
    GTEST_SKIP() << why;
  expect_bits_of_serial(run(with({"primes", "--to", "3e6", "--algorithm", "sieve"}, all_arms)));
  expect_bits_of_serial(
      run(with({"verify_prime", "--number", "nonprime2", "--find", "first"}, all_arms)));
  EXPECT_GT(hosts_->lost_frames("h2"), 0u);
}

/// Stops all processes of a machine again and again, or once.
void stop_and_go(const NetworkHosts& hosts, const std::string& host, std::chrono::milliseconds stop,
                 std::chrono::milliseconds go) {
  for (const int signal : {SIGSTOP, SIGCONT}) {
    for (const pid_t pid : hosts.processes(host)) kill(pid, signal);
    std::this_thread::sleep_for(signal == SIGSTOP ? stop : go);
  }
}

TEST_F(HostRuns, WaitForAMachineThatIsSlow) {
  ParlabProgram program(with({"run"}, with({"primes", "--range", "B"}, all_arms)), folder_.path(),
                        hosts_->on_head());
  std::atomic<bool> has_ended = false;
  std::thread brake([&] {
    becomes_true([&] { return has_ended || !ranks_on("h2").empty(); });
    // Longer than a machine may be silent: this one still answers.
    if (!has_ended) stop_and_go(*hosts_, "h2", 9s, 100ms);
    while (!has_ended) stop_and_go(*hosts_, "h2", 100ms, 50ms);
  });
  const Ended ended = program.wait();
  has_ended = true;
  brake.join();
  expect_bits_of_serial(ended);
  expect_nothing_left();
}

TEST_F(HostRuns, TellRankHostAndMessageOfAnException) {
  std::ofstream(folder_.path() / "k.hpp")
      << "#include <cstdlib>\n#include <stdexcept>\n"
         "constexpr std::uint64_t size = 1000;\n"
         "auto kernel = [](std::uint64_t i) {\n"
         "  if (i == 999 && (std::getenv(\"OMPI_COMM_WORLD_RANK\") || std::getenv(\"PMI_RANK\")))\n"
         "    throw std::runtime_error(\"index 999 says no\");\n"
         "  return i;\n"
         "};\n"
         "constexpr std::uint64_t expected = 499500;\n";
  const Ended ended = run({"own", "--kernel", "k.hpp", "--backend", "mpi", "--workers", "2",
                           "--hosts", "h1,h2", "--grain", "100", "--rounds", "1"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("rank 1 on h2: "));
  EXPECT_THAT(ended.err, HasSubstr("index 999 says no"));
}

/// Two arms, the baseline and the baseline again, of four ranks each: 0 and 1 on h1, 2 and 3 on h2.
const Words long_run = {"run",         "pi",        "--darts", "3e8",        "--backend",
                        "mpi",         "--workers", "4",       "--rounds",   "1000",
                        "--hosts",     "h1:2,h2:2", "--quiet", "--baseline", "first",
                        "--isolation", "standing"};
constexpr std::size_t ranks_a_host = 4;

class HostLosses : public HostRuns {
 protected:
  void start() {
    program_.emplace(long_run, folder_.path(), hosts_->on_head());
    ASSERT_EQ(standing([&] { return all_ranks(); }, 2 * ranks_a_host, 2s).size(), 2 * ranks_a_host);
    ASSERT_EQ(ranks_on("h1").size(), ranks_a_host);
  }

  /// What is told where the machine is lost to all arms: then the run ends.
  template <class Lose>
  std::string told_after(const Lose& lose) {
    start();
    const auto begin = Clock::now();
    lose();
    const Ended ended = program_->wait();
    const std::chrono::duration<double> passed = Clock::now() - begin;
    EXPECT_LT(passed.count(), 30);  // 10 where nothing else runs
    std::cout << "ended after " << passed.count() << " s: " << ended.err;
    EXPECT_EQ(ended.code, 1);
    EXPECT_TRUE(becomes_true([&] { return program_->descendants().empty(); }));
    return ended.err;
  }

  /// One rank's end is that of its arm; the other goes on.
  void expect_told_alone(const std::string& host, pid_t rank, const std::string& who) {
    kill(rank, SIGKILL);
    EXPECT_EQ(standing([&] { return all_ranks(); }, ranks_a_host, 1s).size(), ranks_a_host)
        << "of the other arm, after the loss of one on " << host;
    program_->signal(SIGTERM);
    const Ended ended = program_->wait();
    EXPECT_THAT(ended.err, ContainsRegex("failed.*: " + who + ": ended by signal 9"));
    EXPECT_TRUE(becomes_true([&] { return program_->descendants().empty(); }));
    expect_nothing_left();
  }

  std::optional<ParlabProgram> program_;
};

TEST_F(HostLosses, OfARankAreToldWithRankHostAndCause) {
  start();
  expect_told_alone("h2", ranks_on("h2").back(), "rank [23] on h2");
}

TEST_F(HostLosses, OfARankOnTheFirstHostAreToldWithRankHostAndCause) {
  start();
  expect_told_alone("h1", ranks_on("h1").front(), "rank [01] on h1");
}

TEST_F(HostLosses, OfAMachineAreTold) {
  const std::string told = told_after([&] { hosts_->kill("h2"); });
  EXPECT_THAT(told, testing::AnyOf(HasSubstr("host h2 was lost"),
                                   ContainsRegex("ranks? [23](, 3)? on h2: ended")));
  EXPECT_EQ(hosts_->leftovers("h1"), "");
}

TEST_F(HostLosses, OfTheNetworkAreTold) {
  const std::string told = told_after([&] { hosts_->cut("h2"); });
  EXPECT_THAT(told, ContainsRegex("host h2 was lost.*: it no longer answers"));
  expect_nothing_left();  // on h2, too, which nobody reaches
}

TEST_F(HostLosses, OfTheNetworkOfTheFirstRankAreTold) {
  const std::string told = told_after([&] { hosts_->cut("h1"); });
  EXPECT_THAT(told, ContainsRegex("host h1 was lost.*: it no longer answers"));
  expect_nothing_left();
}

TEST_F(HostLosses, OfWhoStartedThemEndAllRanks) {
  for (const int number : {SIGINT, SIGTERM, SIGKILL}) {
    start();
    program_->signal(number);
    EXPECT_EQ(program_->wait().code, 128 + number);
    EXPECT_TRUE(becomes_true([&] { return program_->descendants().empty(); }));
    expect_nothing_left();
  }
}

}  // namespace
}  // namespace parlab
