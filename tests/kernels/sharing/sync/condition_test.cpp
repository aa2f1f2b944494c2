// Condition and Event.

#include "kernels/sharing/sync/condition.hpp"

#include <signal.h>
#include <unistd.h>

#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/sharing/memory/raw_value.hpp"
#include "kernels/sharing/process.hpp"
#include "tests/kernels/sharing/sharing_test.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

class ConditionTest : public SharingTest {};

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

TEST_F(ConditionTest, SleepsOnUntilTheDeadlineWhereNobodyNotifies) {
  Condition condition;
  const std::lock_guard hold(condition.lock());
  const auto before = std::chrono::steady_clock::now();
  EXPECT_FALSE(condition.wait(450ms));  // more than one slice of sleep
  EXPECT_GE(std::chrono::steady_clock::now() - before, 450ms);
}

/// Processes that wait for one notify each, and count themselves before and after.
class Waiting {
 public:
  explicit Waiting(int count) {
    processes_.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      processes_.emplace_back([this] {
        const std::lock_guard hold(condition.lock());
        waiting.fetch_add(1);
        const bool notified = condition.wait(long_enough);
        woken.fetch_add(1);
        return notified ? 0 : 1;
      });
      processes_.back().start();
      EXPECT_TRUE(eventually([&] { return waiting.load() == i + 1; }));
    }
  }
  Process& operator[](std::size_t i) { return processes_[i]; }
  void notify(std::uint32_t count) {
    const std::lock_guard hold(condition.lock());  // all that are counted have released it
    condition.notify(count);
  }
  /// Whether so many are awake soon, and no more of them some slices of sleep later.
  bool are_awake(int count) {
    if (!eventually([&] { return woken.load() >= count; })) return false;
    std::this_thread::sleep_for(3 * max_sleep);
    return woken.load() == count;
  }

  Condition condition;
  RawValue<int> waiting{0};
  RawValue<int> woken{0};

 private:
  std::vector<Process> processes_;
};

TEST_F(ConditionTest, WakesAsManyAsANotifySays) {
  Waiting six(6);
  EXPECT_TRUE(six.are_awake(0));
  six.notify(0);
  EXPECT_TRUE(six.are_awake(0));
  six.notify(1);
  EXPECT_TRUE(six.are_awake(1));
  six.notify(2);
  EXPECT_TRUE(six.are_awake(3));
  six.notify(7);
  EXPECT_TRUE(six.are_awake(6));
  for (std::size_t i = 0; i < 6; ++i) {
    six[i].join();
    EXPECT_EQ(six[i].exitcode(), 0);
  }
}

TEST_F(ConditionTest, WakesTheLongestWaitingFirst) {
  Waiting three(3);
  for (std::size_t i = 0; i < 3; ++i) {
    three.notify(1);
    EXPECT_TRUE(three[i].join(long_enough));
  }
}

TEST_F(ConditionTest, KeepsNoNotifyForThoseWhoComeLater) {
  Condition condition;
  const std::lock_guard hold(condition.lock());
  condition.notify();
  condition.notify_all();
  EXPECT_FALSE(condition.wait(250ms));
}

TEST_F(ConditionTest, CountsNeitherTooManyNorTooFewWhereDeadlinesPassMeanwhile) {
  Condition condition;
  int waiting = 0;  // all four are guarded by the lock
  int woken = 0;
  int notified = 0;
  bool end = false;
  std::vector<std::thread> waiters;
  for (int i = 0; i < 8; ++i)
    waiters.emplace_back([&, i] {
      const std::lock_guard hold(condition.lock());
      while (!end) {
        ++waiting;
        const bool by_notify = condition.wait(std::chrono::microseconds(50 * i));
        --waiting;
        woken += by_notify ? 1 : 0;
      }
    });
  const Deadline deadline = long_enough;
  while (notified < 2000 && !deadline.passed()) {
    std::this_thread::yield();
    const std::lock_guard hold(condition.lock());
    if (waiting - (notified - woken) == 0) continue;
    condition.notify();
    ++notified;
  }
  condition.acquire();
  end = true;
  condition.release();
  for (std::thread& waiter : waiters) waiter.join();
  EXPECT_EQ(woken, notified);
  EXPECT_EQ(notified, 2000);
}

TEST_F(ConditionTest, GivesTheWakeUpOfAWaiterThatIsKilledToAnother) {
  Waiting two(2);
  ASSERT_TRUE(eventually([&] { return is_asleep(*two[0].pid()); }));
  kill(*two[0].pid(), SIGSTOP);
  std::this_thread::sleep_for(20ms);
  two.notify(1);
  EXPECT_TRUE(two.are_awake(0));  // it is the first one's
  two[0].kill();
  EXPECT_TRUE(two[1].join(long_enough));
  EXPECT_EQ(two[1].exitcode(), 0);
}

TEST_F(ConditionTest, PassesOverAWaiterThatWasKilled) {
  Waiting three(3);
  three[0].kill();
  three[0].join();
  three.notify(1);
  EXPECT_TRUE(three[1].join(long_enough));
  EXPECT_EQ(three[1].exitcode(), 0);
  EXPECT_TRUE(three.are_awake(1));
  three.notify(1);
}

TEST_F(ConditionTest, TellsAWaiterThatTheOwnerDiedWithoutANotify) {
  Condition condition;
  Process waiter([&] {
    condition.acquire();
    try {
      condition.wait();
    } catch (const Poisoned&) {
      condition.release();
      return 7;
    }
    return 0;
  });
  waiter.start();
  ASSERT_TRUE(eventually([&] { return is_asleep(*waiter.pid()); }));
  Process owner([&] {
    condition.acquire();
    raise(SIGKILL);
  });
  owner.start();
  EXPECT_TRUE(waiter.join(long_enough));
  EXPECT_EQ(waiter.exitcode(), 7);
}

TEST_F(ConditionTest, AsksAConsumingPredicateNotAgainOnceItHolds) {
  Condition condition;
  RawValue<int> items(0);
  int taken = 0;
  Process producer([&] {
    usleep(250'000);  // no notify: a slice of sleep finds it
    items.store(2);
  });
  producer.start();
  condition.acquire();
  EXPECT_TRUE(condition.wait_for(
      [&] {
        if (items.load() == 0) return false;
        items.fetch_add(-1);
        ++taken;
        return true;
      },
      long_enough));
  condition.release();
  EXPECT_EQ(taken, 1);
  EXPECT_EQ(items.load(), 1);
}

TEST_F(ConditionTest, RefusesToWaitWithoutTheLock) {
  Condition condition;
  EXPECT_THROW(condition.wait(0s), std::logic_error);
  const std::lock_guard hold(condition.lock());
  EXPECT_FALSE(condition.wait(1ms));
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

}  // namespace
}  // namespace parlab
