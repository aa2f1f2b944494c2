// Lock and RLock between processes and threads, and after the death of an owner.

#include "kernels/sharing/sync/lock.hpp"

#include <gmock/gmock.h>
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

class LockTest : public SharingTest {
 protected:
  /// Leaves `lock` to its next owner as a killed process left it.
  template <class AnyLock>
  static void die_holding(AnyLock& lock) {
    Process owner([&] {
      lock.acquire();
      raise(SIGKILL);
    });
    owner.start();
    owner.join();
    ASSERT_EQ(owner.exitcode(), -SIGKILL);
  }
};

TEST_F(LockTest, LosesNoUpdateBetweenProcesses) {
  Lock lock;
  RawValue<int> count(0);
  std::vector<Process> workers;
  for (int i = 0; i < 4; ++i)
    workers.emplace_back([&] {
      for (int k = 0; k < 5000; ++k) {
        const std::lock_guard hold(lock);
        count.store(count.load() + 1);
      }
    });
  for (Process& worker : workers) worker.start();
  for (Process& worker : workers) worker.join();
  EXPECT_EQ(count.load(), 20'000);
}

TEST_F(LockTest, LosesNoUpdateBetweenThreads) {
  Lock lock;
  int count = 0;
  std::vector<std::thread> workers;
  for (int i = 0; i < 4; ++i)
    workers.emplace_back([&] {
      for (int k = 0; k < 5000; ++k) {
        const std::lock_guard hold(lock);
        ++count;
      }
    });
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(count, 20'000);
}

TEST_F(LockTest, GivesUpAtTheDeadline) {
  Lock lock;
  lock.acquire();
  std::thread other([&] {
    EXPECT_FALSE(lock.acquire(0s));
    EXPECT_FALSE(lock.try_lock());
    EXPECT_FALSE(lock.acquire(10ms));
  });
  other.join();
  lock.release();
  EXPECT_TRUE(lock.acquire(0s));
  lock.release();
}

TEST_F(LockTest, IsGivenOnWhenReleased) {
  Lock lock;
  lock.acquire();
  Process other([&] { return lock.acquire(long_enough) ? 0 : 3; });
  other.start();
  EXPECT_TRUE(eventually([&] { return is_asleep(*other.pid()); }));
  lock.release();
  other.join();
  EXPECT_EQ(other.exitcode(), 0);
  // It ended as the owner.
  EXPECT_THROW(lock.acquire(), Poisoned);
}

TEST_F(LockTest, RefusesWhatWouldNeverReturn) {
  Lock lock;
  EXPECT_THROW(lock.release(), std::logic_error);
  lock.acquire();
  EXPECT_THROW(lock.acquire(), std::logic_error);
  EXPECT_FALSE(lock.try_lock());
  lock.release();
}

TEST_F(LockTest, TellsEveryNextOwnerOfADeathUntilOneMends) {
  Lock lock;
  die_holding(lock);
  EXPECT_THROW(lock.acquire(), Poisoned);
  EXPECT_THROW(lock.acquire(10ms), Poisoned);
  EXPECT_THROW(lock.recover([] { throw std::runtime_error("cannot repair"); }), std::runtime_error);
  EXPECT_THROW(lock.acquire(), Poisoned);
  bool repaired = false;
  lock.recover([&] { repaired = true; });
  EXPECT_TRUE(repaired);
  EXPECT_TRUE(lock.acquire(0s));
  lock.release();
}

TEST_F(LockTest, CallsRecoverWithTheLockHeldAndGoesOn) {
  int recovered = 0;
  Lock* held = nullptr;
  Lock lock([&] {
    ++recovered;
    EXPECT_THROW(held->acquire(), std::logic_error);  // ours
  });
  held = &lock;
  for (int death = 1; death <= 3; ++death) {
    die_holding(lock);
    EXPECT_TRUE(lock.acquire());
    EXPECT_EQ(recovered, death);
    lock.release();
  }
}

TEST_F(LockTest, TellsAWaiterWhenTheOwnerIsKilled) {
  Lock lock;
  RawValue<bool> taken(false);
  Process owner([&] {
    lock.acquire();
    taken.store(true);
    pause();
  });
  owner.start();
  ASSERT_TRUE(eventually([&] { return taken.load(); }));
  Process waiter([&] {
    try {
      lock.acquire(long_enough);
    } catch (const Poisoned&) {
      return 7;
    }
    return 0;
  });
  waiter.start();
  EXPECT_TRUE(eventually([&] { return is_asleep(*waiter.pid()); }));
  owner.kill();
  waiter.join();
  EXPECT_EQ(waiter.exitcode(), 7);
}

TEST_F(LockTest, IsNotUnmappedWhileHeldSoThatADeathIsSeen) {
  Lock* lock = new Lock;
  RawValue<bool> dropped(false);
  // A copy of the lock in the child alone: deleting it there would unmap it there.
  Process owner([&] {
    lock->acquire();
    delete lock;
    dropped.store(true);
    raise(SIGKILL);
  });
  owner.start();
  owner.join();
  EXPECT_TRUE(dropped.load());
  EXPECT_THROW(lock->acquire(long_enough), Poisoned);
  delete lock;
}

TEST_F(LockTest, MayBeMoved) {
  Lock first;
  first.acquire();
  Lock second(std::move(first));
  EXPECT_FALSE(second.try_lock());
  second.release();
}

TEST_F(LockTest, AnRLockIsTakenAgainByItsOwnerOnly) {
  RLock lock;
  EXPECT_TRUE(lock.acquire());
  EXPECT_TRUE(lock.acquire(0s));
  std::thread([&] { EXPECT_FALSE(lock.try_lock()); }).join();
  lock.release();
  std::thread([&] { EXPECT_FALSE(lock.try_lock()); }).join();
  lock.release();
  std::thread([&] {
    EXPECT_TRUE(lock.try_lock());
    lock.release();
  }).join();
  EXPECT_THROW(lock.release(), std::logic_error);
}

TEST_F(LockTest, AnRLockTellsOfADeathToo) {
  RLock lock;
  die_holding(lock);
  EXPECT_THROW(lock.acquire(), Poisoned);
  lock.recover([] {});
  EXPECT_TRUE(lock.acquire());
  lock.release();
}

}  // namespace
}  // namespace parlab
