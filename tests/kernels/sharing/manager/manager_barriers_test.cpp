// Barriers and semaphores of a manager.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cmath>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "kernels/posix/process/child_process.hpp"
#include "tests/kernels/sharing/manager/manager_test.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

class ManagerBarriersTest : public ManagerTest {
 protected:
  /// A child that waits at the barrier: it ends with 20 and its place, with 1 where the barrier
  /// breaks, with 7 where the manager dies, with 9 where the action throws.
  static ChildProcess party(const ManagedBarrier& barrier) {
    return ChildProcess::fork([&] {
      try {
        _exit(20 + static_cast<int>(barrier.wait(long_enough)));
      } catch (const BrokenBarrier&) {
        _exit(1);
      } catch (const ManagerDied&) {
        _exit(7);
      } catch (const std::domain_error&) {
        _exit(9);
      }
    });
  }
  static std::vector<ChildProcess> parties(const ManagedBarrier& barrier, int count) {
    std::vector<ChildProcess> children;
    for (int i = 0; i < count; ++i) children.push_back(party(barrier));
    return children;
  }
  static std::multiset<int> codes(std::vector<ChildProcess>& children) {
    std::multiset<int> codes;
    for (ChildProcess& child : children) codes.insert(child.wait().code.value_or(-1));
    return codes;
  }
};

using Codes = std::multiset<int>;

TEST_F(ManagerBarriersTest, OpenWhenAllHaveComeAgainAndAgain) {
  constexpr int count = 3;
  const ManagedBarrier barrier = manager().barrier(count);
  const ManagedCounter arrivals = manager().counter();
  std::vector<ChildProcess> children;
  for (int i = 0; i < count; ++i)
    children.push_back(ChildProcess::fork([&] {
      for (int round = 1; round <= 30; ++round) {
        arrivals.add(1);
        barrier.wait(long_enough);
        if (arrivals.get() < round * count) _exit(3);
        barrier.wait(long_enough);
      }
    }));
  EXPECT_EQ(codes(children), (Codes{0, 0, 0}));
  EXPECT_EQ(barrier.parties(), 3u);
  EXPECT_EQ(barrier.waiting(), 0u);
  EXPECT_FALSE(barrier.broken());
  EXPECT_EQ(manager().barrier(1).wait(), 0u);
  EXPECT_THROW(manager().barrier(0), ManagerError);
  EXPECT_THROW(manager().barrier(-1), ManagerError);
}

TEST_F(ManagerBarriersTest, GiveEachPartyAPlace) {
  const ManagedBarrier barrier = manager().barrier(4);
  auto children = parties(barrier, 4);
  EXPECT_EQ(codes(children), (Codes{20, 21, 22, 23}));
}

TEST_F(ManagerBarriersTest, BreakForAllAtADeadline) {
  const ManagedBarrier barrier = manager().barrier(3);
  auto children = parties(barrier, 1);
  ASSERT_TRUE(eventually([&] { return barrier.waiting() == 1; }));
  EXPECT_THROW(barrier.wait(5ms), BrokenBarrier);
  EXPECT_EQ(codes(children), Codes{1});
  EXPECT_TRUE(barrier.broken());
  EXPECT_THROW(barrier.wait(), BrokenBarrier);
  barrier.reset();
  EXPECT_FALSE(barrier.broken());
  for (const Deadline& wait : {Deadline(0s), Deadline(-1ms)}) {
    EXPECT_THROW(barrier.wait(wait), BrokenBarrier);
    EXPECT_TRUE(barrier.broken());
    barrier.reset();
  }
  EXPECT_EQ(barrier.waiting(), 0u);
  const ManagedBarrier impatient = manager().barrier(2, {.timeout = 5ms});
  EXPECT_THROW(impatient.wait(), BrokenBarrier);
  EXPECT_THROW(manager().barrier(2, {.timeout = std::chrono::duration<double>(std::nan(""))}),
               std::invalid_argument);
}

TEST_F(ManagerBarriersTest, AbortAndResetSendWaitersAway) {
  const ManagedBarrier barrier = manager().barrier(3);
  auto children = parties(barrier, 2);
  ASSERT_TRUE(eventually([&] { return barrier.waiting() == 2; }));
  barrier.reset();
  EXPECT_EQ(codes(children), (Codes{1, 1}));
  EXPECT_FALSE(barrier.broken());
  children = parties(barrier, 2);
  ASSERT_TRUE(eventually([&] { return barrier.waiting() == 2; }));
  barrier.abort();
  EXPECT_EQ(codes(children), (Codes{1, 1}));
  EXPECT_TRUE(barrier.broken());
  barrier.reset();
  children = parties(barrier, 3);
  EXPECT_EQ(codes(children), (Codes{20, 21, 22})) << "as new";
}

TEST_F(ManagerBarriersTest, ActOnceARoundBeforeAnyIsLetGo) {
  const ManagedCounter acted = manager().counter();
  const ManagedBarrier barrier = manager().barrier(
      3, {.action = [&] {
        std::this_thread::sleep_for(5ms);
        acted.add(1);  // the party's own thread and connection: it may call the manager
      }});
  std::vector<ChildProcess> children;
  for (int i = 0; i < 3; ++i)
    children.push_back(ChildProcess::fork([&] {
      for (int round = 1; round <= 10; ++round) {
        barrier.wait(long_enough);
        if (acted.get() < round) _exit(3);
      }
    }));
  EXPECT_EQ(codes(children), (Codes{0, 0, 0}));
  EXPECT_EQ(acted.get(), 10);
}

TEST_F(ManagerBarriersTest, BreakWhereTheActionThrowsOrItsPartyDies) {
  const ManagedBarrier throws =
      manager().barrier(3, {.action = [] { throw std::domain_error("the action"); }});
  auto children = parties(throws, 3);
  EXPECT_EQ(codes(children), (Codes{1, 1, 9}));
  EXPECT_TRUE(throws.broken());
  const ManagedBarrier dies = manager().barrier(3, {.action = [] { raise(SIGKILL); }});
  children = parties(dies, 3);
  EXPECT_EQ(codes(children), (Codes{-1, 1, 1}));
  EXPECT_TRUE(dies.broken());
}

TEST_F(ManagerBarriersTest, BreakAtADeadlineAlsoAmidTheAction) {
  const ManagedEvent go_on = manager().event();
  const ManagedBarrier barrier = manager().barrier(2, {.action = [&] { go_on.wait(); }});
  std::jthread impatient([&] { EXPECT_THROW(barrier.wait(100ms), BrokenBarrier); });
  ASSERT_TRUE(eventually([&] { return barrier.waiting() == 1; }));
  std::jthread acts([&] { EXPECT_THROW(barrier.wait(), BrokenBarrier); });
  impatient.join();
  go_on.set();
  acts.join();
  EXPECT_TRUE(barrier.broken());
}

TEST_F(ManagerBarriersTest, AskForTheActionOfEachClient) {
  const ManagedBarrier named = manager().barrier(1, {.action = [] {}}, "named");
  const ManagerClient other = ManagerClient::connect(manager().address());
  EXPECT_THROW(managed_barrier(other, 1, {}, "named").wait(0s), ManagerError);
  int acted = 0;
  EXPECT_EQ(managed_barrier(other, 1, {.action = [&] { ++acted; }}, "named").wait(), 0u);
  EXPECT_EQ(acted, 1);
}

TEST_F(ManagerBarriersTest, DoNotCountAPartyThatWasKilled) {
  const ManagedBarrier barrier = manager().barrier(3);
  ChildProcess victim = party(barrier);
  ASSERT_TRUE(eventually([&] { return barrier.waiting() == 1; }));
  victim.signal(SIGKILL);
  ASSERT_TRUE(eventually([&] { return barrier.waiting() == 0; }));
  auto children = parties(barrier, 3);
  EXPECT_EQ(codes(children), (Codes{20, 21, 22})) << "another came in its place";
}

TEST_F(ManagerBarriersTest, EndWithTheManager) {
  const ManagedBarrier barrier = manager().barrier(4);
  auto children = parties(barrier, 3);
  ASSERT_TRUE(calls_wait(manager(), 3));
  kill(manager().pid(), SIGKILL);
  EXPECT_EQ(codes(children), (Codes{7, 7, 7}));
  EXPECT_THROW(barrier.wait(), ManagerDied);
}

class ManagerSemaphoresTest : public ManagerTest {
 protected:
  /// A child that takes so many units and holds them.
  ChildProcess holder(const ManagedSemaphore& semaphore, int units) {
    const auto left = semaphore.value() - static_cast<std::uint64_t>(units);
    ChildProcess child = ChildProcess::fork([&] {
      for (int i = 0; i < units; ++i) semaphore.acquire();
      for (;;) pause();
    });
    EXPECT_TRUE(eventually([&] { return semaphore.value() == left; }));
    return child;
  }
};

TEST_F(ManagerSemaphoresTest, AdmitAsManyAsTheyHaveUnits) {
  const ManagedSemaphore semaphore = manager().semaphore(2);
  const ManagedCounter inside = manager().counter();
  std::vector<ChildProcess> children;
  for (int i = 0; i < 4; ++i)
    children.push_back(ChildProcess::fork([&] {
      for (int k = 0; k < 30; ++k) {
        const std::scoped_lock hold(semaphore);
        if (inside.add(1) > 2) _exit(3);
        inside.add(-1);
      }
    }));
  for (ChildProcess& child : children) EXPECT_TRUE(child.wait().success());
  EXPECT_EQ(semaphore.value(), 2u);
  EXPECT_TRUE(semaphore.acquire(0s) && semaphore.acquire(0s));
  EXPECT_FALSE(semaphore.acquire(-1ms));
  EXPECT_FALSE(semaphore.acquire(5ms));
  semaphore.release(2);
}

TEST_F(ManagerSemaphoresTest, TakeMoreUnitsThanTheyBeganWithUnlessBounded) {
  const ManagedSemaphore semaphore = manager().semaphore(0);
  semaphore.release(3);
  EXPECT_EQ(semaphore.value(), 3u);
  const ManagedBoundedSemaphore bounded = manager().bounded_semaphore(2);
  EXPECT_THROW(bounded.release(), ManagerError);
  EXPECT_TRUE(bounded.acquire());
  EXPECT_THROW(bounded.release(2), ManagerError);
  EXPECT_EQ(bounded.value(), 1u) << "all or none";
  bounded.release();
  for (const ManagedData& bad :
       {ManagedData(0), ManagedData(-1), ManagedData(1.5), ManagedData("1")})
    EXPECT_THROW(semaphore.call("release", bad), ManagerError) << bad;
  semaphore.release(std::int64_t{1} << 62);
  EXPECT_THROW(semaphore.release(std::int64_t{1} << 62), ManagerError) << "does not fit twice";
  EXPECT_THROW(manager().semaphore(-1), ManagerError);
  EXPECT_THROW(manager().bounded_semaphore(-1), ManagerError);
}

TEST_F(ManagerSemaphoresTest, ReleaseAllWhoWaitForUnits) {
  const ManagedSemaphore semaphore = manager().semaphore(0);
  std::vector<ChildProcess> children;
  for (int i = 0; i < 3; ++i) children.push_back(ChildProcess::fork([&] { semaphore.acquire(); }));
  ASSERT_TRUE(calls_wait(manager(), 3));
  semaphore.release(2);
  EXPECT_TRUE(calls_wait(manager(), 1));
  semaphore.release();
  for (ChildProcess& child : children) EXPECT_TRUE(child.wait().success());
}

TEST_F(ManagerSemaphoresTest, AreGivenBackTheUnitsOfAKilledHolder) {
  for (const ManagedSemaphore& semaphore :
       {manager().semaphore(3), ManagedSemaphore(manager().bounded_semaphore(3))}) {
    ChildProcess first = holder(semaphore, 2);
    ChildProcess second = holder(semaphore, 1);
    std::jthread waits([&] {
      EXPECT_TRUE(semaphore.acquire(long_enough));
      semaphore.release();
    });
    ASSERT_TRUE(calls_wait(manager(), 1));
    first.signal(SIGKILL);
    waits.join();
    EXPECT_TRUE(eventually([&] { return semaphore.value() == 2; }));
    second.signal(SIGKILL);
    EXPECT_TRUE(eventually([&] { return semaphore.value() == 3; }));
  }
}

// Units that another gave back for it, and events that it was told of, are not given back again.
TEST_F(ManagerSemaphoresTest, AreNotGivenBackUnitsTwice) {
  const ManagedBoundedSemaphore bounded = manager().bounded_semaphore(2);
  ChildProcess child = holder(bounded, 2);
  bounded.release();
  child.signal(SIGKILL);
  EXPECT_TRUE(eventually([&] { return bounded.value() == 2; }));
  const ManagedSemaphore events = manager().semaphore(0);
  events.release(3);
  ChildProcess listener = holder(events, 2);
  listener.signal(SIGKILL);
  listener.wait();
  EXPECT_TRUE(eventually([&] { return state(manager().client(), "sessions") == 1; }));
  EXPECT_EQ(events.value(), 1u);
}

TEST_F(ManagerSemaphoresTest, ForgetAKilledWaiter) {
  const ManagedSemaphore semaphore = manager().semaphore(0);
  ChildProcess child = ChildProcess::fork([&] { semaphore.acquire(); });
  ASSERT_TRUE(calls_wait(manager(), 1));
  child.signal(SIGKILL);
  child.wait();
  semaphore.release();
  EXPECT_TRUE(semaphore.acquire(long_enough));
}

TEST_F(ManagerSemaphoresTest, EndWithTheManager) {
  const ManagedSemaphore semaphore = manager().semaphore(1);
  const ManagedBoundedSemaphore bounded = manager().bounded_semaphore(0);
  const std::scoped_lock hold(semaphore);
  std::jthread one([&] { EXPECT_THROW(semaphore.acquire(), ManagerDied); });
  std::jthread other([&] { EXPECT_THROW(bounded.acquire(3600s), ManagerDied); });
  ASSERT_TRUE(calls_wait(manager(), 2));
  kill(manager().pid(), SIGKILL);
}

}  // namespace
}  // namespace parlab
