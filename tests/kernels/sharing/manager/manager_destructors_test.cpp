// What destructors call must not throw: whoever holds something of a manager that dies goes on.

#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>

#include "kernels/posix/process/child_process.hpp"
#include "tests/kernels/sharing/manager/manager_test.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

class ManagerDestructorsTest : public ManagerTest {
 protected:
  void kill_manager() {
    kill(manager().pid(), SIGKILL);
    ASSERT_TRUE(eventually([&] { return has_ended(manager().pid()); }));
  }
};

static_assert(noexcept(std::declval<const ManagedLock&>().unlock()));

TEST_F(ManagerDestructorsTest, LeaveAScopeWhoseLockDiedWithItsManager) {
  const ManagedLock lock = manager().lock();
  {
    const std::scoped_lock hold(lock);
    kill_manager();
  }
  {
    EXPECT_THROW(lock.acquire(), ManagerDied);
    EXPECT_THROW(lock.release(), ManagerDied);
    EXPECT_THROW(std::scoped_lock hold(lock), ManagerDied);
    EXPECT_THROW(lock.try_lock(), ManagerDied);
  }
  lock.unlock();
}

TEST_F(ManagerDestructorsTest, LetTheErrorOfACallUnderTheLockThrough) {
  const ManagedLock lock = manager().lock();
  ManagedLock other = manager().lock();
  const ManagedQueue queue = manager().queue();
  EXPECT_THROW(
      {
        const std::scoped_lock hold(lock);
        const std::unique_lock held(other);
        kill_manager();
        queue.get();
      },
      ManagerDied);
}

// The thread's connection broke, and its lock was freed with it; the manager lives.
TEST_F(ManagerDestructorsTest, LeaveALockThatWasLostWithTheConnection) {
  const ManagerClient client = ManagerClient::connect(manager().address(), {.patience = 300ms});
  const auto lock = managed<ManagedLock>(client, "Lock", {.name = "lock"});
  const auto queue = managed<ManagedQueue>(client, "Queue", {.initial = 0});
  EXPECT_THROW(
      {
        const std::scoped_lock hold(lock);
        kill(manager().pid(), SIGSTOP);
        try {
          queue.get(1ms);
        } catch (const ManagerDied&) {
          kill(manager().pid(), SIGCONT);
          throw;
        }
      },
      ManagerDied);
  EXPECT_EQ(manager().lock("lock").acquire(), Acquired::abandoned);
}

// An unlock that waits for a stopped manager is given up after the client's patience.
TEST_F(ManagerDestructorsTest, AreNotHeldByAStoppedManager) {
  const ManagerClient client = ManagerClient::connect(manager().address(), {.patience = 300ms});
  auto lock = std::make_optional(managed<ManagedLock>(client, "Lock", {}));
  {
    const std::scoped_lock hold(*lock);
    kill(manager().pid(), SIGSTOP);
  }
  lock.reset();
  kill(manager().pid(), SIGCONT);
}

TEST_F(ManagerDestructorsTest, TakeSeveralLocksTogether) {
  const ManagedLock first = manager().lock();
  const ManagedLock second = manager().lock();
  {
    const std::scoped_lock hold(first, second);
    EXPECT_TRUE(first.locked() && second.locked());
  }
  EXPECT_FALSE(first.locked() || second.locked());
}

TEST_F(ManagerDestructorsTest, OfProxiesOutliveTheirManager) {
  std::optional<Manager> manager(std::in_place);
  auto value = std::make_unique<ManagedValue>(manager->value(1));
  auto lock = std::make_unique<ManagedLock>(manager->lock());
  lock->acquire();
  kill(manager->pid(), SIGKILL);
  lock.reset();
  manager.reset();
  value.reset();
}

// At the end of a program static objects go after those of its main thread.
TEST_F(ManagerDestructorsTest, OfStaticProxiesFindTheThreadsConnectionsGone) {
  EXPECT_EXIT(
      {
        static std::optional<ManagedValue> value;
        static std::optional<ManagedLock> lock;
        value.emplace(manager().value(1));
        lock.emplace(manager().lock());
        static const std::scoped_lock hold(*lock);
        std::exit(0);  // NOLINT(concurrency-mt-unsafe): what is tested
      },
      testing::ExitedWithCode(0), "");
}

TEST_F(ManagerDestructorsTest, ProxiesDoNotMistakeAnotherManagerForTheirs) {
  const std::string address =
      "unix:" + testing::TempDir() + "parlab-another-" + std::to_string(getpid());
  std::optional<Manager> first(std::in_place, ManagerOptions{.address = address});
  const ManagedCounter counter = first->counter(5);
  const ManagedLock lock = first->lock();
  const std::scoped_lock hold(lock);
  first.reset();
  const Manager second({.address = address});
  const ManagedCounter another = second.counter(7);
  ASSERT_EQ(another.object(), counter.object());
  EXPECT_THROW(counter.add(1), ManagerDied);
  EXPECT_THROW(counter.add(1), ManagerDied);
  EXPECT_EQ(another.get(), 7);
}

}  // namespace
}  // namespace parlab
