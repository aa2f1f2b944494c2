// Processes that share everything, killed at random and at every step: nothing is lost, doubled,
// left locked, or leaked.
//
// PARLAB_KILLS=1000 runs the long form, PARLAB_SEED=N another one.

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/posix/process/child_process.hpp"
#include "kernels/sharing/memory/raw_value.hpp"
#include "kernels/sharing/memory/segment_name.hpp"
#include "kernels/sharing/memory/shared_array.hpp"
#include "kernels/sharing/memory/value.hpp"
#include "kernels/sharing/pool/pool.hpp"
#include "kernels/sharing/process.hpp"
#include "kernels/sharing/queues/joinable_queue.hpp"
#include "kernels/sharing/queues/queue.hpp"
#include "kernels/sharing/sync/file_lock.hpp"
#include "tests/kernels/sharing/sharing_test.hpp"
#include "tests/kernels/sharing/traced_kill.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""s;

int setting(const char* name, int otherwise) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
  return text != nullptr ? std::atoi(text) : otherwise;  // NOLINT(cert-err34-c)
}

class RandomKillsTest : public SharingTest {
 protected:
  RandomKillsTest() : random_(static_cast<unsigned>(seed_)) {
    alarm(static_cast<unsigned>(100 + kills_));
  }
  void nap() {
    usleep(std::uniform_int_distribution<useconds_t>(0, max_nap_microseconds)(random_));
  }

  static constexpr useconds_t max_nap_microseconds = 3000;
  const int kills_ = setting("PARLAB_KILLS", 100);
  const int seed_ = setting("PARLAB_SEED", 20111115);
  std::mt19937 random_;
};

/// Two numbers that are equal whenever the lock is free.
struct Twins {
  std::int64_t first;
  std::int64_t second;
};

// Producers and consumers, in a queue so small that both wait, are killed again and again. What was
// put is got by someone or still there; the only item in doubt is the one a killed process had.
TEST_F(RandomKillsTest, LoseNoItemOfAQueueAndLeaveNoLock) {
  SCOPED_TRACE("PARLAB_SEED=" + std::to_string(seed_));
  const std::string path = testing::TempDir() + "random-kills-" + std::to_string(getpid());
  Queue<std::uint64_t> queue(4);
  Queue<std::string> messages(100, 300);
  Value<Twins> twins({0, 0}, [](Twins& t) { t.second = t.first; });
  RawArray<std::uint8_t> got(1 << 22);       // how often each item was got
  RawArray<std::uint64_t> next(2);           // what a producer puts next
  RawArray<std::uint8_t> put_done(1 << 22);  // the put of an item returned
  RawValue<std::uint64_t> ticket(1);
  const auto produce = [&] {
    FileLock file(path);
    for (;;) {
      const std::uint64_t item = ticket.fetch_add(1);
      while (item >= put_done.size()) pause();
      queue.put(item);
      put_done[item] = 1;
      messages.try_put(std::string(item % 200, 'm'));
      twins.update([](Twins& t) {
        ++t.first;
        ++t.second;
      });
      const std::lock_guard hold(file);
    }
  };
  const auto consume = [&] {
    for (;;) {
      ++got[queue.get()];
      messages.try_get();
      const Twins now = twins.get();
      if (now.first != now.second) _exit(3);
    }
  };
  std::vector<std::unique_ptr<Process>> processes(4);
  int killed_in_get = 0;
  int killed_in_put = 0;
  const auto start = [&](std::size_t i) {
    processes[i] = i < 2 ? std::make_unique<Process>(produce, ProcessOptions{.daemon = true})
                         : std::make_unique<Process>(consume, ProcessOptions{.daemon = true});
    processes[i]->start();
  };
  for (std::size_t i = 0; i < processes.size(); ++i) start(i);
  for (int kill = 0; kill < kills_; ++kill) {
    nap();
    const std::size_t victim = random_() % processes.size();
    processes[victim]->kill();
    ASSERT_TRUE(processes[victim]->join(long_enough));
    ASSERT_EQ(processes[victim]->exitcode(), -SIGKILL) << "kill " << kill;
    ++(victim < 2 ? killed_in_put : killed_in_get);
    start(victim);
  }
  for (std::size_t i = 0; i < processes.size(); ++i) {
    processes[i]->kill();
    processes[i]->join();
    ++(i < 2 ? killed_in_put : killed_in_get);
  }
  while (const std::optional<std::uint64_t> item = queue.try_get()) ++got[*item];
  int missing = 0;
  int twice = 0;
  for (std::uint64_t item = 1; item < ticket.load() && item < put_done.size(); ++item) {
    missing += put_done[item] == 1 && got[item] == 0;
    twice += got[item] > 1;
  }
  EXPECT_LE(missing, killed_in_get) << "each killed consumer may have had one in hand";
  EXPECT_EQ(twice, 0);
  EXPECT_GT(ticket.load(), 1u);
  const Twins now = twins.get();
  EXPECT_EQ(now.first, now.second);
  FileLock file(path);
  EXPECT_TRUE(file.acquire(long_enough));
  unlink(path.c_str());
}

TEST_F(RandomKillsTest, LeaveAllInOrderAtEverySystemCall) {
  const std::string path = testing::TempDir() + "every-step-" + std::to_string(getpid());
  Queue<std::string> queue(2, 100);
  Value<Twins> twins({0, 0}, [](Twins& t) { t.second = t.first; });
  const auto work = [&] {
    raise(SIGSTOP);
    const auto array = SharedArray<int>::named({100});
    array[0] = 1;
    FileLock file(path);
    const std::lock_guard hold(file);
    twins.update([](Twins& t) {
      ++t.first;
      t.second += 1 + 0 * getpid();  // a step within
    });
    queue.put("item", 1s);
    queue.get(1s);
    if (queue.try_get(std::chrono::milliseconds(1))) _exit(5);
  };
  int steps = 0;
  for (; steps < 2000 && killed_at_step(PTRACE_SYSCALL, steps, work); ++steps) {
    const Twins now = twins.get();
    ASSERT_EQ(now.first, now.second) << "step " << steps;
    queue.try_get();  // what it had put
    ASSERT_TRUE(queue.empty());
    ASSERT_TRUE(queue.try_put("mine"));
    ASSERT_EQ(queue.try_get(), "mine");
    FileLock file(path);
    ASSERT_TRUE(file.acquire(long_enough)) << "step " << steps;
  }
  unlink(path.c_str());
  if (steps == 0) GTEST_SKIP() << "tracing is not allowed here";
  EXPECT_GT(steps, 20);
  sweep_leaked_segments();
}

RawArray<int>* runs = nullptr;
int run_once(int item) {
  reinterpret_cast<std::atomic<int>&>((*runs)[static_cast<std::size_t>(item)]).fetch_add(1);
  usleep(50);
  return item;
}

/// The children of a process that is not ours.
std::vector<int> children_of(int parent) {
  const std::string number = std::to_string(parent);
  std::ifstream file("/proc/" + number + "/task/" + number + "/children");
  return {std::istream_iterator<int>(file), std::istream_iterator<int>()};
}

/// False where it has none at the moment.
bool kill_a_child_of(int parent, std::mt19937& random) {
  const std::vector<int> children = children_of(parent);
  if (children.empty()) return false;
  kill(children[random() % children.size()], SIGKILL);
  return true;
}

TEST_F(RandomKillsTest, RunNoTaskOfAPoolTwiceAndFailNoneInSilence) {
  SCOPED_TRACE("PARLAB_SEED=" + std::to_string(seed_));
  constexpr int items = 100;
  RawArray<int> counts(items);
  runs = &counts;
  std::vector<int> numbers(items);
  for (int i = 0; i < items; ++i) numbers[static_cast<std::size_t>(i)] = i;
  Pool pool(3);
  const int fork_server = pool.apply([] { return getppid(); });
  if (children_of(fork_server).empty())
    GTEST_SKIP() << "the kernel does not list a process's children";
  for (int kill_count = 0; kill_count < kills_;) {
    std::fill(counts.begin(), counts.end(), 0);
    auto results = pool.imap_unordered(run_once, numbers, 1 + random_() % 4);
    std::set<int> seen;
    int died = 0;
    for (int read = 0; read < items; ++read) {
      if (random_() % 20 == 0 && kill_count < kills_) {
        if (kill_a_child_of(fork_server, random_)) ++kill_count;
      }
      try {
        const std::optional<int> item = results.next(long_enough);
        ASSERT_TRUE(item);
        EXPECT_TRUE(seen.insert(*item).second) << *item << " was answered twice";
      } catch (const WorkerDied& death) {
        EXPECT_EQ(death.signal(), SIGKILL);
        ++died;
      }
    }
    EXPECT_EQ(results.next(long_enough), std::nullopt);
    EXPECT_EQ(static_cast<int>(seen.size()) + died, items);
    for (const int count : counts) EXPECT_LE(count, 1);
  }
}

/// How often each call was run: its number is the first bytes of its item.
std::string with_mark(const std::string& item) {
  std::uint32_t number = 0;
  std::memcpy(&number, item.data(), sizeof number);
  reinterpret_cast<std::atomic<int>&>((*runs)[number]).fetch_add(1);
  return item + '!';
}

// Calls without a pause, of items that lie beside their task, on the board, and in a stream. Workers are
// killed in the middle of claims, inputs and answers.
TEST_F(RandomKillsTest, LoseNoQuickCallOfAPoolWhateverItsSize) {
  SCOPED_TRACE("PARLAB_SEED=" + std::to_string(seed_));
  constexpr std::size_t calls = 300;
  RawArray<int> counts(calls);
  runs = &counts;
  const std::vector<std::size_t> sizes = {4, 60, 500, 60'000, 200'000};
  Pool pool(3);
  const int fork_server = pool.apply([] { return getppid(); });
  if (children_of(fork_server).empty())
    GTEST_SKIP() << "the kernel does not list a process's children";
  for (int kill_count = 0; kill_count < kills_;) {
    std::fill(counts.begin(), counts.end(), 0);
    std::vector<std::string> items;
    std::vector<AsyncResult<std::string>> results;
    for (std::uint32_t number = 0; number < calls; ++number) {
      std::string item(sizes[random_() % sizes.size()], static_cast<char>('a' + number % 26));
      std::memcpy(item.data(), &number, sizeof number);
      results.push_back(pool.apply_async(with_mark, item));
      items.push_back(std::move(item));
      if (number % 30 != 7 || kill_count >= kills_) continue;
      usleep(random_() % 300);
      if (kill_a_child_of(fork_server, random_)) ++kill_count;
    }
    int died = 0;
    for (std::size_t i = 0; i < calls; ++i) {
      try {
        EXPECT_TRUE(results[i].get(long_enough) == items[i] + '!');
        EXPECT_EQ(counts[i], 1);
      } catch (const WorkerDied& death) {
        EXPECT_EQ(death.signal(), SIGKILL);
        EXPECT_LE(counts[i], 1);
        ++died;
      }
    }
    EXPECT_LE(died, static_cast<int>(calls) / 30);
  }
}

}  // namespace
}  // namespace parlab
