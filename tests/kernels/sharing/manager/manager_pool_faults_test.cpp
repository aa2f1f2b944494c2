// Pools of a manager where someone dies: a worker, a client, the manager.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kernels/base/sanitizers.hpp"
#include "kernels/posix/process/child_process.hpp"
#include "kernels/sharing/memory/raw_value.hpp"
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
  EXPECT_THAT(message_of<WorkerDied>([&] { pool.apply("die", SIGABRT); }), HasSubstr("SIGABRT"));
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
  EXPECT_TRUE(eventually([&] {
    try {
      return pool.map("square", {1, 2, 3}) == Data({1, 4, 9});
    } catch (const WorkerDied&) {
      return false;
    }
  }));
}

TEST_F(ManagerPoolFaultsTest, NamesTheItemOfAWorkerThatDiesBeforeItBegins) {
  const ManagedPool pool = manager().pool(1);
  const pid_t worker = *pids(pool).begin();
  pool.map("square", {1, 2, 3, 4}, 4);
  kill(worker, SIGSTOP);
  const ManagedResult result = pool.apply_async("square", 3);
  kill(worker, SIGKILL);
  try {
    result.get(long_enough);
    FAIL();
  } catch (const WorkerDied& death) {
    EXPECT_EQ(death.index(), 0u) << "not one of the call before";
  }
}

TEST_F(ManagerPoolFaultsTest, TakesTheAnswerThatAWorkerSentBeforeItDied) {
  RawValue<int> go(0);
  ManagerOptions options;
  options.functions.add("pid", [] { return getpid(); }).add("long_text", [&] {
    while (go.load() == 0) continue;  // awake: it sleeps when all is sent
    return std::string(100'000, 'x');
  });
  start(options);
  const ManagedPool pool = manager().pool(1);
  const auto worker = pool.apply("pid").get<pid_t>();
  const ManagedResult result = pool.apply_async("long_text");
  ASSERT_TRUE(eventually([&] { return !is_asleep(worker); }));
  kill(manager().pid(), SIGSTOP);
  go.store(1);
  EXPECT_TRUE(eventually([&] { return is_asleep(worker); }));
  kill(worker, SIGKILL);
  EXPECT_TRUE(eventually([&] { return has_ended(worker); }));
  kill(manager().pid(), SIGCONT);
  EXPECT_EQ(result.get(long_enough).get<std::string>().size(), 100'000u);
}

TEST_F(ManagerPoolFaultsTest, TellsWhyAnInitializerFailedThoughItsWorkerEndedUnheard) {
  RawValue<int> worker(0);
  RawValue<int> go(0);
  ManagerOptions options;
  options.functions.add("square", [](int x) { return x * x; }).add("fail", [&] {
    if (worker.load() != 0) return;  // only the first one fails
    worker.store(getpid());
    while (go.load() == 0) std::this_thread::sleep_for(1ms);
    throw std::runtime_error("no licence" + std::string(100'000, '.'));
  });
  start(options);
  const ManagedPool pool = manager().pool(1, {.initializer = "fail"});
  ASSERT_TRUE(eventually([&] { return worker.load() != 0; }));
  kill(manager().pid(), SIGSTOP);
  ASSERT_TRUE(eventually([&] { return is_asleep(manager().pid()); }));
  go.store(1);
  EXPECT_TRUE(eventually([&] { return has_ended(worker.load()); }));
  kill(manager().pid(), SIGCONT);
  EXPECT_THAT(message_of<ManagerError>([&] { pool.apply("square", 1); }), HasSubstr("no licence"));
}

TEST_F(ManagerPoolFaultsTest, SaysWhatIsShortWhereNoWorkerCanBeStarted) {
#if defined(PARLAB_ADDRESS_SANITIZER) || defined(PARLAB_THREAD_SANITIZER)
  GTEST_SKIP() << "a sanitizer may open files";
#endif
  ChildProcess child = ChildProcess::fork([&] {
    const rlimit few{64, 64};
    setrlimit(RLIMIT_NOFILE, &few);
    Manager limited(pool_options());
    const std::string why = message_of<ManagerError>([&] { limited.pool(60); });
    if (why.find("ulimit -n") == std::string::npos) throw std::runtime_error(why);
    const auto number = std::to_string(limited.pid());
    std::ifstream children("/proc/" + number + "/task/" + number + "/children");
    if (int left = 0; children >> left) throw std::runtime_error("a worker is left");
    if (limited.pool(2).map("square", {1, 2}) != Data({1, 4})) _exit(3);
    limited.shutdown();
  });
  EXPECT_EQ(child.wait().describe(), "exit code 0");
}

TEST_F(ManagerPoolFaultsTest, FinishesTheCallsOfAClientThatIsKilled) {
  const ManagedPool pool = manager().pool(1);
  const ManagedCounter counter = manager().counter();
  const int objects = state(manager().client(), "objects");
  ChildProcess child = ChildProcess::fork([&] {
    std::vector<ManagedResult> results = {pool.apply_async("sleep", 0.5)};
    for (int i = 0; i < 5; ++i)
      results.push_back(pool.apply_async("call_back", manager().address(), counter.object()));
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

TEST_F(ManagerPoolFaultsTest, FailsTheCallsOfOthersWhereItsLastHolderIsKilled) {
  RawValue<std::uint64_t> made(0);
  ChildProcess holder = ChildProcess::fork([&] {
    const ManagedPool pool = manager().pool(1);
    made.store(pool.object());
    pause();
  });
  ASSERT_TRUE(eventually([&] { return made.load() != 0; }));
  const ManagedResult unfinished =
      ManagedPool(manager().client().hold(made.load())).apply_async("sleep", 3600);
  std::jthread waits([&] { EXPECT_THROW(unfinished.get(long_enough), ManagerError); });
  EXPECT_TRUE(calls_wait(manager(), 1));
  holder.signal(SIGKILL);
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
