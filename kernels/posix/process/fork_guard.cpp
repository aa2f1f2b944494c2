#include "kernels/posix/process/fork_guard.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "kernels/base/sanitizers.hpp"
#include "kernels/base/sharing_errors.hpp"

// Of whatever OpenMP library the program has loaded; null where there is none. omp_pause_hard is 2
// (OpenMP 5.0, section 3.2.44).
extern "C" [[gnu::weak]] int omp_pause_resource_all(int kind);
// Of clang's alone.
extern "C" [[gnu::weak]] int kmp_get_library();
static constexpr int omp_pause_hard = 2;

namespace parlab {
namespace {

/// Threads that may run while we fork: this one, and the thread sanitizer's own.
#ifdef PARLAB_THREAD_SANITIZER
constexpr int harmless_threads = 2;
#else
constexpr int harmless_threads = 1;
#endif

std::atomic<int> threads_that_may_fork = 0;

int other_threads() {
  struct stat facts {};
  // A folder has a link from above, its own ".", and one from each folder within: one a thread.
  if (stat("/proc/self/task", &facts) != 0) return 0;
  return static_cast<int>(facts.st_nlink) - 2 - harmless_threads - threads_that_may_fork.load();
}

}  // namespace

void require_no_other_threads(std::string_view what) {
  using Clock = std::chrono::steady_clock;
  if (other_threads() <= 0) return;
  if (omp_pause_resource_all != nullptr) omp_pause_resource_all(omp_pause_hard);
  // Clang's library, paused, would end the child at its first parallel region: its handler of forks
  // takes the binding of threads for decided, which the pause has thrown away. Not bound is what
  // threads are anyway where nobody asked for more.
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread may run here
  if (kmp_get_library != nullptr) setenv("OMP_PROC_BIND", "false", 0);
  // Threads that were told to end, or were joined just now, are seen for some microseconds more.
  const auto deadline = Clock::now() + std::chrono::milliseconds(200);
  while (other_threads() > 0 && Clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  const int others = other_threads();
  if (others > 0)
    throw ForkRefused(
        fmt::format("cannot start {} while {} other thread{}: a lock held there would stay locked "
                    "in the child. "
                    "Start it before the first thread, or use ThreadPool",
                    what, others, others == 1 ? " runs" : "s run"));
}

ThreadThatMayFork::ThreadThatMayFork() { ++threads_that_may_fork; }
ThreadThatMayFork::~ThreadThatMayFork() { --threads_that_may_fork; }

}  // namespace parlab
