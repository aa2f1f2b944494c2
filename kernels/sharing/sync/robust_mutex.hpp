#pragma once

// A mutex for shared memory that survives its owner. The kernel walks the list of robust mutexes of
// each thread that ends, however it ends, and marks them: the next to lock is told.
//
// Cost: as a plain process-shared pthread mutex, within a few nanoseconds. Without priority
// inheritance, which makes it a system call each time.
// Source: pthread_mutexattr_setrobust(3); Linux, Documentation/locking/robust-futexes.rst.

#include <pthread.h>

#include <cerrno>

#include "kernels/base/deadline.hpp"

namespace parlab {

/// Lies in shared memory, made there once by placement new. Must not be unmapped by a process that
/// holds it: its death would then go unnoticed.
class RobustMutex {
 public:
  enum class Kind { plain, recursive };
  enum class Outcome { acquired, owner_died, timed_out };

  explicit RobustMutex(Kind kind = Kind::plain);
  RobustMutex(const RobustMutex&) = delete;
  RobustMutex& operator=(const RobustMutex&) = delete;

  /// After owner_died the caller holds the mutex and must call mark_consistent() before unlock();
  /// otherwise nobody can lock it any more. Throws std::logic_error where the thread that holds a
  /// plain one would wait for itself, and Interrupted (InterruptionScope).
  Outcome lock(Deadline deadline = {}) {
    const int error = pthread_mutex_trylock(&mutex_);
    if (error == 0) return Outcome::acquired;
    return lock_slowly(error, deadline);
  }
  void unlock() {
    const int error = pthread_mutex_unlock(&mutex_);
    if (error != 0) throw_not_held();
  }
  void mark_consistent() { pthread_mutex_consistent(&mutex_); }

 private:
  Outcome lock_slowly(int error, Deadline deadline);
  [[noreturn]] static void throw_not_held();

  pthread_mutex_t mutex_;
};

/// Releases what lock() acquired, where an owner's death needs no repair because what the mutex
/// guards is right after each store.
class MutexRelease {
 public:
  MutexRelease(RobustMutex& mutex, RobustMutex::Outcome locked) : mutex_(mutex) {
    if (locked == RobustMutex::Outcome::owner_died) mutex_.mark_consistent();
  }
  MutexRelease(const MutexRelease&) = delete;
  MutexRelease& operator=(const MutexRelease&) = delete;
  ~MutexRelease() { mutex_.unlock(); }

 private:
  RobustMutex& mutex_;
};

}  // namespace parlab
