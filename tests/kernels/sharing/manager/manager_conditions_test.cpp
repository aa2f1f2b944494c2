// Conditions, and locks that their holder may take again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <mutex>
#include <thread>
#include <vector>

#include "kernels/posix/process/child_process.hpp"
#include "tests/kernels/sharing/manager/manager_test.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

class ManagerConditionsTest : public ManagerTest {
 protected:
  /// A child that waits on the condition and counts itself when it is woken, or sleeps on.
  ChildProcess waiter(const ManagedCondition& condition, const ManagedCounter& woken) {
    const int before = state(manager().client(), "waiting");
    ChildProcess child = ChildProcess::fork([&] {
      const std::scoped_lock hold(condition);
      if (!condition.wait()) _exit(3);
      woken.add(1);
    });
    EXPECT_TRUE(calls_wait(manager(), before + 1));
    return child;
  }
  static void notify(const ManagedCondition& condition, int count) {
    const std::scoped_lock hold(condition);
    condition.notify(count);
  }
};

TEST_F(ManagerConditionsTest, TakeTurnsBetweenProcesses) {
  const ManagedCondition condition = manager().condition();
  const ManagedValue turn = manager().value(0);
  constexpr int rounds = 50;
  ChildProcess other = ChildProcess::fork([&] {
    for (int round = 0; round < rounds; ++round) {
      const std::scoped_lock hold(condition);
      condition.wait_for([&] { return turn.get().get<int>() % 2 == 1; });
      turn.set(turn.get().get<int>() + 1);
      condition.notify();
    }
  });
  for (int round = 0; round < rounds; ++round) {
    const std::scoped_lock hold(condition);
    turn.set(turn.get().get<int>() + 1);
    condition.notify();
    ASSERT_TRUE(condition.wait_for([&] { return turn.get().get<int>() % 2 == 0; }, long_enough));
  }
  EXPECT_TRUE(other.wait().success());
  EXPECT_EQ(turn.get(), 2 * rounds);
}

TEST_F(ManagerConditionsTest, WakeAsManyAsAreNotifiedFirstComeFirstServed) {
  const ManagedCondition condition = manager().condition();
  const ManagedCounter woken = manager().counter();
  std::vector<ChildProcess> waiters;
  for (int i = 0; i < 5; ++i) waiters.push_back(waiter(condition, woken));
  notify(condition, 2);
  EXPECT_TRUE(waiters[0].wait().success());
  EXPECT_TRUE(waiters[1].wait().success());
  std::this_thread::sleep_for(250ms);
  EXPECT_EQ(woken.get(), 2);
  EXPECT_EQ(state(manager().client(), "waiting"), 3);
  notify(condition, 0);
  notify(condition, -1);
  EXPECT_EQ(state(manager().client(), "waiting"), 3);
  {
    const std::scoped_lock hold(condition);
    condition.notify_all();
  }
  for (ChildProcess& one : waiters) EXPECT_TRUE(one.wait().success());
  EXPECT_EQ(woken.get(), 5);
  notify(condition, 99);
}

TEST_F(ManagerConditionsTest, GiveUpAtTheDeadlineWithTheLockHeld) {
  const ManagedCondition condition = manager().condition();
  const std::scoped_lock hold(condition);
  for (const Deadline& wait : {Deadline(0s), Deadline(-1ms), Deadline(30ms)}) {
    EXPECT_FALSE(condition.wait(wait));
    EXPECT_FALSE(condition.wait_for([] { return false; }, wait));
    std::jthread([&] { EXPECT_EQ(condition.acquire(0ms), Acquired::no); }).join();
  }
  EXPECT_TRUE(condition.wait_for([] { return true; }, 0s)) << "asked before any wait";
}

// The lock that it needs again is held for longer than the deadline: false all the same, later.
TEST_F(ManagerConditionsTest, WaitForTheLockBeyondTheDeadline) {
  const ManagedCondition condition = manager().condition();
  const ManagedEvent held = manager().event();
  std::jthread holder;
  {
    const std::scoped_lock hold(condition);
    holder = std::jthread([&] {
      const std::scoped_lock hold_on(condition);
      held.set();
      std::this_thread::sleep_for(300ms);
    });
    ASSERT_TRUE(calls_wait(manager(), 1));
    const auto began = Deadline::Clock::now();
    EXPECT_FALSE(condition.wait(1ms));
    EXPECT_TRUE(held.is_set());
    EXPECT_GE(Deadline::Clock::now() - began, 250ms);
  }
}

TEST_F(ManagerConditionsTest, TellOfMisuse) {
  const ManagedCondition condition = manager().condition();
  EXPECT_THROW(condition.wait(0s), ManagerError);
  EXPECT_THROW(condition.notify(), ManagerError);
  EXPECT_THROW(condition.notify_all(), ManagerError);
  EXPECT_THROW(condition.release(), ManagerError);
  EXPECT_THROW(condition.call("resume"), ManagerError);
  const ManagedCounter counter = manager().counter();
  EXPECT_THROW(
      managed<ManagedCondition>(manager().client(), "Condition", {.initial = counter.object()}),
      ManagerError)
      << "no lock";
  EXPECT_THROW(managed<ManagedCondition>(manager().client(), "Condition", {.initial = 999}),
               ManagerError);
  const std::scoped_lock hold(condition);
  EXPECT_THROW(condition.call("notify", 1.5), ManagerError);
}

TEST_F(ManagerConditionsTest, ShareALock) {
  const ManagedLock lock = manager().lock();
  const ManagedCondition not_empty = manager().condition(lock);
  const ManagedCondition not_full = manager().condition(lock);
  const ManagedList items = manager().list();
  constexpr int count = 60;
  ChildProcess consumer = ChildProcess::fork([&] {
    for (int i = 0; i < count; ++i) {
      const std::scoped_lock hold(lock);
      not_empty.wait_for([&] { return items.size() > 0; });
      if (items.pop(0) != i) _exit(3);
      not_full.notify();
    }
  });
  for (int i = 0; i < count; ++i) {
    const std::scoped_lock hold(not_full);
    ASSERT_TRUE(not_full.wait_for([&] { return items.size() < 3; }, long_enough));
    items.append(i);
    not_empty.notify();
  }
  EXPECT_TRUE(consumer.wait().success());
}

TEST_F(ManagerConditionsTest, LetGoOfALockThatIsHeldSeveralTimes) {
  const ManagedCondition condition = manager().condition();
  const std::scoped_lock once(condition);
  EXPECT_EQ(condition.acquire(), Acquired::clean);
  std::jthread notifier([&] { notify(condition, 1); });
  EXPECT_TRUE(condition.wait(long_enough));
  condition.release();
  std::jthread([&] { EXPECT_EQ(condition.acquire(0ms), Acquired::no); }).join();
}

TEST_F(ManagerConditionsTest, GoOnWhereAWaiterIsKilled) {
  const ManagedCondition condition = manager().condition();
  const ManagedCounter woken = manager().counter();
  ChildProcess first = waiter(condition, woken);
  ChildProcess second = waiter(condition, woken);
  first.signal(SIGKILL);
  first.wait();
  ASSERT_TRUE(calls_wait(manager(), 1));
  notify(condition, 1);
  EXPECT_TRUE(second.wait().success()) << "the dead one left the queue";
  EXPECT_EQ(woken.get(), 1);
}

// It is woken, has not got the lock yet, and dies: the wake-up is not lost.
TEST_F(ManagerConditionsTest, PassOnTheWakeUpOfAWaiterThatIsKilled) {
  const ManagedCondition condition = manager().condition();
  const ManagedCounter woken = manager().counter();
  ChildProcess first = waiter(condition, woken);
  ChildProcess second = waiter(condition, woken);
  {
    const std::scoped_lock hold(condition);
    condition.notify();
    first.signal(SIGKILL);
    first.wait();
    ASSERT_TRUE(calls_wait(manager(), 1));
  }
  EXPECT_TRUE(second.wait().success());
}

TEST_F(ManagerConditionsTest, FreeTheLockOfAKilledHolder) {
  const ManagedCondition condition = manager().condition();
  const ManagedCounter woken = manager().counter();
  const ManagedCounter notified = manager().counter();
  ChildProcess sleeper = waiter(condition, woken);
  ChildProcess holder = ChildProcess::fork([&] {
    condition.acquire();
    condition.acquire();
    condition.notify();
    notified.add(1);
    for (;;) pause();
  });
  ASSERT_TRUE(eventually([&] { return notified.get() == 1; }));
  holder.signal(SIGKILL);
  EXPECT_TRUE(sleeper.wait().success());
  EXPECT_EQ(condition.acquire(), Acquired::abandoned);
  condition.release();
  EXPECT_EQ(condition.acquire(), Acquired::clean);
  condition.release();
}

TEST_F(ManagerConditionsTest, EndWithTheManager) {
  const ManagedCondition condition = manager().condition();
  std::vector<ChildProcess> waiters;
  for (int i = 0; i < 3; ++i)
    waiters.push_back(ChildProcess::fork([&] {
      try {
        const std::scoped_lock hold(condition);
        condition.wait(3600s);
      } catch (const ManagerDied&) {
        _exit(7);
      }
    }));
  ASSERT_TRUE(calls_wait(manager(), 3));
  kill(manager().pid(), SIGKILL);
  for (ChildProcess& one : waiters) EXPECT_EQ(one.wait().code, 7);
}

TEST_F(ManagerConditionsTest, AnRLockIsReleasedAsOftenAsItWasAcquired) {
  const ManagedRLock lock = manager().rlock();
  const auto free_to_others = [&] {
    bool free = false;
    std::jthread([&] {
      free = lock.try_lock();
      if (free) lock.release();
    }).join();
    return free;
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(lock.acquire(), Acquired::clean);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(free_to_others());
    lock.release();
  }
  EXPECT_TRUE(free_to_others());
  EXPECT_THROW(lock.release(), ManagerError);
}

TEST_F(ManagerConditionsTest, AnRLockOfAKilledHolderIsFree) {
  const ManagedRLock lock = manager().rlock();
  ChildProcess child = ChildProcess::fork([&] {
    lock.acquire();
    lock.acquire();
    for (;;) pause();
  });
  ASSERT_TRUE(eventually([&] { return lock.locked(); }));
  EXPECT_EQ(lock.acquire(-1ms), Acquired::no);
  std::jthread waits([&] {
    EXPECT_EQ(lock.acquire(), Acquired::abandoned);
    lock.release();
  });
  ASSERT_TRUE(calls_wait(manager(), 1));
  child.signal(SIGKILL);
  waits.join();
  EXPECT_EQ(lock.acquire(), Acquired::clean) << "told once";
  lock.release();
}

}  // namespace
}  // namespace parlab
