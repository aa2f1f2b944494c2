// Where the machine has no room left, and where a signal ends the program.

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "kernels/base/sanitizers.hpp"
#include "kernels/base/sharing_errors.hpp"
#include "kernels/posix/signal_guard.hpp"
#include "kernels/sharing/memory/raw_value.hpp"
#include "kernels/sharing/memory/shared_array.hpp"
#include "kernels/sharing/messages/connection.hpp"
#include "kernels/sharing/pool/pool.hpp"
#include "kernels/sharing/process.hpp"
#include "kernels/sharing/queues/queue.hpp"
#include "kernels/sharing/sync/condition.hpp"
#include "kernels/sharing/sync/file_lock.hpp"
#include "tests/kernels/sharing/sharing_test.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""s;

class MachineFaultsTest : public SharingTest {
 protected:
  /// The exit code of `work` in its own process, whose limits it may change.
  static int in_process(const std::function<int()>& work) {
    Process process(work);
    process.start();
    process.join();
    return process.exitcode().value();
  }
};

TEST_F(MachineFaultsTest, SaysThatDevShmIsFullAndLeavesNothing) {
  constexpr int not_allowed = 77;
  const int code = in_process([] {
    // A small /dev/shm that only this process sees.
    if (unshare(CLONE_NEWNS) != 0 ||
        mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("small", "/dev/shm", "tmpfs", 0, "size=1m") != 0)
      return not_allowed;
    try {
      const auto array = SharedArray<double>::named({1 << 20});  // 8 MiB
      return 1;
    } catch (const OutOfRoom& out) {
      if (std::string(out.what()).find("/dev/shm has 1.0 MiB left") == std::string::npos) return 2;
    }
    if (!std::filesystem::is_empty("/dev/shm")) return 3;
    const auto fits = SharedArray<double>::named({1000});
    for (double& value : fits) value = 1;  // and no SIGBUS
    return 0;
  });
  if (code == not_allowed) GTEST_SKIP() << "only root may mount a small /dev/shm";
  EXPECT_EQ(code, 0);
}

TEST_F(MachineFaultsTest, SaysThatDescriptorsAreUsedUpAndLeavesNothing) {
#ifdef PARLAB_ADDRESS_SANITIZER
  GTEST_SKIP() << "the undefined behaviour sanitizer, run with it, opens a pipe to see whether "
                  "memory may be read, and takes it for bad where there is none";
#endif
  const std::string path = testing::TempDir() + "descriptors-" + std::to_string(getpid());
  const int code = in_process([&] {
    const Footprint before = Footprint::now();
    const auto out_of_room = [](const auto& make) {
      try {
        make();
      } catch (const OutOfRoom&) {
        return true;
      } catch (const std::system_error& error) {
        return error.code().value() == EMFILE;
      }
      return false;
    };
    const rlimit limit{64, 1000};
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
    for (std::size_t free = 0; free < 5; ++free) {
      std::vector<int> taken;
      for (int file = 0; (file = open("/dev/null", O_RDONLY)) >= 0;) taken.push_back(file);
      for (std::size_t i = 0; i < free; ++i) {
        close(taken.back());
        taken.pop_back();
      }
      // A pool has two sockets while its fork server is started, then one, and a descriptor for it.
      const bool pool = free > 2 || out_of_room([] { Pool(2).apply([] {}); });
      const bool pipes = out_of_room([] {
        auto first = make_pipe();
        auto second = make_pipe();
        auto third = make_pipe();
      });
      const bool process = free > 0 || out_of_room([] { Process([] {}).start(); });
      const bool array = free > 0 || out_of_room([] { SharedArray<int>({10}); });
      const bool named = free > 0 || out_of_room([] { SharedArray<int>::named({10}); });
      const bool file = free > 0 || out_of_room([&] { FileLock lock(path); });
      for (const int file_taken : taken) close(file_taken);
      if (!pool || !pipes || !process || !array || !named || !file) {
        fmt::print(stderr, "with {} free: pool {} pipes {} process {} array {} named {} file {}\n",
                   free, pool, pipes, process, array, named, file);
        return 2;
      }
      if (!(Footprint::now() == before)) return 3;
    }
    return 0;
  });
  unlink(path.c_str());
  EXPECT_EQ(code, 0);
}

TEST_F(MachineFaultsTest, SaysThatMemoryIsLimited) {
#if defined(PARLAB_THREAD_SANITIZER) || defined(PARLAB_ADDRESS_SANITIZER)
  GTEST_SKIP() << "a sanitizer has terabytes of address space mapped";
#else
  EXPECT_EQ(in_process([] {
              const rlimit limit{std::size_t{200} << 20, std::size_t{200} << 20};
              if (setrlimit(RLIMIT_AS, &limit) != 0) return 1;
              const Footprint before = Footprint::now();
              for (int i = 0; i < 2; ++i) {
                try {
                  const SharedArray<char> array({std::size_t{300} << 20});
                  return 2;
                } catch (const OutOfRoom&) {
                }
                try {
                  const auto array = SharedArray<char>::named({std::size_t{300} << 20});
                  return 3;
                } catch (const OutOfRoom&) {
                }
                try {
                  const Queue<std::string> queue;  // 256 MiB of address space
                  return 4;
                } catch (const std::exception&) {
                }
              }
              return Footprint::now() == before ? 0 : 5;
            }),
            0);
#endif
}

/// A program that keeps a pool and a named segment busy until a signal ends it.
int busy_program(RawArray<int>& pids) {
  const InterruptionScope interruption;
  try {
    const auto array = SharedArray<int>::named({1000});
    Pool pool(2);
    pids[0] = pool.apply([] { return getpid(); });
    pids[1] = pool.apply([] { return getppid(); });
    pids[2] = 1;
    pool.map(
        [](int) {
          for (;;) pause();
        },
        std::vector<int>(2), 1);
  } catch (const Interrupted& interrupted) {
    return 128 + interrupted.signal();
  }
  return 0;
}

TEST_F(MachineFaultsTest, EndsItsWorkersAndSegmentsOnCtrlCAndSigterm) {
  for (const int signal : {SIGINT, SIGTERM}) {
    RawArray<int> pids(3);
    Process program([&] { return busy_program(pids); });
    program.start();
    ASSERT_TRUE(eventually([&] { return pids[2] != 0; }));
    // As a terminal does: to all of the group.
    if (signal == SIGINT)
      for (const int pid : {pids[0], pids[1]}) kill(pid, SIGINT);
    kill(*program.pid(), signal);
    EXPECT_TRUE(program.join(long_enough));
    EXPECT_EQ(program.exitcode(), 128 + signal);
    for (const int pid : {pids[0], pids[1]}) EXPECT_TRUE(has_ended(pid));
    for (const auto& entry : std::filesystem::directory_iterator("/dev/shm"))
      EXPECT_THAT(
          entry.path().filename().string(),
          testing::Not(testing::StartsWith("parlab-" + std::to_string(*program.pid()) + "-")));
  }
}

TEST_F(MachineFaultsTest, InterruptsEveryKindOfWait) {
  const std::vector<std::function<void()>> waits = {
      [] { Queue<int>().get(); },
      [] {
        auto [a, b] = make_pipe();
        a.recv<int>();
      },
      [] {
        Process other([] { pause(); });
        other.start();
        other.join();
      },
      [] {
        Condition condition;
        const std::lock_guard hold(condition.lock());  // must find the lock held
        condition.wait();
      },
      [] { Event().wait(); },
      [] { Semaphore(0).acquire(); },
      [] { Barrier(2).wait(); },
  };
  for (std::size_t i = 0; i < waits.size(); ++i) {
    RawValue<bool> ready(false);
    Process program([&] {
      const InterruptionScope interruption;
      ready.store(true);
      try {
        waits[i]();
      } catch (const Interrupted& interrupted) {
        return 128 + interrupted.signal();
      }
      return 0;
    });
    program.start();
    ASSERT_TRUE(eventually([&] { return ready.load() && is_asleep(*program.pid()); }));
    kill(*program.pid(), SIGINT);
    EXPECT_TRUE(program.join(long_enough)) << i;
    EXPECT_EQ(program.exitcode(), 130) << i;
  }
}

}  // namespace
}  // namespace parlab
