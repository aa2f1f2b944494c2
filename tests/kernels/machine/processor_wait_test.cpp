#include "kernels/machine/processor_wait.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "kernels/machine/usable_cores.hpp"
#include "tests/kernels/machine/root_folder.hpp"

namespace parlab {
namespace {

using made_up::RootFolder;
using std::chrono_literals::operator""s;
using testing::DoubleEq;
using testing::Optional;

std::string pressure(std::uint64_t microseconds) {
  return "some avg10=0.00 avg60=1.25 avg300=0.10 total=" + std::to_string(microseconds) +
         "\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=99";
}

TEST(ProcessorWait, IsReadFromTheLineOfSomeThreads) {
  EXPECT_THAT(pressure_seconds(pressure(1'500'000)), Optional(DoubleEq(1.5)));
  EXPECT_THAT(pressure_seconds(pressure(0)), Optional(0.0));
  for (const char* text :
       {"", "some", "some avg10=0.00", "some avg10=0.00 total=", "some avg10=0.00 total=x",
        "full avg10=0.00 avg60=0.00 avg300=0.00 total=99", "total=7"})
    EXPECT_EQ(pressure_seconds(text), std::nullopt) << text;
}

TEST(ProcessorWait, IsNotToldWhereTheKernelDoesNotCount) {
  EXPECT_EQ(ProcessorWait(RootFolder().path()).seconds(), std::nullopt);
  RootFolder folder;
  folder.file("proc/pressure/cpu", "");
  EXPECT_EQ(ProcessorWait(folder.path()).seconds(), std::nullopt);
}

TEST(ProcessorWait, IsThatOfTheNearestGroupThatCounts) {
  RootFolder folder;
  folder.file("proc/pressure/cpu", pressure(7'000'000));
  folder.file("proc/self/cgroup", "0::/user.slice/session-3.scope");
  EXPECT_THAT(ProcessorWait(folder.path()).seconds(), Optional(7.0));
  folder.file("sys/fs/cgroup/user.slice/cpu.pressure", pressure(2'000'000));
  EXPECT_THAT(ProcessorWait(folder.path()).seconds(), Optional(2.0));
  folder.file("sys/fs/cgroup/user.slice/session-3.scope/cpu.pressure", pressure(1'000'000));
  EXPECT_THAT(ProcessorWait(folder.path()).seconds(), Optional(1.0));
}

TEST(ProcessorWait, FollowsItsFile) {
  RootFolder folder;
  folder.file("proc/pressure/cpu", pressure(1'000'000));
  const ProcessorWait wait(folder.path());
  folder.file("proc/pressure/cpu", pressure(12'000'000));
  EXPECT_THAT(wait.seconds(), Optional(12.0));
}

TEST(ProcessorWait, GrowsWhileMoreThreadsRunThanThereAreProcessors) {
  const ProcessorWait wait;
  const auto before = wait.seconds();
  if (!before)
    GTEST_SKIP() << "this kernel does not tell how long threads wait (/proc/pressure/cpu)";
  std::atomic<bool> stop = false;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3 * usable_cores(); ++i)
      threads.emplace_back([&] {
        while (!stop) {
        }
      });
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (*wait.seconds() < *before + 0.05 && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    stop = true;
  }
  EXPECT_GE(*wait.seconds(), *before + 0.05);
}

}  // namespace
}  // namespace parlab
