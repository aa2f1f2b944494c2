#include "kernels/posix/futex.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <system_error>

#include "kernels/posix/signal_guard.hpp"

namespace parlab {

namespace {

/// 0, or why it returned: EAGAIN where `word` is another value, ETIMEDOUT, EINTR. `until` null:
/// indefinitely.
int sleep_on(const FutexWord& word, std::uint32_t value, const timespec* until) {
  // Not FUTEX_WAIT: that one takes a relative time.
  const long result =
      syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, value, until, nullptr, FUTEX_BITSET_MATCH_ANY);
  return result == 0 ? 0 : errno;
}

}  // namespace

void futex_wait(const FutexWord& word, std::uint32_t value, Deadline deadline) {
  const timespec until = deadline.monotonic();
  const int reason = sleep_on(word, value, deadline.never() ? nullptr : &until);
  if (reason == 0 || reason == EAGAIN || reason == ETIMEDOUT) return;
  if (reason != EINTR) throw std::system_error(reason, std::generic_category(), "cannot wait");
  InterruptionScope::check();
}

void futex_wait_through_signals(const FutexWord& word, std::uint32_t value,
                                Deadline deadline) noexcept {
  const timespec until = deadline.monotonic();
  sleep_on(word, value, deadline.never() ? nullptr : &until);
}

int futex_wake(FutexWord& word, int count) {
  return static_cast<int>(syscall(SYS_futex, &word, FUTEX_WAKE, count, nullptr, nullptr, 0));
}

void EventCount::wake_waiters(std::uint32_t waiting, int count) {
  turn_.fetch_add(1);
  // Fewer than asked for: none sleeps any more, unless one took a ticket since.
  if (futex_wake(turn_, count) < count)
    waiting_.compare_exchange_strong(waiting, waiting & ~someone);
}

void EventCount::notify_all() { notify(std::numeric_limits<int>::max()); }

}  // namespace parlab
