// Programs that reap our children before we can: the status is lost, and nothing else is.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/base/sharing_errors.hpp"
#include "kernels/posix/process/child_process.hpp"
#include "kernels/posix/wait.hpp"
#include "kernels/sharing/manager/manager.hpp"
#include "kernels/sharing/memory/raw_value.hpp"
#include "kernels/sharing/pool/pool.hpp"
#include "kernels/sharing/process.hpp"
#include "tests/kernels/sharing/sharing_test.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""us;

void reap_all(int /*signal*/) {
  const int before = errno;
  while (waitpid(-1, nullptr, WNOHANG) > 0) continue;
  errno = before;
}

/// A program that lets nobody else have a child's status.
class Reaper {
 public:
  explicit Reaper(const std::string& kind) {
    if (kind == "thread") {
      thread_ = std::thread([this] {
        while (!end_)
          if (waitpid(-1, nullptr, WNOHANG) <= 0) std::this_thread::sleep_for(20us);
      });
      return;
    }
    struct sigaction action {};
    action.sa_handler = kind == "ignored" ? SIG_IGN : kind == "handler" ? reap_all : SIG_DFL;
    if (kind == "no_wait") action.sa_flags = SA_NOCLDWAIT;
    sigemptyset(&action.sa_mask);
    sigaction(SIGCHLD, &action, nullptr);
  }
  Reaper(const Reaper&) = delete;
  Reaper& operator=(const Reaper&) = delete;
  ~Reaper() {
    end_ = true;
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::atomic<bool> end_ = false;
  std::thread thread_;
};

class ReapedElsewhere : public SharingTest, public testing::WithParamInterface<const char*> {
 protected:
  /// Runs `work` in a program that reaps from the beginning, and expects it to return 0.
  static void in_a_program(const std::function<int()>& work) {
    const ExitStatus status = ChildProcess::fork([&] {
                                int code = 0;
                                {
                                  const Reaper reaper(GetParam());
                                  code = work();
                                }
                                _exit(code);
                              }).wait();
    EXPECT_EQ(status.describe(), "exit code 0");
  }
  /// Process and Pool refuse to fork beside a thread: see ReapedLater.
  static bool reaps_by_a_thread() { return std::string(GetParam()) == "thread"; }
};

TEST_P(ReapedElsewhere, AChildHasEndedWithAnUnknownStatus) {
  in_a_program([] {
    RawValue<int> answer(0);
    // Some have ended before they are watched.
    for (int i = 1; i <= 100; ++i) {
      ChildProcess child = ChildProcess::fork([&] { answer.store(i); });
      const ExitStatus status = child.wait();
      const bool may_be_first = reaps_by_a_thread() || std::string(GetParam()) == "handler";
      if (status.success() && !may_be_first) return 1;
      if (!status.success() && (status.known() || status.signal)) return 2;
      if (!status.success() && status.describe().find("unknown") == std::string::npos) return 3;
      if (answer.load() != i) return 4;
      if (wait({child.ended_fd()}, 0s).size() != 1) return 5;
    }
    return 0;
  });
}

TEST_P(ReapedElsewhere, AChildThatRunsIsWaitedForAndSeenToEnd) {
  in_a_program([] {
    const auto before = std::chrono::steady_clock::now();
    ChildProcess slow = ChildProcess::fork([] { usleep(50'000); });
    if (slow.status()) return 1;
    slow.wait();
    if (std::chrono::steady_clock::now() - before < 50ms) return 2;
    ChildProcess other = ChildProcess::fork([] { usleep(20'000); });
    while (!other.status()) usleep(1000);
    return 0;
  });
}

TEST_P(ReapedElsewhere, AChildIsKilledByItsDestructor) {
  in_a_program([] {
    int pid = 0;
    {
      const ChildProcess stuck = ChildProcess::fork([] { pause(); });
      pid = stuck.pid();
    }
    return has_ended(pid) ? 0 : 1;
  });
}

TEST_P(ReapedElsewhere, AProcessIsJoinedAndItsExitCodeIsNotSuccess) {
  in_a_program([] {
    RawValue<int> answer(0);
    RawValue<bool> go(false);
    // The thread sanitizer delivers signals late: the handler may then find nothing to reap.
    const bool may_be_first = std::string(GetParam()) == "handler";
    const auto is_told = [&](Process& process) {
      if (!process.status()) return false;
      return process.status()->known() ? may_be_first && process.exitcode() == 0
                                       : !process.exitcode();
    };
    for (int round = 0; round < 20; ++round) {
      Process process([&] {
        while (!go.load()) usleep(100);
        answer.store(42);
      });
      try {
        process.start();
      } catch (const ForkRefused&) {
        return reaps_by_a_thread() ? 0 : 1;
      }
      if (!process.is_alive() || process.status() || process.exitcode()) return 2;
      go.store(true);
      if (!process.join(long_enough)) return 3;
      if (process.is_alive() || answer.load() != 42) return 4;
      if (!is_told(process)) return 5;
      process.kill();  // nobody: its number may be another's
      process.close();
      if (!is_told(process)) return 6;
      go.store(false);
    }
    return 0;
  });
}

class ReapedLater : public SharingTest {};

TEST_F(ReapedLater, AProcessIsJoinedThoughAThreadThatBeganLaterReapsIt) {
  RawValue<bool> go(false);
  Process process([&] {
    while (!go.load()) usleep(100);
    return 3;
  });
  Process daemon([] { pause(); }, {.daemon = true});
  process.start();
  daemon.start();
  const Reaper reaper("thread");
  go.store(true);
  // Gone, not a zombie: the thread has the status.
  EXPECT_TRUE(eventually([&] { return kill(*process.pid(), 0) != 0; }));
  EXPECT_TRUE(process.join(long_enough));
  EXPECT_FALSE(process.status().value().known());
  EXPECT_EQ(process.exitcode(), std::nullopt);
}

int twice(int n) { return 2 * n; }

/// What is wrong with a pool whose program reaps its fork server; 0 for nothing.
int use(Pool& pool) {
  std::vector<int> numbers(100);
  std::iota(numbers.begin(), numbers.end(), 0);
  if (pool.map(twice, numbers, 3)[99] != 198) return 1;
  try {
    pool.apply([] { raise(SIGKILL); });
    return 2;
  } catch (const WorkerDied& died) {
    if (died.signal() != SIGKILL) return 3;
  }
  if (pool.apply(twice, 4) != 8) return 4;  // by another worker
  pool.close();
  return pool.join(long_enough) ? 0 : 5;
}

/// By other means than a thread: a pool is made before there are threads.
class PoolReapedElsewhere : public ReapedElsewhere {};

TEST_P(PoolReapedElsewhere, APoolWorksAndTellsHowAWorkerDied) {
  in_a_program([] {
    Pool pool(2);
    return use(pool);
  });
}

TEST_P(PoolReapedElsewhere, APoolsTasksHaveTheProgramsSigchld) {
  in_a_program([] {
    Pool pool(1);
    return pool.apply([] {
      const pid_t child = fork();
      if (child == 0) _exit(0);
      usleep(1000);
      while (kill(child, 0) == 0) usleep(1000);  // nobody has waited for it
      return 0;
    });
  });
}

TEST_F(ReapedLater, APoolWorksThoughAThreadThatBeganLaterReapsItsForkServer) {
  Pool pool(2);
  const Reaper reaper("thread");
  EXPECT_EQ(use(pool), 0);
}

TEST_P(PoolReapedElsewhere, APoolIsTerminatedWhileATaskIsStuck) {
  in_a_program([] {
    Pool pool(2);
    const auto stuck = pool.apply_async([] { pause(); });
    pool.terminate();
    try {
      stuck.get(0s);
    } catch (const SharingError&) {
      return 0;
    }
    return 1;
  });
}

TEST_P(ReapedElsewhere, TheBackendProcessesGivesTheAnswer) {
  in_a_program([] {
    for (const char* name : {"processes:static", "processes:dynamic"}) {
      BackendSpec spec = parse_backend(name);
      spec.workers = 3;
      const auto backend = make_backend(spec);
      for (int round = 0; round < 20; ++round) {
        const auto sums = backend->map_chunks(Chunking({0, 1000}, 10), [](IndexRange range) {
          std::uint64_t sum = 0;
          for (std::uint64_t i = range.begin; i < range.end; ++i) sum += i;
          return sum;
        });
        if (std::accumulate(sums.begin(), sums.end(), std::uint64_t{0}) != 499'500) return 1;
      }
    }
    return 0;
  });
}

TEST_P(ReapedElsewhere, TheBackendProcessesSeesAWorkerThatDidNotFinish) {
  in_a_program([] {
    BackendSpec spec = parse_backend("processes:dynamic");
    spec.workers = 2;
    const auto backend = make_backend(spec);
    for (const bool killed : {true, false}) {
      try {
        backend->for_chunks(Chunking({0, 10}, 1), [&](IndexRange range) {
          if (range.begin != 4) return;
          if (killed) raise(SIGKILL);
          _exit(0);
        });
        return 1;
      } catch (const WorkerFailed& failed) {
        if (failed.chunk() != 4) return 2;
      }
      try {
        backend->for_chunks(Chunking({0, 10}, 1), [](IndexRange range) {
          if (range.begin == 3) throw std::runtime_error("no third");
        });
        return 3;
      } catch (const ChunkFailed& failed) {
        if (std::string(failed.what()) != "no third") return 4;
      }
    }
    return 0;
  });
}

TEST_P(ReapedElsewhere, AManagerServesAndEnds) {
  in_a_program([] {
    int pid = 0;
    {
      Manager manager;
      pid = manager.pid();
      const ManagedCounter counter = manager.counter(40);
      ChildProcess other = ChildProcess::fork([&] { counter.add(2); });
      other.wait();
      if (counter.get() != 42) return 1;
      manager.shutdown();
      manager.shutdown();
    }
    return has_ended(pid) ? 0 : 2;
  });
}

TEST_P(ReapedElsewhere, AManagersPoolWorksAndTellsHowAWorkerDied) {
  in_a_program([] {
    ManagerOptions options;
    options.functions.add("twice", [](int x) { return 2 * x; })
        .add("pid", [] { return getpid(); })
        .add("die", [] { raise(SIGKILL); });
    Manager manager(options);
    const ManagedPool pool = manager.pool(2);
    if (pool.map("twice", {1, 2, 3}, 1) != ManagedData({2, 4, 6})) return 1;
    try {
      pool.apply("die");
      return 2;
    } catch (const WorkerDied& died) {
      if (died.signal() != SIGKILL) return 3;  // it is the manager's child, who reaps it
    }
    if (pool.apply("twice", 4) != 8) return 4;
    const auto worker = pool.apply("pid").get<pid_t>();
    pool.close();
    if (!pool.join(long_enough)) return 5;
    return has_ended(worker) ? 0 : 6;
  });
}

INSTANTIATE_TEST_SUITE_P(All, ReapedElsewhere,
                         testing::Values("ignored", "no_wait", "handler", "thread"),
                         [](const auto& info) { return std::string(info.param); });
INSTANTIATE_TEST_SUITE_P(All, PoolReapedElsewhere, testing::Values("ignored", "no_wait", "handler"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace parlab
