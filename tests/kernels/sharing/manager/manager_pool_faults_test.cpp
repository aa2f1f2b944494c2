// Pools of a manager where someone dies: a worker, a client, the manager.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "kernels/sharing/child_process.hpp"
#include "tests/kernels/sharing/manager/pool_test.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using testing::HasSubstr;
using Data = ManagedData;

class ManagerPoolFaultsTest : public ManagerPoolTest {};

TEST_F(ManagerPoolFaultsTest, ReportsAWorkerThatDiesAndGoesOn) {
  const ManagedPool pool = manager().pool(2);
  try {
    pool.map("die_at_three", {1, 2, 3, 4}, 2);
    FAIL();
  } catch (const WorkerDied& death) {
    EXPECT_EQ(death.signal(), SIGKILL);
    EXPECT_EQ(death.index(), 2u) << "of the item that it was at";
  }
  EXPECT_THAT(message_of<WorkerDied>([&] { pool.apply("die", SIGSEGV); }), HasSubstr("SIGSEGV"));
  EXPECT_THAT(message_of<WorkerDied>([&] { pool.apply("leave", 5); }), HasSubstr("exit code 5"));
  EXPECT_THROW(pool.apply("close_all"), WorkerDied) << "its socket too";
  EXPECT_EQ(pool.map("square", {1, 2, 3}, 1), Data({1, 4, 9}));
  ManagedImap results = pool.imap("die_at_three", std::vector<int>{1, 2, 3, 4});
  EXPECT_EQ(results.next(), Data(1));
  EXPECT_EQ(results.next(), Data(2));
  EXPECT_THROW(results.next(), WorkerDied);
  EXPECT_EQ(results.next(), Data(4));
}

TEST_F(ManagerPoolFaultsTest, GoesOnWhereIdleWorkersAreKilled) {
  const ManagedPool pool = manager().pool(2);
  for (int round = 0; round < 3; ++round) {
    for (const pid_t worker : pids(pool)) kill(worker, SIGKILL);
    // A task may meet a worker that is dying: it is never run twice.
    try {
      EXPECT_EQ(pool.apply("square", 3), 9);
    } catch (const WorkerDied&) {
    }
  }
  EXPECT_EQ(pool.map("square", {1, 2, 3}), Data({1, 4, 9}));
}

TEST_F(ManagerPoolFaultsTest, FinishesTheCallsOfAClientThatIsKilled) {
  const ManagedPool pool = manager().pool(1);
  const ManagedCounter counter = manager().counter();
  const int objects = state(manager().client(), "objects");
  ChildProcess child = ChildProcess::fork([&] {
    std::vector<ManagedResult> results;
    for (int i = 0; i < 5; ++i)
      results.push_back(pool.apply_async("call_back", manager().address(), counter.object()));
    results.push_back(pool.apply_async("sleep", 0.1));
    results.back().get();
  });
  ASSERT_TRUE(calls_wait(manager(), 1));
  child.signal(SIGKILL);
  EXPECT_TRUE(eventually([&] { return counter.get() == 5; }));
  EXPECT_TRUE(eventually([&] { return state(manager().client(), "objects") == objects; }))
      << "nobody holds its results";
  EXPECT_EQ(pool.apply("square", 2), 4);
}

TEST_F(ManagerPoolFaultsTest, GoesWithItsLastHolder) {
  std::optional<ManagedPool> pool = manager().pool(2);
  const auto workers = pids(*pool);
  const ManagedResult unfinished = pool->apply_async("sleep", 3600);
  pool.reset();
  EXPECT_THROW(unfinished.get(), ManagerError);
  for (const pid_t worker : workers) EXPECT_TRUE(eventually([&] { return has_ended(worker); }));
}

TEST_F(ManagerPoolFaultsTest, EndsWithItsManagerHoweverThatEnds) {
  for (const int signal : {SIGKILL, SIGTERM, 0}) {
    start(pool_options());
    const ManagedPool pool = manager().pool(2);
    const auto workers = pids(pool);
    std::jthread waits([&] { EXPECT_THROW(pool.apply("sleep", 3600), ManagerDied); });
    std::jthread joins([&] {
      const ManagedPool other = manager().pool(1);
      const ManagedResult never = other.apply_async("sleep", 3600);
      other.close();
      EXPECT_THROW(other.join(), ManagerDied);
    });
    ASSERT_TRUE(calls_wait(manager(), 2));
    if (signal != 0)
      kill(manager().pid(), signal);
    else
      manager().shutdown();
    waits.join();
    joins.join();
    for (const pid_t worker : workers) EXPECT_TRUE(eventually([&] { return has_ended(worker); }));
    if (signal != SIGKILL) {
      for (const pid_t worker : workers)
        EXPECT_TRUE(eventually([&] {
          return !std::filesystem::exists("/proc/" + std::to_string(worker));
        })) << "its manager reaped it";
    }
  }
}

}  // namespace
}  // namespace parlab
