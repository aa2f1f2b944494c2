#pragma once

// Condition, Event, Semaphore, Barrier: waiting for one another, between processes and threads. All
// sleep on a word of shared memory, so that a waiter that is killed leaves nothing behind.

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>

#include "kernels/base/deadline.hpp"
#include "kernels/base/function_ref.hpp"
#include "kernels/base/text/exactly.hpp"
#include "kernels/posix/futex.hpp"
#include "kernels/sharing/sync/lock.hpp"
#include "kernels/sharing/sync/robust_mutex.hpp"
#include "kernels/sharing/sync/shared_object.hpp"
#include "kernels/sharing/sync/waiters.hpp"

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
  /// With its own lock.
  Condition() = default;

  bool acquire(Deadline deadline = {}) { return lock_.acquire(deadline); }
  void release() { lock_.release(); }
  Lock& lock() { return lock_; }

  /// Releases the lock, sleeps until a notify, takes the lock again; false where the deadline came
  /// first. Throws Poisoned where an owner died meanwhile, and std::logic_error where this thread
  /// does not hold the lock. Otherwise the lock is held afterwards in any case.
  bool wait(Deadline deadline = {});
  /// Waits until holds(), which is asked with the lock held; false at the deadline.
  bool wait_for(FunctionRef<bool()> holds, Deadline deadline = {});

  /// Wakes `count` of those that wait, the longest waiting first; to be called with the lock held.
  /// A wake-up of a waiter that is killed goes to another.
  void notify(Exactly<std::uint32_t> count = 1) { waiters_.notify(count); }
  void notify_all() { waiters_.notify(Waiters::max_waiters); }

 private:
  enum class Woken { by_notify, by_itself, at_deadline };
  Woken sleep(FunctionRef<bool()> holds, Deadline deadline);
  void lock_again();

  Waiters waiters_;
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
    EventCount event_count;
  };
  SharedObject<State> state_{0};
};

/// Units that are taken and given back. They have no owner: those that a killed process had taken
/// are lost until someone gives them back for it. Where that matters, use Lock.
class Semaphore {
 public:
  explicit Semaphore(Exactly<std::uint32_t> units = 1)
      : Semaphore(units, std::numeric_limits<std::uint32_t>::max()) {}

  /// Takes a unit; false at the deadline.
  bool acquire(Deadline deadline = {});
  /// Throws std::logic_error, and gives back nothing, where there would be more units than can be.
  void release(Exactly<std::uint32_t> units = 1);
  /// How many may be taken at once; out of date when it returns.
  std::uint32_t value() const { return state_->units.load(); }

 protected:
  Semaphore(std::uint32_t units, std::uint32_t max_units) : state_(0, units, max_units) {}

 private:
  struct State {
    State(std::uint32_t count, std::uint32_t max_count) : units(count), max_units(max_count) {}
    FutexWord units;
    const std::uint32_t max_units;
    EventCount event_count;
  };
  bool take();

  SharedObject<State> state_;
};

/// A Semaphore that never has more units than at first: a release() too many, a fault in the
/// program, throws std::logic_error instead of admitting one more.
class BoundedSemaphore : public Semaphore {
 public:
  explicit BoundedSemaphore(Exactly<std::uint32_t> units = 1) : Semaphore(units, units) {}
};

/// Where `parties` wait until all have come, again and again. A party that died never comes: wait
/// with a deadline, at which the barrier breaks for all.
class Barrier {
 public:
  /// The last to come calls `action`, in its process, before any goes on. Where that throws, the
  /// last gets what was thrown, and the barrier breaks for the others, as it does where that
  /// process is killed meanwhile. It must not use the barrier itself: that throws std::logic_error.
  explicit Barrier(Exactly<std::uint32_t> parties, std::function<void()> action = {});

  /// Returns 0 to `parties` - 1, each to one of them. Throws BrokenBarrier where it is broken, also
  /// by this wait's deadline. An action that runs by then is waited for.
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
    // What it guards changes by one store each: the death of its owner needs no repair, except
    // during an action.
    RobustMutex mutex;
    std::atomic<std::uint64_t> acting = 0;  // the round whose action was begun last, plus 1
    std::atomic<Progress> progress = Progress{0, 0};
    std::atomic<std::uint64_t> last_broken = 0;  // the round that was broken off last, plus 1
    std::atomic<bool> broken = false;
    EventCount event_count;
  };
  bool is_acting() const;
  void notice(RobustMutex::Outcome locked);
  void act();
  void break_held(bool stay_broken);
  void break_round(std::uint32_t round, bool stay_broken);

  SharedObject<State> state_;
  std::function<void()> action_;
};

}  // namespace parlab
