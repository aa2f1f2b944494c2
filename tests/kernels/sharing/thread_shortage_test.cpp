// Limits that are set in a child of the test, which ends with what it found.

#include "kernels/sharing/thread_shortage.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <iterator>
#include <string>
#include <thread>

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

std::ptrdiff_t threads_of_this_process() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                       std::filesystem::directory_iterator());
}

TEST(ThreadTrial, LeavesNoThreadBehind) {
  const auto before = threads_of_this_process();
  try_threads(1, 16);
  // One that was joined just now is seen for some microseconds more.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (threads_of_this_process() != before && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(threads_of_this_process(), before);
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
