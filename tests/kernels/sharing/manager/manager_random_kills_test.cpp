// Clients that use all that a manager has, killed at random, and managers killed under their
// clients: nothing is lost, doubled, left locked, or left behind.
//
// PARLAB_KILLS=1000 runs the long form, PARLAB_SEED=N another one.

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "kernels/posix/process/child_process.hpp"
#include "kernels/sharing/memory/raw_value.hpp"
#include "tests/kernels/sharing/manager/pool_test.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

int number_from(const char* variable, int otherwise) {
  const char* text = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): before any thread
  return text != nullptr ? std::atoi(text) : otherwise;  // NOLINT(cert-err34-c)
}

/// All that the clients share.
struct Shared {
  explicit Shared(const Manager& manager)
      : lock(manager.lock()),
        twins(manager.dict({{"first", 0}, {"second", 0}})),
        rlock(manager.rlock()),
        condition(manager.condition()),
        semaphore(manager.semaphore(2)),
        bounded(manager.bounded_semaphore(2)),
        inside(manager.counter()),
        barrier(manager.barrier(2, {.action = [] {}})),
        queue(manager.queue(3)),
        pool(manager.pool(2)),
        ticket(1),
        put_done(1 << 20),
        got(1 << 20) {}

  ManagedLock lock;
  ManagedDict twins;  // equal whenever the lock is free
  ManagedRLock rlock;
  ManagedCondition condition;
  ManagedSemaphore semaphore;
  ManagedBoundedSemaphore bounded;
  ManagedCounter inside;
  ManagedBarrier barrier;
  ManagedQueue queue;
  ManagedPool pool;
  RawValue<std::uint64_t> ticket;   // what is put next
  RawArray<std::uint8_t> put_done;  // the put of an item returned
  RawArray<std::uint8_t> got;       // how often each item was got
};

void raise_twins(const Shared& shared) {
  const Acquired acquired = shared.lock.acquire();
  const int first = shared.twins.get("first").get<int>();
  const int second = shared.twins.get("second").get<int>();
  if (first != second && acquired != Acquired::abandoned) _exit(3);
  shared.twins.set("first", first + 1);
  shared.twins.set("second", first + 1);
  shared.lock.release();
}
void wait_and_notify(const Shared& shared) {
  const std::scoped_lock hold(shared.condition);
  shared.condition.notify(2);
  shared.condition.wait(5ms);
}
void take_units(const Shared& shared) {
  const std::scoped_lock hold(shared.semaphore, shared.bounded, shared.rlock);
  const std::scoped_lock again(shared.rlock);
}
void meet(const Shared& shared) {
  try {
    shared.barrier.wait(20ms);
  } catch (const BrokenBarrier&) {
    shared.barrier.reset();
  }
}
void square(const Shared& shared) {
  try {
    if (shared.pool.apply("square", 12) != 144) _exit(4);
    if (shared.pool.map("square", {1, 2, 3}, 1) != ManagedData({1, 4, 9})) _exit(5);
  } catch (const WorkerDied&) {
  }
}
void put(Shared& shared) {
  const std::uint64_t item = shared.ticket.fetch_add(1);
  while (item >= shared.put_done.size()) pause();
  shared.queue.put(item);
  shared.put_done[item] = 1;
}
void get(Shared& shared) { ++shared.got[shared.queue.get()->get<std::uint64_t>()]; }

class ManagerRandomKillsTest : public ManagerPoolTest {
 protected:
  void SetUp() override {
    ManagerPoolTest::SetUp();
    alarm(static_cast<unsigned>(100 + kills_));
  }
  void nap() { usleep(std::uniform_int_distribution<useconds_t>(0, 6000)(random_)); }

  /// A client that does one of the above again and again; it ends with 7 where its manager dies.
  static ChildProcess client(Shared& shared, std::size_t kind) {
    return ChildProcess::fork([&] {
      try {
        for (;;) {
          if (kind == 0) raise_twins(shared);
          if (kind == 1) wait_and_notify(shared);
          if (kind == 2) take_units(shared);
          if (kind == 3) meet(shared);
          if (kind == 4) square(shared);
          if (kind == 5) put(shared);
          if (kind == 6) get(shared);
        }
      } catch (const ManagerDied&) {
        _exit(7);
      }
    });
  }
  /// Two of each, but for one that gets.
  static std::vector<ChildProcess> clients(Shared& shared) {
    std::vector<ChildProcess> all;
    for (std::size_t i = 0; i < 13; ++i) all.push_back(client(shared, i % 7));
    return all;
  }
  std::vector<int> workers() {
    const std::string number = std::to_string(manager().pid());
    std::ifstream file("/proc/" + number + "/task/" + number + "/children");
    return {std::istream_iterator<int>(file), std::istream_iterator<int>()};
  }

  const int kills_ = number_from("PARLAB_KILLS", 100);
  const int seed_ = number_from("PARLAB_SEED", 20111115);
  std::mt19937 random_{static_cast<unsigned>(seed_)};
};

TEST_F(ManagerRandomKillsTest, OfClientsAndWorkersLeaveAllInOrder) {
  SCOPED_TRACE("PARLAB_SEED=" + std::to_string(seed_));
  Shared shared(manager());
  const int objects = state(manager().client(), "objects");
  std::map<std::size_t, ChildProcess> running;
  const auto start_client = [&](std::size_t i) { running.emplace(i, client(shared, i % 7)); };
  for (std::size_t i = 0; i < 13; ++i) start_client(i);
  int killed_in_get = 1;  // the one at the end
  for (int number = 0; number < kills_; ++number) {
    nap();
    if (const std::vector<int> found = workers(); number % 8 == 0 && !found.empty()) {
      kill(found[random_() % found.size()], SIGKILL);
      continue;
    }
    const std::size_t victim = random_() % 13;
    running.at(victim).signal(SIGKILL);
    ASSERT_EQ(running.at(victim).wait().signal, SIGKILL) << "client " << victim;
    killed_in_get += victim % 7 == 6;
    running.erase(victim);
    start_client(victim);
  }
  for (auto& [i, one] : running) {
    one.signal(SIGKILL);
    EXPECT_EQ(one.wait().signal, SIGKILL) << "client " << i;
  }
  const ManagerClient& client = manager().client();
  ASSERT_TRUE(eventually([&] { return state(client, "sessions") == 1; }));
  EXPECT_EQ(state(client, "waiting"), 0);
  EXPECT_EQ(state(client, "objects"), objects);
  const Acquired acquired = shared.lock.acquire(0s);
  ASSERT_NE(acquired, Acquired::no);
  if (acquired == Acquired::clean) {
    EXPECT_EQ(shared.twins.get("first"), shared.twins.get("second"));
  }
  EXPECT_GT(shared.twins.get("first"), 0);
  EXPECT_TRUE(shared.rlock.try_lock() && shared.condition.try_lock());
  EXPECT_EQ(shared.semaphore.value(), 2u);
  EXPECT_EQ(shared.bounded.value(), 2u);
  shared.barrier.reset();
  EXPECT_EQ(shared.barrier.waiting(), 0u);
  EXPECT_TRUE(eventually([&] {
    try {
      return shared.pool.apply("square", 5) == 25;
    } catch (const WorkerDied&) {  // killed last
      return false;
    }
  }));
  while (const auto item = shared.queue.get(0s)) ++shared.got[item->get<std::uint64_t>()];
  int missing = 0;
  for (std::uint64_t item = 1; item < std::min(shared.ticket.load(), shared.got.size()); ++item) {
    missing += shared.put_done[item] == 1 && shared.got[item] == 0;
    EXPECT_LE(shared.got[item], 1) << "item " << item;
  }
  EXPECT_LE(missing, killed_in_get) << "each that was killed may have had one in hand";
  EXPECT_GT(shared.ticket.load(), 1u);
}

TEST_F(ManagerRandomKillsTest, OfTheManagerEndEveryClientAndWorker) {
  SCOPED_TRACE("PARLAB_SEED=" + std::to_string(seed_));
  for (int number = 0; number < std::max(1, kills_ / 20); ++number) {
    start(pool_options());
    Shared shared(manager());
    std::vector<ChildProcess> running = clients(shared);
    for (int i = 0; i < 10; ++i) nap();
    const std::vector<int> left = workers();
    kill(manager().pid(), SIGKILL);
    for (std::size_t i = 0; i < running.size(); ++i)
      EXPECT_EQ(running[i].wait().describe(), "exit code 7") << "client " << i;
    for (const int worker : left) EXPECT_TRUE(eventually([&] { return has_ended(worker); }));
  }
}

}  // namespace
}  // namespace parlab
