#pragma once

// What TBB's workers need before there are any: room for their threads, and the processors to run
// on.

#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_scheduler_observer.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <set>

#include "kernels/base/thread_shortage.hpp"
#include "kernels/machine/processors/openmp_binding.hpp"
#include "kernels/machine/processors/worker_places.hpp"
#include "kernels/posix/mutex.hpp"

namespace parlab {

/// TBB ends the process where it cannot start a worker, so they are tried first: once for each new
/// maximum of workers, because TBB keeps those that it has. Throws ThreadShortage. Called before
/// the arena is made. It is no promise: others may take the room before TBB does, which starts its
/// workers as work comes.
inline void try_tbb_workers(int workers) {
  constexpr std::size_t stack_bytes = std::size_t{4} << 20;  // oneTBB's, on 64 bits
  static std::atomic<pid_t> process = 0;                     // a fork leaves the workers behind
  static std::atomic<int> most = 1;                          // the caller works, too
  if (process.exchange(getpid()) != getpid()) most = 1;
  if (workers <= most) return;
  try_threads(2, workers, stack_bytes);
  most = workers;
}

/// So many workers, the caller among them, for as long as it lives: TBB starts no more threads than
/// the machine has cores, whatever the size of an arena, unless a global_control allows it. Of
/// several controls TBB heeds the lowest, and warns on stderr of arenas that want more; so there is
/// one for the whole process, that allows the most of all that live.
class TbbParallelism {
 public:
  explicit TbbParallelism(int workers) : workers_(workers) {
    Process& process = this_process();
    const MutexLock lock(process.changing);
    process.wanted.insert(workers_);
    process.allow_most();
  }
  TbbParallelism(const TbbParallelism&) = delete;
  TbbParallelism& operator=(const TbbParallelism&) = delete;
  ~TbbParallelism() {
    Process& process = this_process();
    const MutexLock lock(process.changing);
    process.wanted.erase(process.wanted.find(workers_));
    process.allow_most();
  }

 private:
  struct Process {
    Mutex changing;
    std::multiset<int> wanted PARLAB_GUARDED_BY(changing);
    std::size_t allowed PARLAB_GUARDED_BY(changing) = 0;
    std::unique_ptr<tbb::global_control> control PARLAB_GUARDED_BY(changing);

    void allow_most() PARLAB_REQUIRES(changing) {
      const auto most = wanted.empty() ? 0 : static_cast<std::size_t>(*wanted.rbegin());
      if (most == allowed) return;
      // The new one before the old one goes, so that the limit is never lower than either.
      control = most == 0 ? nullptr
                          : std::make_unique<tbb::global_control>(
                                tbb::global_control::max_allowed_parallelism, most);
      allowed = most;
    }
  };
  static Process& this_process() {
    static Process& process = *new Process;  // not destroyed: TBB may be gone by then
    return process;
  }

  int workers_;
};

/// TBB gives its workers the processors that the initial thread had at TBB's first use: where
/// OpenMP had bound that one (kernels/machine/processors/openmp_binding.hpp), all of them would share a
/// processor. So whoever comes to work in an arena is given what the thread that opened the arena
/// has; or, where workers are bound to a processor each, such a place before it looks for work. Lives as
/// long as the arena. Does nothing where neither binds.
class TbbProcessors final : public tbb::task_scheduler_observer {
 public:
  explicit TbbProcessors(tbb::task_arena& arena)
      : task_scheduler_observer(arena), processors_(processors_without_openmp()) {
    if (!openmp_binding().empty() || has_worker_places()) observe(true);
  }
  TbbProcessors(const TbbProcessors&) = delete;
  TbbProcessors& operator=(const TbbProcessors&) = delete;
  ~TbbProcessors() override { observe(false); }

  void on_scheduler_entry(bool is_worker) override {
    if (has_worker_places())
      take_worker_place();
    else if (is_worker)
      bind_thread(processors_);
  }

 private:
  ProcessorSet processors_;
};

}  // namespace parlab
