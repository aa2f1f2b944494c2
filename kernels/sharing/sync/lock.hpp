#pragma once

// Lock and RLock: mutual exclusion between processes and between threads, whose owner may be
// killed.
//
//   Lock lock;                                  // before the processes are forked
//   { const std::lock_guard hold(lock); ... }   // or lock.acquire(100ms) and lock.release()
//
// Cost: about 15 ns where nobody else wants it.

#include <functional>

#include "kernels/base/deadline.hpp"
#include "kernels/sharing/sync/robust_mutex.hpp"
#include "kernels/sharing/sync/shared_object.hpp"

namespace parlab {

class Condition;

/// What both have; the kind decides whether its holder may lock it again.
template <RobustMutex::Kind kind>
class BasicLock {
 public:
  /// Without `recover`: where an owner died, acquire() throws Poisoned, to this caller and to all
  /// that follow, until one of them calls recover().
  BasicLock() = default;
  /// With it: the next owner calls `recover`, holding the lock, and goes on.
  explicit BasicLock(std::function<void()> recover) : recover_(std::move(recover)) {}
  BasicLock(BasicLock&&) noexcept = default;
  BasicLock& operator=(BasicLock&&) = delete;
  ~BasicLock();

  /// False where the deadline passed first. acquire(0s) does not wait. Throws Poisoned,
  /// Interrupted, and std::logic_error where this thread holds a Lock already.
  bool acquire(Deadline deadline = {}) {
    const RobustMutex::Outcome outcome = state_->mutex.lock(deadline);
    if (outcome == RobustMutex::Outcome::acquired && !state_->poisoned) return true;
    return acquire_after(outcome);
  }
  /// Throws std::logic_error where this thread does not hold it.
  void release() { state_->mutex.unlock(); }

  /// Waits for the lock, poisoned or not, calls repair() with the lock held, then takes the poison
  /// away and releases. Where repair() throws, the lock stays poisoned.
  void recover(const std::function<void()>& repair);

  // As std::mutex, for std::lock_guard and std::unique_lock.
  void lock() { acquire(); }
  bool try_lock() { return acquire(std::chrono::seconds(0)); }
  void unlock() { release(); }

 private:
  struct State {
    RobustMutex mutex{kind};
    bool poisoned = false;  // guarded by the mutex
  };

  friend class Condition;
  /// Takes the lock, poisoned or not, and leaves the poison; false at the deadline.
  bool acquire_even_poisoned(Deadline deadline = {});
  bool acquire_after(RobustMutex::Outcome outcome);
  void repair_held(const std::function<void()>& repair);

  SharedObject<State> state_{0};
  std::function<void()> recover_;
};

using Lock = BasicLock<RobustMutex::Kind::plain>;
using RLock = BasicLock<RobustMutex::Kind::recursive>;

extern template class BasicLock<RobustMutex::Kind::plain>;
extern template class BasicLock<RobustMutex::Kind::recursive>;

}  // namespace parlab
