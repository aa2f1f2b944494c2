// What a pool that is kept must do besides: start its threads once, find its way after a fork, sleep
// when nobody needs it.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <numeric>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/base/sanitizers.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;

std::uint64_t sum_to(Backend& backend, std::uint64_t n) {
  return map_reduce(
      backend, Chunking({0, n}, 1), std::uint64_t{0}, [](IndexRange range) { return range.begin; },
      std::plus<>());
}

std::set<std::string> threads_of_process() {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task"))
    names.insert(entry.path().filename());
  return names;
}

/// Those that stay: one that was joined just now is seen for some microseconds more.
std::set<std::string> settled_threads() {
  std::this_thread::sleep_for(20ms);
  return threads_of_process();
}

class ThreadPoolBackendTest : public testing::TestWithParam<const char*> {
 protected:
  static std::unique_ptr<Backend> open(int workers) {
    return make_backend(parse_backend(GetParam(), workers));
  }
};

TEST_P(ThreadPoolBackendTest, StartsItsThreadsOnceAndEndsThem) {
  std::thread([] {}).join();  // a sanitizer starts its own thread with the first
  const auto before = settled_threads();
  {
    const auto backend = open(4);
    const auto started = threads_of_process();
    EXPECT_EQ(started.size(), before.size() + 3);
    for (int run = 0; run < 50; ++run) sum_to(*backend, 10);
    EXPECT_EQ(threads_of_process(), started);
  }
  // One that was joined just now is seen for some microseconds more.
  for (int look = 0; look < 1000 && threads_of_process() != before; ++look)
    std::this_thread::sleep_for(1ms);
  EXPECT_EQ(threads_of_process(), before);
}

TEST_P(ThreadPoolBackendTest, ComputesASingleChunkOnTheCaller) {
  const auto backend = open(3);
  std::thread::id who;
  backend->for_chunks(Chunking({0, 5}, 5), [&](IndexRange) { who = std::this_thread::get_id(); });
  EXPECT_EQ(who, std::this_thread::get_id());
}

// Runs that find the threads spinning, falling asleep, and asleep.
TEST_P(ThreadPoolBackendTest, AnswersAfterPausesOfAnyLength) {
  for (const int workers : {2, 5}) {
    const auto backend = open(workers);
    for (int pause = 0; pause < 200; ++pause) {
      std::this_thread::sleep_for(std::chrono::microseconds(pause));
      ASSERT_EQ(sum_to(*backend, 9), 36u) << pause << " us, " << workers << " workers";
    }
  }
}

// A thread that sleeps takes microseconds to wake up; the caller's chunk takes none.
TEST_P(ThreadPoolBackendTest, HasTheCallerComputeWhatNobodyHasBegun) {
  const auto backend = open(3);
  const std::thread::id caller = std::this_thread::get_id();
  int alone = 0;
  for (int run = 0; run < 200; ++run) {
    std::this_thread::sleep_for(1ms);  // longer than threads spin
    std::vector<std::thread::id> who(3);
    backend->for_chunks(Chunking({0, 3}, 1),
                        [&](IndexRange range) { who[range.begin] = std::this_thread::get_id(); });
    if (std::ranges::count(who, caller) == 3) ++alone;
  }
  EXPECT_GT(alone, 0);
}

// Runs so short that shares are claimed and taken back at the same moment.
TEST_P(ThreadPoolBackendTest, ComputesEachChunkOnceWhoeverClaimsIt) {
  for (const int workers : {2, 3, 7}) {
    const auto backend = open(workers);
    for (int run = 0; run < 3000; ++run) {
      std::vector<int> times(2 * workers);
      std::atomic<int> spun = 0;
      backend->for_chunks(Chunking({0, times.size()}, 1), [&](IndexRange range) {
        for (int turn = 0; turn < run % 97; ++turn) spun.fetch_add(1, std::memory_order_relaxed);
        ++times[range.begin];
      });
      ASSERT_EQ(times, std::vector<int>(times.size(), 1)) << workers << " workers, run " << run;
    }
  }
}

// One share waits for the other: who waits must not take back what the other is about to begin.
TEST_P(ThreadPoolBackendTest, LetsChunksWaitForEachOther) {
  const auto backend = open(2);
  for (int run = 0; run < 50; ++run) {
    std::atomic<int> begun = 0;
    backend->for_chunks(Chunking({0, 2}, 1), [&](IndexRange) {
      begun.fetch_add(1);
      while (begun.load() < 2) std::this_thread::yield();
    });
    ASSERT_EQ(begun.load(), 2);
  }
}

TEST_P(ThreadPoolBackendTest, UsesNoProcessorTimeWhileIdle) {
  const auto backend = open(2);
  sum_to(*backend, 100);
  std::this_thread::sleep_for(20ms);  // longer than it spins, on a busy machine too
  const std::clock_t before = std::clock();
  std::this_thread::sleep_for(300ms);
  EXPECT_LT(std::clock() - before, CLOCKS_PER_SEC / 20);
}

TEST_P(ThreadPoolBackendTest, StartsItsThreadsAgainInAForkedChild) {
#ifdef PARLAB_THREAD_SANITIZER
  GTEST_SKIP() << "the sanitizer starts no threads in a child of several";
#endif
  const auto backend = open(3);
  ASSERT_EQ(sum_to(*backend, 100), 4950u);
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);  // what hangs is killed
    int code = 0;
    if (sum_to(*backend, 100) != 4950) code |= 1;
    if (threads_of_process().size() != 3) code |= 2;
    const pid_t grandchild = fork();
    if (grandchild == 0) _exit(sum_to(*backend, 50) == 1225 ? 0 : 1);
    int status = 0;
    if (waitpid(grandchild, &status, 0) != grandchild || status != 0) code |= 4;
    _exit(code);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(sum_to(*backend, 100), 4950u) << "the parent's threads work on";
}

TEST_P(ThreadPoolBackendTest, IsDestroyedInAForkedChildThatNeverUsedIt) {
  auto backend = open(3);
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    backend.reset();
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Schedules, ThreadPoolBackendTest,
    testing::Values("thread_pool:static", "thread_pool:dynamic", "thread_pool:guided"),
    [](const auto& info) {
      return std::string(info.param).substr(std::string("thread_pool:").size());
    });

TEST(ThreadPoolGuided, TakesLargePiecesFirstAndSingleChunksLast) {
  const auto backend = make_backend(parse_backend("thread_pool:guided", 2));
  std::vector<std::thread::id> who(64);
  backend->for_chunks(Chunking({0, 64}, 1), [&](IndexRange range) {
    who[range.begin] = std::this_thread::get_id();
    std::this_thread::sleep_for(1ms);
  });
  for (std::size_t chunk = 1; chunk < 16; ++chunk)  // 64 chunks / (2 * 2 workers)
    EXPECT_EQ(who[chunk], who[0]) << chunk;
  EXPECT_EQ(std::set(who.begin(), who.end()).size(), 2u);
}

}  // namespace
}  // namespace parlab
