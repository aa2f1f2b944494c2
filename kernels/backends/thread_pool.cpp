// thread_pool: std::thread, started once and kept. Between runs a thread spins for as long as it
// takes to wake one that sleeps, then sleeps on a futex. The caller is worker 0.
//
// static: each worker takes one contiguous share of the chunks; dynamic: the next chunk by a shared
// counter; guided: half of a worker's even share of what is left, down to single chunks.
//
// Each thread has its own mailbox, one word in a cache line of its own, so that a run with fewer
// chunks than workers disturbs only the threads that it needs, and a run of one chunk none at all.
// A thread claims its share before it begins. When the caller is done with its own, it takes back
// those that nobody has begun: a thread that has no processor, because another program has it, or
// that is still waking up, holds nobody up.
//
// Spinning for the price of a wake-up costs at most twice what the best choice in hindsight would
// (Karlin, Manasse, McGeoch, Owicki: Competitive randomized algorithms for non-uniform problems,
// SODA 1990).

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/backends/static_share.hpp"
#include "kernels/base/first_failure.hpp"
#include "kernels/base/thread_shortage.hpp"
#include "kernels/machine/usable_cores.hpp"
#include "kernels/posix/futex.hpp"
#include "kernels/posix/process/fork_count.hpp"
#include "kernels/posix/start_thread.hpp"

namespace parlab {
namespace {

using WorkOfWorker = FunctionRef<void(int worker)>;

/// What a wake-up by a futex costs on virtual machines; on bare metal it is 5 to 10 us.
constexpr std::chrono::microseconds wake_up_cost{50};

/// Two cache lines: processors fetch lines in pairs.
constexpr std::size_t apart = 128;

/// Where the caller hands work to one thread, and learns that it is done. One word says who has to
/// act, and whether the other sleeps until then, so that nobody makes a system call in vain.
class alignas(apart) Mailbox {
 public:
  /// Called by the caller alone, while the thread has nothing to do. Null: the thread is to end.
  void give(const WorkOfWorker* work) {
    work_ = work;
    if (word_.exchange(given, std::memory_order_acq_rel) == empty_asleep) futex_wake(word_, 1);
  }
  /// Waits until there is work, and claims it.
  const WorkOfWorker* claim(std::chrono::microseconds spin) {
    for (;;) {
      wait_while(empty, empty_asleep, spin);
      std::uint32_t seen = given;  // or empty, where it was taken back
      if (word_.compare_exchange_strong(seen, claimed, std::memory_order_acq_rel)) return work_;
    }
  }
  void done() {
    if (word_.exchange(empty, std::memory_order_acq_rel) == claimed_awaited) futex_wake(word_, 1);
  }
  /// Whether the work is the caller's again, because the thread has not claimed it.
  bool take_back() {
    std::uint32_t seen = word_.load(std::memory_order_relaxed);
    return seen == given && word_.compare_exchange_strong(seen, empty, std::memory_order_acq_rel);
  }
  /// Waits until the thread has called done(), unless the work was taken back.
  void wait_until_done(std::chrono::microseconds spin) {
    wait_while(claimed, claimed_awaited, spin);
  }

 private:
  /// Who has to act: the caller (empty), the thread (given), or the thread alone (claimed); and
  /// whether the other one sleeps. A thread that was woken for work that was then taken back may
  /// still be on its way while the word is empty: it needs no second wake-up.
  enum : std::uint32_t { empty, empty_asleep, given, claimed, claimed_awaited };

  void wait_while(std::uint32_t state, std::uint32_t asleep, std::chrono::microseconds spin) {
    using Clock = std::chrono::steady_clock;
    constexpr int looks_per_clock_reading = 32;
    if (word_.load(std::memory_order_acquire) != state) return;
    if (spin.count() > 0) {
      const auto until = Clock::now() + spin;
      do {
        for (int look = 0; look < looks_per_clock_reading; ++look) {
          if (word_.load(std::memory_order_acquire) != state) return;
          __builtin_ia32_pause();
        }
      } while (Clock::now() < until);
    }
    std::uint32_t seen = state;
    if (!word_.compare_exchange_strong(seen, asleep, std::memory_order_acq_rel)) return;
    while (word_.load(std::memory_order_acquire) == asleep)
      futex_wait_through_signals(word_, asleep);
  }

  FutexWord word_ = empty;
  const WorkOfWorker* work_ = nullptr;  // the caller's while empty, the thread's while claimed
};

/// workers - 1 threads that wait for work. Throws ThreadShortage where they cannot be started.
class KeptThreads {
 public:
  explicit KeptThreads(int workers)
      // Spinning would take the processor from the worker that is waited for.
      : spin_(workers <= usable_cores() ? wake_up_cost : std::chrono::microseconds{0}),
        mailboxes_(static_cast<std::size_t>(workers - 1)) {
    threads_.reserve(mailboxes_.size());
    try {
      for (int worker = 1; worker < workers; ++worker)
        threads_.emplace_back([this, worker] { serve(worker); });
    } catch (const std::system_error&) {
      const ThreadShortage shortage(static_cast<int>(threads_.size()) + 2, workers);
      end();
      throw shortage;
    }
  }
  KeptThreads(const KeptThreads&) = delete;
  KeptThreads& operator=(const KeptThreads&) = delete;
  ~KeptThreads() { end(); }

  /// work(0) here, work(1) to work(workers - 1) on the threads, or here where a thread has not begun
  /// by then; returns when all are done. work() must not throw.
  void run(int workers, WorkOfWorker work) {
    const auto others = static_cast<std::size_t>(workers - 1);
    for (std::size_t i = 0; i < others; ++i) mailboxes_[i].give(&work);
    work(0);
    for (std::size_t i = 0; i < others; ++i)
      if (mailboxes_[i].take_back()) work(static_cast<int>(i) + 1);
    for (std::size_t i = 0; i < others; ++i) mailboxes_[i].wait_until_done(spin_);
  }

 private:
  void serve(int worker) {
    block_all_signals();
    Mailbox& mailbox = mailboxes_[static_cast<std::size_t>(worker - 1)];
    while (const WorkOfWorker* work = mailbox.claim(spin_)) {
      (*work)(worker);
      mailbox.done();
    }
  }
  void end() {
    for (std::size_t i = 0; i < threads_.size(); ++i) mailboxes_[i].give(nullptr);
    threads_.clear();  // joins
  }

  std::chrono::microseconds spin_;
  std::vector<Mailbox> mailboxes_;
  std::vector<std::jthread> threads_;
};

/// Apart from what all workers read at each chunk.
struct alignas(apart) Counter {
  std::atomic<std::uint64_t> value = 0;
};

enum class Schedule { static_, dynamic, guided };

class ThreadPoolBackend final : public Backend {
 public:
  explicit ThreadPoolBackend(const BackendSpec& spec)
      : workers_(spec.workers),
        schedule_(spec.schedule == "dynamic"  ? Schedule::dynamic
                  : spec.schedule == "guided" ? Schedule::guided
                                              : Schedule::static_) {
    start();
  }
  ThreadPoolBackend(const ThreadPoolBackend&) = delete;
  ThreadPoolBackend& operator=(const ThreadPoolBackend&) = delete;
  ~ThreadPoolBackend() override { forget_threads_of_the_parent(); }
  int workers() const override { return workers_; }

 private:
  void start() {
    if (workers_ > 1) threads_ = std::make_unique<KeptThreads>(workers_);
    started_after_ = forks_passed();
  }

  /// In a forked child the threads are gone: they can be neither used nor joined, so what is left of
  /// them is kept and never looked at again.
  bool forget_threads_of_the_parent() {
    if (forks_passed() == started_after_) return false;
    [[maybe_unused]] const KeptThreads* lost = threads_.release();
    return true;
  }

  void run(std::uint64_t chunks, std::byte* slots, std::size_t slot_size, ChunkBody body) override {
    if (forget_threads_of_the_parent()) start();
    FirstFailure failure;
    const auto compute = [&](std::uint64_t begin, std::uint64_t end) {
      for (std::uint64_t chunk = begin; chunk < end; ++chunk)
        failure.guard([&] { body(chunk, slots + chunk * slot_size); });
    };
    const int needed = static_cast<int>(std::min(chunks, static_cast<std::uint64_t>(workers_)));
    if (needed <= 1) {
      compute(0, chunks);
    } else {
      Counter next;
      threads_->run(needed, [&](int worker) {
        if (schedule_ == Schedule::static_) {
          const IndexRange share = static_share(chunks, needed, worker);
          compute(share.begin, share.end);
          return;
        }
        while (const auto piece = take(next.value, chunks)) {
          if (failure.failed()) return;
          compute(piece->begin, piece->end);
        }
      });
    }
    failure.rethrow();
  }

  /// The next chunks that nobody has yet, or none. Relaxed: the counter only deals out numbers;
  /// results are ordered by the mailboxes.
  std::optional<IndexRange> take(std::atomic<std::uint64_t>& next, std::uint64_t chunks) const {
    if (schedule_ == Schedule::dynamic) {
      const std::uint64_t chunk = next.fetch_add(1, std::memory_order_relaxed);
      if (chunk >= chunks) return std::nullopt;
      return IndexRange{chunk, chunk + 1};
    }
    std::uint64_t begin = next.load(std::memory_order_relaxed);
    for (;;) {
      if (begin >= chunks) return std::nullopt;
      const std::uint64_t end =
          begin + std::max<std::uint64_t>(1, (chunks - begin) / (2 * std::uint64_t(workers_)));
      if (next.compare_exchange_weak(begin, end, std::memory_order_relaxed))
        return IndexRange{begin, end};
    }
  }

  int workers_;
  Schedule schedule_;
  std::unique_ptr<KeptThreads> threads_;
  std::uint32_t started_after_ = 0;  // forks, see forks_passed()
};

const RegisterBackend registered{{
    .name = "thread_pool",
    .what = "std::thread, started once and kept; spins for 50 us after a run, then sleeps",
    .schedules = {"static", "dynamic", "guided"},
    .make = [](const BackendSpec& spec) { return std::make_unique<ThreadPoolBackend>(spec); },
}};

}  // namespace
}  // namespace parlab
