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

TEST(WaitedForOthers, IsNoMoreThanTheyRan) {
  const Waits before{1.0, 10.0};  // powers of two: exact
  EXPECT_THAT(waited_for_others(before, {1.5, 12.0}, 1.0), Optional(0.5));
  EXPECT_THAT(waited_for_others(before, {1.5, 12.0}, 1.75), Optional(0.25));
  EXPECT_THAT(waited_for_others(before, {1.5, 12.0}, 2.5), Optional(0.0)) << "for each other";
  EXPECT_THAT(waited_for_others(before, {1.5, std::nullopt}, 2.5), Optional(0.5)) << "not told";
  EXPECT_EQ(waited_for_others({}, {1.5, 12.0}, 1.0), std::nullopt);
  EXPECT_EQ(waited_for_others(before, {}, 1.0), std::nullopt);
}

TEST(AllRunSeconds, AreThoseOfAllProcessors) {
  // Version 15 of the format; other lines are of domains.
  const std::string text =
      "version 15\ntimestamp 4296\n"
      "cpu0 0 0 10 4 6 3 1500000000 77 9\ndomain0 3 1 2 3\n"
      "cpu1 0 0 11 5 6 3 2250000000 88 9\ndomain0 3 1 2 3\n";
  EXPECT_THAT(run_seconds(text), Optional(DoubleEq(3.75)));
  for (const char* cut :
       {"", "version 15\n", "cpu0\n", "cpu0 1 2 3 4 5 6\n", "cpu0 a b c d e f g\n"})
    EXPECT_EQ(run_seconds(cut), std::nullopt) << cut;
}

TEST(AllRunSeconds, AreReadWhereTheKernelTellsThem) {
  RootFolder folder;
  const ProcessorWait wait(folder.path());
  EXPECT_EQ(wait.all_run_seconds(), std::nullopt);
  folder.file("sys/fs/cgroup/cpuacct/cpuacct.usage", "2500000000");
  EXPECT_THAT(wait.all_run_seconds(), Optional(DoubleEq(2.5)));
  folder.file("proc/schedstat", "version 15\ncpu0 0 0 0 0 0 0 1000000000 0 0");
  EXPECT_THAT(wait.all_run_seconds(), Optional(DoubleEq(1)));
}

TEST(AllRunSeconds, GrowWithWhatThisProcessRuns) {
  const ProcessorWait wait;
  const auto before = wait.all_run_seconds();
  if (!before) GTEST_SKIP() << "this kernel does not tell how much all programs run";
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (*wait.all_run_seconds() < *before + 0.05 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::microseconds(1));  // a switch, after which it counts
  EXPECT_GE(*wait.all_run_seconds(), *before + 0.05);
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
