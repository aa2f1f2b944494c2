// Condition, Event, Semaphore, Barrier.

#include "kernels/sharing/condition.hpp"

#include <signal.h>
#include <unistd.h>

#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "kernels/sharing/process.hpp"
#include "kernels/sharing/raw_value.hpp"
#include "kernels/sharing/sharing_errors.hpp"
#include "tests/kernels/sharing/sharing_test.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

class ConditionTest : public SharingTest {};

/// A party's exit code: 1 where the barrier breaks while it waits, 0 where all come.
int sent_away(Barrier& barrier) {
  try {
    barrier.wait();
  } catch (const BrokenBarrier&) {
    return 1;
  }
  return 0;
}

TEST_F(ConditionTest, WakesWhoWaitsForAChange) {
  Condition condition;
  RawValue<int> turn(0);
  constexpr int rounds = 200;
  Process other([&] {
    for (int round = 0; round < rounds; ++round) {
      const std::lock_guard hold(condition.lock());
      condition.wait_for([&] { return turn.load() % 2 == 1; });
      turn.fetch_add(1);
      condition.notify();
    }
  });
  other.start();
  for (int round = 0; round < rounds; ++round) {
    const std::lock_guard hold(condition.lock());
    turn.fetch_add(1);
    condition.notify();
    ASSERT_TRUE(condition.wait_for([&] { return turn.load() % 2 == 0; }, long_enough));
  }
  EXPECT_TRUE(other.join(long_enough));
  EXPECT_EQ(turn.load(), 2 * rounds);
}

TEST_F(ConditionTest, GivesUpAtTheDeadlineWithTheLockHeld) {
  Condition condition;
  condition.acquire();
  EXPECT_FALSE(condition.wait(5ms));
  EXPECT_FALSE(condition.wait_for([] { return false; }, 5ms));
  std::thread([&] { EXPECT_FALSE(condition.acquire(0s)); }).join();
  condition.release();
}

TEST_F(ConditionTest, IsNotStoppedByAWaiterThatWasKilled) {
  Condition condition;
  RawValue<bool> ready(false);
  const auto waits = [&] {
    condition.acquire();
    condition.wait_for([&] { return ready.load(); });
    condition.release();
  };
  Process first(waits);
  Process second(waits);
  for (Process* process : {&first, &second}) {
    process->start();
    ASSERT_TRUE(eventually([&] { return is_asleep(*process->pid()); }));
  }
  first.kill();
  first.join();
  condition.acquire();
  ready.store(true);
  condition.notify();
  condition.release();
  EXPECT_TRUE(second.join(long_enough));
  EXPECT_EQ(second.exitcode(), 0);
}

TEST_F(ConditionTest, TellsAWaiterThatTheOwnerDied) {
  Condition condition;
  Process waiter([&] {
    condition.acquire();
    try {
      condition.wait();
    } catch (const Poisoned&) {
      condition.release();  // held all the same
      return 7;
    }
    return 0;
  });
  waiter.start();
  ASSERT_TRUE(eventually([&] { return is_asleep(*waiter.pid()); }));
  Process owner([&] {
    condition.acquire();
    condition.notify_all();
    raise(SIGKILL);
  });
  owner.start();
  EXPECT_TRUE(waiter.join(long_enough));
  EXPECT_EQ(waiter.exitcode(), 7);
}

TEST_F(ConditionTest, AnEventIsSeenByAllUntilItIsCleared) {
  Event event;
  EXPECT_FALSE(event.is_set());
  EXPECT_FALSE(event.wait(5ms));
  std::vector<Process> waiters;
  for (int i = 0; i < 3; ++i) waiters.emplace_back([&] { return event.wait(long_enough) ? 0 : 1; });
  for (Process& waiter : waiters) waiter.start();
  event.set();
  for (Process& waiter : waiters) {
    waiter.join();
    EXPECT_EQ(waiter.exitcode(), 0);
  }
  EXPECT_TRUE(event.wait(0s));
  event.clear();
  EXPECT_FALSE(event.is_set());
}

TEST_F(ConditionTest, ASemaphoreAdmitsAsManyAsItHasUnits) {
  Semaphore semaphore(2);
  RawValue<int> inside(0);
  RawValue<int> most(0);
  std::vector<Process> workers;
  for (int i = 0; i < 5; ++i)
    workers.emplace_back([&] {
      for (int k = 0; k < 100; ++k) {
        semaphore.acquire();
        const int now = inside.fetch_add(1) + 1;
        if (now > most.load()) most.store(now);
        inside.fetch_add(-1);
        semaphore.release();
      }
    });
  for (Process& worker : workers) worker.start();
  for (Process& worker : workers) EXPECT_TRUE(worker.join(long_enough));
  EXPECT_LE(most.load(), 2);
  EXPECT_EQ(semaphore.value(), 2u);
  EXPECT_TRUE(semaphore.acquire(0s));
  EXPECT_TRUE(semaphore.acquire(0s));
  EXPECT_FALSE(semaphore.acquire(5ms));
  semaphore.release(2);
}

TEST_F(ConditionTest, ABarrierOpensWhenAllHaveCome) {
  constexpr int parties = 4;
  Barrier barrier(parties);
  RawValue<int> wrong(0);
  RawValue<int> arrivals(0);
  RawArray<int> places(parties);
  std::vector<Process> workers;
  for (int i = 0; i < parties; ++i)
    workers.emplace_back([&] {
      for (int round = 1; round <= 50; ++round) {
        arrivals.fetch_add(1);
        const std::uint32_t place = barrier.wait(long_enough);
        if (arrivals.load() < round * parties) wrong.fetch_add(1);
        if (round == 50) places[place] = 1;
        barrier.wait(long_enough);
      }
    });
  for (Process& worker : workers) worker.start();
  for (Process& worker : workers) {
    EXPECT_TRUE(worker.join(long_enough));
    EXPECT_EQ(worker.exitcode(), 0);
  }
  EXPECT_EQ(wrong.load(), 0);
  for (const int taken : places) EXPECT_EQ(taken, 1);
  EXPECT_THROW(Barrier(0), std::invalid_argument);
}

TEST_F(ConditionTest, ABarrierBreaksWhereAPartyDoesNotCome) {
  Barrier barrier(3);
  Process other([&] { return sent_away(barrier); });
  other.start();
  ASSERT_TRUE(eventually([&] { return barrier.waiting() == 1; }));
  EXPECT_THROW(barrier.wait(5ms), BrokenBarrier);  // the third was killed, say
  EXPECT_TRUE(other.join(long_enough));
  EXPECT_EQ(other.exitcode(), 1);
  EXPECT_TRUE(barrier.broken());
  EXPECT_THROW(barrier.wait(), BrokenBarrier);
  barrier.reset();
  EXPECT_FALSE(barrier.broken());
  EXPECT_EQ(barrier.waiting(), 0u);
}

TEST_F(ConditionTest, AResetOfABarrierSendsWaitersAway) {
  Barrier barrier(2);
  Process other([&] { return sent_away(barrier); });
  other.start();
  ASSERT_TRUE(eventually([&] { return barrier.waiting() == 1; }));
  barrier.reset();
  EXPECT_TRUE(other.join(long_enough));
  EXPECT_EQ(other.exitcode(), 1);
  EXPECT_FALSE(barrier.broken());
}

}  // namespace
}  // namespace parlab
