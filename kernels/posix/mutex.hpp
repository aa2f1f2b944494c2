#pragma once

// std::mutex with what clang needs to check that what a mutex guards is only used with it held
// (-Wthread-safety, an error where clang builds with PARLAB_WERROR). Other compilers see no
// attributes.
//
//   Mutex mutex_;
//   int count_ PARLAB_GUARDED_BY(mutex_) = 0;
//   void raise() PARLAB_REQUIRES(mutex_) { ++count_; }   // only with mutex_ held
//
// A lambda is checked by itself, as if it were called anywhere: one that is only called with the
// mutex held begins with mutex_.assert_held().
//
// Source: Clang, Thread Safety Analysis, https://clang.llvm.org/docs/ThreadSafetyAnalysis.html

#include <chrono>
#include <condition_variable>
#include <mutex>

#ifdef __clang__
#define PARLAB_THREAD_SAFETY(attribute) __attribute__((attribute))
#else
#define PARLAB_THREAD_SAFETY(attribute)
#endif

#define PARLAB_GUARDED_BY(mutex) PARLAB_THREAD_SAFETY(guarded_by(mutex))
#define PARLAB_REQUIRES(mutex) PARLAB_THREAD_SAFETY(requires_capability(mutex))
#define PARLAB_UNCHECKED PARLAB_THREAD_SAFETY(no_thread_safety_analysis)

namespace parlab {

/// A std::mutex or std::recursive_mutex.
template <class Standard>
class PARLAB_THREAD_SAFETY(capability("mutex")) BasicMutex {
 public:
  BasicMutex() = default;
  BasicMutex(const BasicMutex&) = delete;
  BasicMutex& operator=(const BasicMutex&) = delete;

  void lock() PARLAB_THREAD_SAFETY(acquire_capability()) { mutex_.lock(); }
  void unlock() PARLAB_THREAD_SAFETY(release_capability()) { mutex_.unlock(); }
  /// Tells clang that it is held here, and does nothing.
  void assert_held() const PARLAB_THREAD_SAFETY(assert_capability(this)) {}
  auto native_handle() { return mutex_.native_handle(); }

 private:
  template <class>
  friend class BasicMutexLock;

  Standard mutex_;
};

/// Holds a mutex to the end of its scope; unlock() and lock() are for a pause within.
template <class Standard>
class PARLAB_THREAD_SAFETY(scoped_lockable) BasicMutexLock {
 public:
  explicit BasicMutexLock(BasicMutex<Standard>& mutex)
      PARLAB_THREAD_SAFETY(acquire_capability(mutex))
      : lock_(mutex.mutex_) {}
  BasicMutexLock(const BasicMutexLock&) = delete;
  BasicMutexLock& operator=(const BasicMutexLock&) = delete;
  ~BasicMutexLock() PARLAB_THREAD_SAFETY(release_capability()) = default;

  void lock() PARLAB_THREAD_SAFETY(acquire_capability()) { lock_.lock(); }
  void unlock() PARLAB_THREAD_SAFETY(release_capability()) { lock_.unlock(); }

  /// Waits on `changed`, which may also return for no reason: to be called in a loop.
  void wait(std::condition_variable& changed) { changed.wait(lock_); }
  template <class Clock, class Duration>
  void wait_until(std::condition_variable& changed,
                  const std::chrono::time_point<Clock, Duration>& at) {
    changed.wait_until(lock_, at);
  }

 private:
  std::unique_lock<Standard> lock_;
};

using Mutex = BasicMutex<std::mutex>;
using MutexLock = BasicMutexLock<std::mutex>;
using RecursiveMutex = BasicMutex<std::recursive_mutex>;
using RecursiveMutexLock = BasicMutexLock<std::recursive_mutex>;

}  // namespace parlab
