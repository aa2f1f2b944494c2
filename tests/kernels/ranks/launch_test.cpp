#include "kernels/backends/ranks/launch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

using testing::HasSubstr;

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "taken";
}

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

TEST(RankEnd, IsToldByWhoWasLost) {
  const ExitStatus ended{1, std::nullopt};
  EXPECT_EQ(why_ranks_ended("-----\nPrimary job  terminated\n-----\n-----\nmpirun noticed that "
                            "process rank 1 with PID 0 on node vm exited on signal 9 (Killed).\n",
                            ended),
            "rank 1 on vm: ended by signal 9 (Killed)");
  EXPECT_EQ(why_ranks_ended("parlab: interrupted; nothing was written\nmpirun noticed that process "
                            "rank 0 with PID 0 on node h2 exited on signal 9 (Killed).\n",
                            ended),
            "rank 0 on h2: ended by signal 9 (Killed)");
  EXPECT_EQ(why_ranks_ended("noise\nparlab: rank 2 on b: no memory\nmpirun noticed\n", ended),
            "rank 2 on b: no memory");
  EXPECT_THAT(
      why_ranks_ended("ssh: Could not resolve hostname h9: Name or service not known\n", ended),
      HasSubstr("cannot be reached: Could not resolve hostname h9"));
  EXPECT_THAT(why_ranks_ended("", ended), HasSubstr("exit code 1"));
}

TEST(RankBackendOutsideRanks, SaysWhoStartsThem) {
  EXPECT_THAT(refusal([] { make_backend({"mpi", "static", 2}); }), HasSubstr("parlab run"));
}

}  // namespace
}  // namespace parlab
