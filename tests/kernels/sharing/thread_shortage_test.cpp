// Limits that are set in a child of the test, which ends with what it found.

#include "kernels/sharing/thread_shortage.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <functional>
#include <string>

#include "kernels/sanitizers.hpp"
#include "tests/kernels/shortage.hpp"

namespace parlab {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

TEST(ThreadTrial, PassesWhereThreadsCanBeStarted) {
  EXPECT_NO_THROW(try_threads(2, 8));
  EXPECT_NO_THROW(try_threads(1, 1, 1 << 20));
  EXPECT_NO_THROW(try_threads(2, 1)) << "none at all";
}

TEST(ThreadTrial, LeavesNoThreadBehind) {
  try_threads(1, 16);
  std::ifstream status("/proc/self/stat");
  std::string line;
  std::getline(status, line);
  // The fields behind the name: state, ..., the number of threads is the 18th.
  std::size_t at = line.rfind(')') + 2;
  for (int field = 3; field < 20; ++field) at = line.find(' ', at) + 1;
  EXPECT_EQ(line.substr(at, line.find(' ', at) - at), "1");
}

TEST(ThreadTrial, NamesTheThreadAndTheLimitOnProcesses) {
  if (getuid() != 0) GTEST_SKIP() << "needs root, to become somebody whom the limit holds";
  const std::string said = told_with_few_processes(12, [] { try_threads(2, 64); });
  EXPECT_THAT(said, MatchesRegex("cannot start thread [0-9]+ of 64: the limit on processes, "
                                 "ulimit -u, is 12"));
}

TEST(ThreadTrial, NamesTheThreadAndTheLimitOnAddressSpace) {
#if defined(PARLAB_ADDRESS_SANITIZER) || defined(PARLAB_THREAD_SANITIZER)
  GTEST_SKIP() << "a sanitizer reserves more address space than any limit allows";
#endif
  const std::string said =
      told_with_little_memory(std::size_t{64} << 20, [] { try_threads(1, 64, 8 << 20); });
  EXPECT_THAT(said,
              MatchesRegex("cannot start thread [0-9]+ of 64: the limit on address space, "
                           "ulimit -v, is [0-9]+ MiB, and the stack of a thread takes 8 MiB"));
}

TEST(ProcessShortage, TellsLimitsFromMemoryAndFromTheRest) {
  EXPECT_THAT(why_no_process(EAGAIN), HasSubstr("limit"));
  EXPECT_THAT(why_no_process(ENOMEM), HasSubstr("memory"));
  EXPECT_EQ(why_no_process(EPERM), "Operation not permitted");
}

}  // namespace
}  // namespace parlab
