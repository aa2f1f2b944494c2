// What becomes of a Pool whose workers, fork server or parent are killed or stopped.

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "kernels/base/sanitizers.hpp"
#include "kernels/base/sharing_errors.hpp"
#include "kernels/sharing/memory/raw_value.hpp"
#include "kernels/sharing/pool/pool.hpp"
#include "kernels/sharing/process.hpp"
#include "tests/kernels/sharing/sharing_test.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

/// How often each item was run, by whatever worker; set before a pool is made.
RawArray<int>* runs = nullptr;

int run_item(int item) {
  reinterpret_cast<std::atomic<int>&>((*runs)[static_cast<std::size_t>(item)]).fetch_add(1);
  if (item % 100 == 37) raise(item % 200 == 37 ? SIGKILL : SIGSEGV);
  if (item % 100 == 53) _exit(4);
  return item;
}

int number_of_worker(int) { return getpid(); }
int fork_server_pid() { return getppid(); }
void sleep_for_ever() {
  for (;;) pause();
}

std::vector<int> first(int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

class PoolFaultsTest : public SharingTest {
 protected:
  PoolFaultsTest() : array_(1000) { runs = &array_; }
  void expect_that_it_works(Pool& pool) {
    EXPECT_EQ(pool.map([](int n) { return n + 1; }, first(50), 1).back(), 50);
  }

 private:
  RawArray<int> array_;
};

TEST_F(PoolFaultsTest, FailsTheTaskOfAKilledWorkerAloneAndRunsNothingTwice) {
  Pool pool(2);
  const auto items = first(400);
  auto results = pool.imap(run_item, items);
  for (const int item : items) {
    try {
      EXPECT_EQ(results.next(), item);
      EXPECT_TRUE(item % 100 != 37 && item % 100 != 53);
    } catch (const WorkerDied& died) {
      EXPECT_EQ(died.index(), static_cast<std::uint64_t>(item));
      const int signal = item % 100 == 53 ? 0 : item % 200 == 37 ? SIGKILL : SIGSEGV;
      // A sanitizer ends the process itself where it sees a SIGSEGV.
      if (signal != SIGSEGV) {
        EXPECT_EQ(died.signal(), signal);
      }
      if (signal == SIGKILL) {
        EXPECT_STREQ(
            died.what(),
            ("a worker died at item " + std::to_string(item) + ": killed by SIGKILL").c_str());
      }
    }
  }
  for (const int item : items) EXPECT_EQ((*runs)[static_cast<std::size_t>(item)], 1) << item;
  expect_that_it_works(pool);
}

TEST_F(PoolFaultsTest, MapsTheOthersToTheirEndThenTellsOfTheDeath) {
  Pool pool(2);
  try {
    pool.map(run_item, first(50), 5);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const WorkerDied& died) {
    EXPECT_EQ(died.index(), 37u);
  }
  for (int item = 0; item < 50; ++item)
    EXPECT_EQ((*runs)[static_cast<std::size_t>(item)], item == 38 || item == 39 ? 0 : 1)
        << "behind the one that killed, in its chunk";
}

TEST_F(PoolFaultsTest, ReplacesAnIdleWorkerThatWasKilled) {
  Pool pool(2);
  for (int round = 0; round < 5; ++round) {
    const auto numbers = pool.map(number_of_worker, first(50), 1);
    for (const int pid : std::set<int>(numbers.begin(), numbers.end())) kill(pid, SIGKILL);
    EXPECT_EQ(pool.map(number_of_worker, first(50), 1).size(), 50u) << "an idle worker has no task";
  }
}

TEST_F(PoolFaultsTest, IsJoinedThoughAWorkerStartsWhileItIsClosed) {
  for (int round = 0; round < 30; ++round) {
    Pool pool(2);
    EXPECT_THROW(pool.apply([] { raise(SIGKILL); }), WorkerDied);
    pool.close();
    ASSERT_TRUE(pool.join(long_enough)) << round;
  }
}

TEST_F(PoolFaultsTest, StartsAndReplacesMoreWorkersThanItsSocketHoldsPackets) {
#if defined(PARLAB_ADDRESS_SANITIZER) || defined(PARLAB_THREAD_SANITIZER)
  GTEST_SKIP() << "so many processes take gigabytes under a sanitizer";
#endif
  Pool pool(600);
  const auto numbers = pool.map(number_of_worker, first(6000), 1);
  const std::set<int> workers(numbers.begin(), numbers.end());
  for (const int pid : workers) kill(pid, SIGKILL);
  expect_that_it_works(pool);
}

TEST_F(PoolFaultsTest, ReplacesWorkersWhileTheProgramHasThreads) {
  Pool pool(1);
  std::atomic<bool> end = false;
  std::thread other([&] {
    while (!end) std::this_thread::sleep_for(1ms);
  });
  EXPECT_THROW(pool.apply([] { raise(SIGKILL); }), WorkerDied);
  expect_that_it_works(pool);
  end = true;
  other.join();
}

TEST_F(PoolFaultsTest, ReplacesAWorkerAfterItsShareOfTasks) {
  Pool pool(2, {.max_tasks_per_child = 3});
  std::map<int, int> tasks;
  for (const int pid : pool.map(number_of_worker, first(60), 1)) ++tasks[pid];
  EXPECT_GE(tasks.size(), 20u);
  for (const auto& [pid, count] : tasks) EXPECT_LE(count, 3);
}

TEST_F(PoolFaultsTest, ReturnsFromGetAndTerminateWhereATaskIsStuck) {
  Pool pool(2);
  const auto stuck = pool.apply_async([] {
    signal(SIGTERM, SIG_IGN);
    sleep_for_ever();
  });
  EXPECT_THROW(stuck.get(20ms), TimedOut);
  expect_that_it_works(pool);  // by the other worker
  pool.terminate();            // in a second of grace
  EXPECT_THROW(stuck.get(0s), SharingError);
  EXPECT_TRUE(pool.join(long_enough));
}

TEST_F(PoolFaultsTest, ReturnsFromGetAndTerminateWhereAWorkerIsStopped) {
  Pool pool(1);
  const int pid = pool.apply(number_of_worker, 0);
  kill(pid, SIGSTOP);
  const auto result = pool.apply_async(number_of_worker, 0);
  EXPECT_THROW(result.get(20ms), TimedOut);
  kill(pid, SIGCONT);
  EXPECT_EQ(result.get(long_enough), pid);
  kill(pid, SIGSTOP);
}

TEST_F(PoolFaultsTest, FailsAtOnceWhereItsForkServerIsKilled) {
  Pool pool(2);
  const auto stuck = pool.apply_async(sleep_for_ever);
  const int worker = pool.apply(number_of_worker, 0);
  kill(pool.apply(fork_server_pid), SIGKILL);
  EXPECT_THROW(stuck.get(long_enough), WorkerDied);
  EXPECT_TRUE(eventually([&] { return has_ended(worker); }));
  EXPECT_THROW(pool.map(run_item, first(3)), WorkerDied);
}

TEST_F(PoolFaultsTest, DiesWithItsParent) {
  RawArray<int> pids(2);
  Process parent([&] {
    Pool pool(1);
    pids[0] = pool.apply(number_of_worker, 0);
    pids[1] = pool.apply(fork_server_pid);
    pool.apply(sleep_for_ever);
  });
  parent.start();
  ASSERT_TRUE(eventually([&] { return pids[1] != 0; }));
  parent.kill();
  for (const int pid : pids) EXPECT_TRUE(eventually([&] { return has_ended(pid); }));
}

TEST_F(PoolFaultsTest, IsRefusedBesideThreads) {
  std::atomic<bool> end = false;
  std::thread other([&] {
    while (!end) std::this_thread::sleep_for(1ms);
  });
  try {
    Pool pool(1);
    ADD_FAILURE() << "forked";
  } catch (const ForkRefused& refused) {
    EXPECT_THAT(refused.what(), testing::HasSubstr("cannot start the workers of a pool while 1"));
  }
  end = true;
  other.join();
}

TEST_F(PoolFaultsTest, MayBeMadeBesideAnotherPoolAndItsThread) {
#ifdef PARLAB_ADDRESS_SANITIZER
  GTEST_SKIP() << "the sanitizer's malloc may be locked by the other thread at the fork; the C "
                  "library's is ready for it";
#endif
  Pool first_pool(1);
  const auto result = first_pool.apply_async(number_of_worker, 0);
  Pool second_pool(1);
  expect_that_it_works(second_pool);
  EXPECT_NE(result.get(long_enough), 0);
}

TEST_F(PoolFaultsTest, BelongsToItsProcess) {
  Pool pool(1);
  Process child([&] {
    try {
      pool.map(run_item, first(3));
    } catch (const std::logic_error&) {
      return 7;
    }
    return 0;
  });
  child.start();
  child.join();
  EXPECT_EQ(child.exitcode(), 7);
}

/// What cannot be sent.
struct Unsendable {
  ~Unsendable() {}  // so that it is not trivially copyable
};

}  // namespace

template <>
struct Wire<Unsendable> {
  // Only templates that are not made here ask for it.
  [[maybe_unused]] static constexpr bool fixed_size = false;
  static void put(Bytes&, const Unsendable&) { throw BadMessage("it cannot be sent"); }
  static Unsendable take(WireReader&) { return {}; }
};

namespace {

TEST_F(PoolFaultsTest, TellsThatAResultCannotBeSentAndKeepsTheWorker) {
  Pool pool(1);
  const int pid = pool.apply(number_of_worker, 0);
  try {
    pool.apply([] { return Unsendable(); });
    ADD_FAILURE() << "nothing was thrown";
  } catch (const TaskFailed& failed) {
    EXPECT_STREQ(failed.what(), "it cannot be sent");
    EXPECT_EQ(failed.type(), "parlab::BadMessage");
  }
  EXPECT_EQ(pool.apply(number_of_worker, 0), pid);
}

TEST_F(PoolFaultsTest, TellsThatAnInputCannotBeSentToWhoeverWaitsForItsResult) {
  Pool pool(1);
  const auto answer = [](const Unsendable&) { return 1; };
  const auto wait = [](int n) {
    usleep(1000);
    return n;
  };
  std::vector<AsyncResult<int>> good, bad;
  for (int i = 0; i < 10;
       ++i) {  // those behind the first are handed out while others are waited for
    good.push_back(pool.apply_async(wait, i));
    bad.push_back(pool.apply_async(answer, Unsendable()));
  }
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(good[static_cast<std::size_t>(i)].get(60s), i);
    EXPECT_THROW(bad[static_cast<std::size_t>(i)].get(60s), BadMessage);
  }
  expect_that_it_works(pool);
}

int count_sockets() {
  int sockets = 0;
  for (int file = 3; file < 100; ++file) {
    int type = 0;
    socklen_t size = sizeof type;
    sockets += getsockopt(file, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
  }
  return sockets;
}

TEST_F(PoolFaultsTest, GivesItsTasksNoSocketOfItsOwn) {
  const int inherited = count_sockets();
  Pool pool(2);
  EXPECT_EQ(pool.apply(count_sockets), inherited);
}

/// Closes all descriptors but the standard streams, as a program does that becomes a daemon.
void close_all() { closefrom(3); }

TEST_F(PoolFaultsTest, GoesOnWhereATaskClosesAllDescriptors) {
  Pool pool(2);
  for (int round = 0; round < 5; ++round) {
    pool.apply(close_all);
    expect_that_it_works(pool);
  }
}

}  // namespace
}  // namespace parlab
