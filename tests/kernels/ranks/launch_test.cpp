#include "kernels/backends/ranks/launch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "kernels/backends/backend_registry.hpp"
#include "tests/kernels/base/refusal.hpp"

namespace parlab {
namespace {

using testing::HasSubstr;

TEST(RankHosts, AreReadWithTheirSlots) {
  EXPECT_EQ(parse_rank_hosts("--hosts", "h1:2,h2"), (std::vector<RankHost>{{"h1", 2}, {"h2", 1}}));
}

TEST(RankHosts, AreRefusedWhereTheyCannotBe) {
  for (const char* text : {"", "h1,,h2", "h1:0", "h1:x", "h1:", ":2", "-x:1", "h 1:1", "h1:5000"})
    EXPECT_THAT(refusal([&] { parse_rank_hosts("--hosts", text); }), HasSubstr("--hosts")) << text;
  EXPECT_THAT(refusal([] { parse_rank_hosts("--hosts", "h1,h1"); }), HasSubstr("twice"));
}

TEST(RankHosts, AreReadFromAFile) {
  const auto path = std::filesystem::path(testing::TempDir()) / "parlab-hostfile";
  std::ofstream(path) << "# machines\nh1 slots=2\n\n  h2:3 # fast\nh3\n";
  EXPECT_EQ(read_rank_hosts("--hostfile", path),
            (std::vector<RankHost>{{"h1", 2}, {"h2", 3}, {"h3", 1}}));
  for (const char* text : {"", "h1 slots=x\n", "h1 2\n", "h1 slots=2 more\n"}) {
    std::ofstream(path, std::ios::trunc) << text;
    EXPECT_THAT(refusal([&] { read_rank_hosts("--hostfile", path); }), HasSubstr("--hostfile"))
        << text;
  }
  std::filesystem::remove(path);
  EXPECT_THAT(refusal([&] { read_rank_hosts("--hostfile", path); }), HasSubstr("cannot be read"));
}

using Threads = std::vector<int>;
using Hosts = std::vector<RankHost>;

TEST(RankLayout, GivesEachWorkerARank) {
  const RankLayout here = rank_layout(3, {}, 0);
  EXPECT_EQ(here.hosts, Hosts{});
  EXPECT_EQ(here.threads, (Threads{1, 1, 1}));
  const RankLayout there = rank_layout(3, {{"h1", 2}, {"h2", 4}, {"h3", 1}}, 0);
  EXPECT_EQ(there.hosts, (Hosts{{"h1", 2}, {"h2", 1}}));
  EXPECT_EQ(there.threads, (Threads{1, 1, 1}));
}

TEST(RankLayout, SharesWorkersOfAHostAmongItsRanks) {
  const Hosts hosts = {{"h1", 4}, {"h2", 2}, {"h3", 9}};
  const RankLayout one = rank_layout(6, hosts, 1);
  EXPECT_EQ(one.hosts, (Hosts{{"h1", 1}, {"h2", 1}}));
  EXPECT_EQ(one.threads, (Threads{4, 2}));
  const RankLayout some = rank_layout(13, hosts, 3);
  EXPECT_EQ(some.hosts, (Hosts{{"h1", 3}, {"h2", 2}, {"h3", 3}}));
  EXPECT_EQ(some.threads, (Threads{2, 1, 1, 1, 1, 3, 2, 2}));
  EXPECT_EQ(rank_layout(5, {}, 2).threads, (Threads{3, 2}));
  EXPECT_EQ(rank_layout(1, {}, 2).threads, Threads{1});
}

TEST(RankLayout, KeepsToSlots) {
  EXPECT_EQ(refusal([] { require_slots(3, {{"h1", 2}, {"h2", 1}}); }), "");
  EXPECT_EQ(refusal([] { require_slots(9, {}); }), "");
  EXPECT_THAT(refusal([] { require_slots(4, {{"h1", 2}, {"h2", 1}}); }), HasSubstr("h1:3"));
}

TEST(RankHosts, KnowThisMachine) {
  EXPECT_TRUE(is_this_machine("localhost"));
  EXPECT_TRUE(is_this_machine(machine_name()));
  EXPECT_TRUE(is_this_machine("127.0.0.1"));
  EXPECT_FALSE(is_this_machine("192.0.2.77"));  // of no machine (RFC 5737)
}

TEST(RankEnd, NamesTheMachineThatIsSilent) {
  EXPECT_EQ(why_ranks_were_lost({{1, "h1", false}, {3, "h2", true}, {2, "h2", true}}),
            "host h2 was lost, with ranks 2, 3: it no longer answers");
  EXPECT_EQ(why_ranks_were_lost({{1, "h1", false}}), "rank 1 on h1: ended");
}

TEST(RankEnd, IsToldByWhoWasLost) {
  const ExitStatus ended{1, std::nullopt};
  EXPECT_EQ(why_ranks_ended("-----\nPrimary job  terminated\n-----\n-----\nmpirun noticed that "
                            "process rank 1 with PID 0 on node vm exited on signal 9 (Killed).\n",
                            ended, {}),
            "rank 1 on vm: ended by signal 9 (Killed)");
  EXPECT_EQ(why_ranks_ended("parlab: interrupted; nothing was written\nmpirun noticed that process "
                            "rank 0 with PID 0 on node h2 exited on signal 9 (Killed).\n",
                            ended, {}),
            "rank 0 on h2: ended by signal 9 (Killed)");
  EXPECT_EQ(
      why_ranks_ended("-----\nprterun noticed that process rank 1 with PID 26291 on node vm exited "
                      "on\nsignal 9 (Killed).\n-----\n",
                      ended, {}),
      "rank 1 on vm: ended by signal 9 (Killed)")
      << "Open MPI 5 breaks lines";
  EXPECT_EQ(why_ranks_ended("noise\nparlab: rank 2 on b: no memory\nmpirun noticed\n", ended, {}),
            "rank 2 on b: no memory");
  EXPECT_THAT(
      why_ranks_ended("ssh: Could not resolve hostname h9: Name or service not known\n", ended, {}),
      HasSubstr("cannot be reached: Could not resolve hostname h9"));
  EXPECT_THAT(why_ranks_ended("", ended, {}), HasSubstr("exit code 1"));
  EXPECT_THAT(
      why_ranks_ended("At least one pair of MPI processes are unable to reach each other for\n"
                      "MPI communications.\n\n  Process 1 ([[45784,1],0]) is on host: h1\n"
                      "  Process 2 ([[45784,1],1]) is on host: h2\n  BTLs attempted: self tcp\n",
                      ended, {{0, "h1", false}}),
      HasSubstr("ranks on h1 and h2 do not reach each other"));
}

TEST(RankEnd, IsToldByConnectionsWhereMpirunNamesNoHost) {
  const ExitStatus ended{9, std::nullopt};
  const std::string vague =
      "-----\nORTE was unable to reliably start one or more daemons.\nThis usually is caused by:\n";
  EXPECT_EQ(why_ranks_ended(vague, ended, {{2, "h2", false}, {0, "h1", false}}),
            "rank 2 on h2: ended");
  EXPECT_THAT(why_ranks_ended(vague, ended, {{0, "h1", false}, {2, "h2", true}}),
              HasSubstr("host h2 was lost"));
  EXPECT_THAT(why_ranks_ended(vague, ended, {}), HasSubstr("mpirun: ORTE was unable"));
  EXPECT_EQ(why_ranks_ended("parlab: rank 2 on b: no memory\n", ended, {{1, "a", false}}),
            "rank 2 on b: no memory");
}

TEST(RankEnd, IsToldByWhatMpichSaysOfAProcess) {
  const std::string told =
      "=   BAD TERMINATION OF ONE OF YOUR APPLICATION PROCESSES\n=   PID 28144 RUNNING AT h2\n"
      "=   EXIT CODE: 9\n=   CLEANING UP REMAINING PROCESSES\n";
  const std::string killed =
      "YOUR APPLICATION TERMINATED WITH THE EXIT STRING: Killed (signal 9)\nThis typically\n";
  const ExitStatus ended{9, std::nullopt};
  EXPECT_EQ(why_ranks_ended(told + killed, ended, {}),
            "a rank (process 28144) on h2: ended by signal 9 (Killed)");
  EXPECT_EQ(why_ranks_ended(told + killed, ended, {{0, "h1", false}, {3, "h2", false}}),
            "rank 3 on h2: ended by signal 9 (Killed)");
  EXPECT_EQ(why_ranks_ended(told, ended, {}),
            "a rank (process 28144) on h2: ended with exit code 9");
  EXPECT_EQ(why_ranks_ended("parlab: rank 1 on h2: no memory\n" + told, ended, {}),
            "rank 1 on h2: no memory");
}

TEST(RankBackendOutsideRanks, SaysWhoStartsThem) {
  EXPECT_THAT(refusal([] { make_backend({"mpi", "static", 2}); }), HasSubstr("parlab run"));
}

}  // namespace
}  // namespace parlab
