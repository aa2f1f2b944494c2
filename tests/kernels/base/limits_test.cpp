// Where the machine gives no more processes or threads: what is said, what is left, what works
// afterwards.

#include "kernels/base/limits.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <regex>
#include <string>
#include <system_error>
#include <vector>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/base/sanitizers.hpp"
#include "kernels/base/sharing_errors.hpp"
#include "kernels/sharing/memory/raw_value.hpp"
#include "kernels/sharing/pool/pool.hpp"
#include "kernels/sharing/process.hpp"
#include "tests/kernels/base/refusal.hpp"
#include "tests/kernels/sharing/sharing_test.hpp"
#include "tests/kernels/shortage.hpp"

namespace parlab {
namespace {

using std::chrono_literals::operator""s;

constexpr int not_allowed = 77;

std::ptrdiff_t threads() {
  namespace fs = std::filesystem;
  return std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator());
}

bool says(const std::string& text, const std::string& pattern) {
  if (std::regex_search(text, std::regex(pattern))) return true;
  fmt::print(stderr, "'{}' has no {}\n", text, pattern);
  return false;
}

/// Limits the soft value, which may be raised again.
void limit(int what, rlim_t most) {
  rlimit now{};
  getrlimit(static_cast<__rlimit_resource_t>(what), &now);
  now.rlim_cur = std::min(most, now.rlim_max);
  setrlimit(static_cast<__rlimit_resource_t>(what), &now);
}

class LimitsTest : public SharingTest {
 protected:
  /// In its own process, as a user who has no other: made by root, whom no limit on processes
  /// holds.
  static int with_few_processes(const std::function<int()>& work) {
#if defined(PARLAB_THREAD_SANITIZER)
    return not_allowed;  // its own thread counts
#endif
    Process process([&] {
      // A user who may not enter / opens nothing in /proc: root's own chroot may be so.
      if (getuid() != 0 || !become_another_user() || access("/", X_OK) != 0) return not_allowed;
      limit(RLIMIT_NPROC, 6);
      return work();
    });
    process.start();
    process.join();
    return process.exitcode().value();
  }
};

TEST_F(LimitsTest, AThreadPoolNamesTheThreadThatCannotBeStartedAndEndsTheOthers) {
  const int code = with_few_processes([] {
    for (int round = 0; round < 3; ++round) {
      const std::string told = refusal<OutOfRoom>([] { ThreadPool(64); });
      if (!says(told, "cannot start thread [2-7] of 64: .*ulimit -u")) return 1;
      if (threads() != 1) return 2;
    }
    ThreadPool pool(2);
    return pool.map([](int n) { return n + 1; }, std::vector<int>{1, 2, 3}, 1)[2] == 4 ? 0 : 3;
  });
  if (code == not_allowed) GTEST_SKIP() << "cannot become a user with few processes";
  EXPECT_EQ(code, 0);
}

TEST_F(LimitsTest, AThreadPoolSaysThatTheAddressSpaceIsUsedUp) {
#if defined(PARLAB_THREAD_SANITIZER) || defined(PARLAB_ADDRESS_SANITIZER)
  GTEST_SKIP() << "a sanitizer has terabytes of address space mapped";
#endif
  Process process([] {
    long pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlim_t now = static_cast<rlim_t>(pages * sysconf(_SC_PAGESIZE));
    limit(RLIMIT_AS, now + (rlim_t{60} << 20));
    const std::string told = refusal<OutOfRoom>([] { ThreadPool(64); });
    if (!says(told, "cannot start thread [0-9]+ of 64: .*ulimit -v")) return 1;
    return threads() == 1 ? 0 : 2;
  });
  process.start();
  process.join();
  EXPECT_EQ(process.exitcode(), 0);
}

TEST_F(LimitsTest, APoolNamesTheWorkerThatCannotBeStartedAndEndsTheOthers) {
  const int code = with_few_processes([] {
    const Footprint before = Footprint::now();
    for (int round = 0; round < 3; ++round)
      if (!says(refusal<OutOfRoom>([] { Pool(64); }),
                "cannot start worker [0-9]+ of 64 of a pool .*ulimit -u"))
        return 1;
    if (!(Footprint::now() == before)) return 2;
    return Pool(2).apply([](int n) { return n; }, 5) == 5 ? 0 : 3;
  });
  if (code == not_allowed) GTEST_SKIP() << "cannot become a user with few processes";
  EXPECT_EQ(code, 0);
}

TEST_F(LimitsTest, AnAsynchronousCallSaysThatItsThreadCannotBeStarted) {
  const int code = with_few_processes([] {
    Pool pool(2);  // with its fork server and this process: 4
    limit(RLIMIT_NPROC, 1);
    if (!says(refusal<OutOfRoom>([&] { pool.apply_async([] { return 1; }); }),
              "cannot start the thread that .*ulimit -u"))
      return 1;
    if (pool.apply([] { return 2; }) != 2) return 2;
    limit(RLIMIT_NPROC, 6);
    return pool.apply_async([] { return 3; }).get(long_enough) == 3 ? 0 : 3;
  });
  if (code == not_allowed) GTEST_SKIP() << "cannot become a user with few processes";
  EXPECT_EQ(code, 0);
}

TEST_F(LimitsTest, TheBackendProcessesNamesTheProcessThatCannotBeStarted) {
  const int code = with_few_processes([] {
    const Footprint before = Footprint::now();
    BackendSpec spec = parse_backend("processes");
    spec.workers = 64;
    const auto backend = make_backend(spec);
    const auto run = [&] {
      backend->for_chunks(Chunking({0, 64}, 1), [](IndexRange) { usleep(1000); });
    };
    if (!says(refusal<std::exception>(run), "cannot start process [2-7] of 64: .*ulimit -u"))
      return 1;
    return Footprint::now() == before ? 0 : 2;
  });
  if (code == not_allowed) GTEST_SKIP() << "cannot become a user with few processes";
  EXPECT_EQ(code, 0);
}

TEST_F(LimitsTest, AProcessMayBeStartedAgainAfterItWasRefused) {
  const int code = with_few_processes([] {
    RawValue<int> runs(0);
    Process process([&] { runs.fetch_add(1); });
    limit(RLIMIT_NPROC, 1);
    if (!says(refusal<std::system_error>([&] { process.start(); }), "ulimit -u")) return 1;
    limit(RLIMIT_NPROC, 6);
    // And where the process could be made, but not watched.
    std::vector<int> taken;
    limit(RLIMIT_NOFILE, 64);
    for (int file = 0; (file = open("/dev/null", O_RDONLY)) >= 0;) taken.push_back(file);
    if (!says(refusal<std::system_error>([&] { process.start(); }), "ulimit -n")) return 2;
    if (runs.load() != 0) return 3;
    if (process.is_alive() || process.pid() || process.exitcode()) return 4;
    for (const int file : taken) close(file);
    process.start();
    process.join();
    return process.exitcode() == 0 && runs.load() == 1 ? 0 : 5;
  });
  if (code == not_allowed) GTEST_SKIP() << "cannot become a user with few processes";
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace parlab
