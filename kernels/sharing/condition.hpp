#pragma once

// Condition, Event, Semaphore, Barrier: waiting for one another, between processes and threads. All
// sleep on a word of shared memory, so that a waiter that is killed leaves nothing behind.

#include <atomic>
#include <cstdint>

#include "kernels/function_ref.hpp"
#include "kernels/sharing/deadline.hpp"
#include "kernels/sharing/futex.hpp"
#include "kernels/sharing/lock.hpp"
#include "kernels/sharing/robust_mutex.hpp"
#include "kernels/sharing/shared_object.hpp"

namespace parlab {

/// A lock, and a wait for what it guards to change.
///
///   condition.acquire();
///   condition.wait_for([&] { return ready.load(); });   // gives the lock back while it sleeps
///   condition.release();
///
/// and whoever makes it true: acquire(); ready.store(true); notify_all(); release().
class Condition {
 public:
  /// With a lock of its own.
  Condition() = default;

  bool acquire(Deadline deadline = {}) { return lock_.acquire(deadline); }
  void release() { lock_.release(); }
  Lock& lock() { return lock_; }

  /// Releases the lock, sleeps until a notify, takes the lock again; false at the deadline. May
  /// return true without a notify: look again at what is waited for, or use wait_for(). Throws
  /// Poisoned where an owner died meanwhile. The lock is held afterwards in any case.
  bool wait(Deadline deadline = {});
  /// Waits until holds(), which is asked with the lock held; false at the deadline.
  bool wait_for(FunctionRef<bool()> holds, Deadline deadline = {});

  /// To be called with the lock held.
  void notify(int count = 1) { sleepers_->wake(count); }
  void notify_all() { sleepers_->wake_all(); }

 private:
  SharedObject<Sleepers> sleepers_{0};
  Lock lock_;
};

/// A flag that can be waited for. Cost of is_set(): a load.
class Event {
 public:
  bool is_set() const { return state_->set.load(std::memory_order_acquire) != 0; }
  void set();
  void clear() { state_->set.store(0); }
  /// Waits until it is set; false at the deadline.
  bool wait(Deadline deadline = {});

 private:
  struct State {
    FutexWord set = 0;
    Sleepers sleepers;
  };
  SharedObject<State> state_{0};
};

/// Units that are taken and given back. They have no owner: those that a killed process had taken
/// are lost until someone gives them back for it. Where that matters, use Lock.
class Semaphore {
 public:
  explicit Semaphore(std::uint32_t units = 1) : state_(0, units) {}

  /// Takes a unit; false at the deadline.
  bool acquire(Deadline deadline = {});
  void release(std::uint32_t units = 1);
  /// How many may be taken at once; out of date when it returns.
  std::uint32_t value() const { return state_->units.load(); }

 private:
  struct State {
    explicit State(std::uint32_t count) : units(count) {}
    FutexWord units;
    Sleepers sleepers;
  };
  bool take();

  SharedObject<State> state_;
};

/// Where `parties` wait until all have come, again and again. A party that died never comes: wait
/// with a deadline, at which the barrier breaks for all.
class Barrier {
 public:
  explicit Barrier(std::uint32_t parties);

  /// Returns 0 to `parties` - 1, each to one of them. Throws BrokenBarrier where it is broken, also
  /// by this wait's deadline.
  std::uint32_t wait(Deadline deadline = {});
  /// Breaks it: all who wait, and all who come, get BrokenBarrier, until reset().
  void abort();
  /// As new; those who wait get BrokenBarrier.
  void reset();
  bool broken() const { return state_->broken; }
  std::uint32_t parties() const { return state_->parties; }
  std::uint32_t waiting() const { return state_->progress.load().waiting; }

 private:
  // Both in one atomic word. alignas: clang asks a library for an atomic of less than its
  // alignment.
  struct alignas(8) Progress {
    std::uint32_t round;
    std::uint32_t waiting;
  };
  struct State {
    explicit State(std::uint32_t count) : parties(count) {}
    const std::uint32_t parties;
    // What it guards changes by one store each: the death of its owner needs no mending.
    RobustMutex mutex;
    std::atomic<Progress> progress = Progress{0, 0};
    std::atomic<std::uint64_t> last_broken = 0;  // the round that was broken off last, plus 1
    std::atomic<bool> broken = false;
    Sleepers sleepers;
  };
  void break_round(std::uint32_t round, bool stay_broken);

  SharedObject<State> state_;
};

}  // namespace parlab
