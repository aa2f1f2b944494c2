#include "kernels/sharing/sync/robust_mutex.hpp"

#include <stdexcept>
#include <system_error>

#include "kernels/base/sanitizers.hpp"
#include "kernels/posix/signal_guard.hpp"

namespace parlab {
namespace {

#ifdef PARLAB_THREAD_SANITIZER
// The sanitizer knows pthread_mutex_timedlock only, whose clock may be set.
int lock_until(pthread_mutex_t* mutex, Deadline deadline) {
  timespec until{};
  clock_gettime(CLOCK_REALTIME, &until);
  const long nanoseconds = until.tv_nsec + 1'000'000L * deadline.poll_milliseconds();
  until.tv_sec += nanoseconds / 1'000'000'000;
  until.tv_nsec = nanoseconds % 1'000'000'000;
  return pthread_mutex_timedlock(mutex, &until);
}
#else
int lock_until(pthread_mutex_t* mutex, Deadline deadline) {
  const timespec until = deadline.monotonic();
  return pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &until);
}
#endif

}  // namespace

RobustMutex::RobustMutex(Kind kind) {
  pthread_mutexattr_t how;
  pthread_mutexattr_init(&how);
  pthread_mutexattr_setpshared(&how, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&how, PTHREAD_MUTEX_ROBUST);
  pthread_mutexattr_settype(
      &how, kind == Kind::recursive ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_ERRORCHECK);
  const int error = pthread_mutex_init(&mutex_, &how);
  pthread_mutexattr_destroy(&how);
  if (error != 0) throw std::system_error(error, std::generic_category(), "cannot make a mutex");
}

RobustMutex::Outcome RobustMutex::lock_slowly(int error, Deadline deadline) {
  for (;;) {
    switch (error) {
      case 0:
        return Outcome::acquired;
      case EOWNERDEAD:
        return Outcome::owner_died;
      case EBUSY:
      case ETIMEDOUT:
        if (deadline.passed()) return Outcome::timed_out;
        InterruptionScope::check();
        break;
      case EDEADLK:
        if (deadline.passed()) return Outcome::timed_out;
        throw std::logic_error(
            "this thread holds the lock already: release it first, or use RLock");
      default:
        throw std::system_error(error, std::generic_category(), "cannot lock");
    }
    error = lock_until(&mutex_, deadline.within(max_sleep));
  }
}

void RobustMutex::throw_not_held() {
  throw std::logic_error("this thread does not hold the lock that it releases");
}

}  // namespace parlab
