#pragma once

// Sleeping on a word of shared memory until it changes: the one wait that a killed process leaves
// no trace of. glibc's condition variables count their waiters, and a notify may wait indefinitely
// for one that was killed; the kernel's queue forgets it.

#include <atomic>
#include <cstdint>

#include "kernels/base/deadline.hpp"

namespace parlab {

using FutexWord = std::atomic<std::uint32_t>;
static_assert(FutexWord::is_always_lock_free && sizeof(FutexWord) == 4);

/// Sleeps while `word` is `value`, until woken or the deadline. May return without either.
/// Throws Interrupted where an InterruptionScope has seen a signal.
void futex_wait(const FutexWord& word, std::uint32_t value, Deadline deadline);

/// As futex_wait(), but never throws: for a wait that must end before its caller may return, or
/// with a lock to take again first. A signal is left for whoever looks next.
void futex_wait_through_signals(const FutexWord& word, std::uint32_t value,
                                Deadline deadline = {}) noexcept;

/// Wakes up to `count` waiters; returns how many.
int futex_wake(FutexWord& word, int count);

/// An event count: waits for one condition, for instance "not empty". A waiter
///   1. calls prepare_wait(), 2. checks the condition, 3. if it does not hold, calls wait(ticket).
/// Whoever makes the condition true, by a sequentially consistent store, calls notify() afterwards.
/// That costs a load if nobody waits. A killed waiter costs one system call, once.
class EventCount {
 public:
  std::uint32_t prepare_wait() {
    const std::uint32_t turn = turn_.load();  // first, so that a notify() after step 2 voids it
    waiting_.fetch_add(2);                    // another number, so that no notify() clears the mark
    waiting_.fetch_or(someone);
    return turn;
  }
  void wait(std::uint32_t ticket, Deadline deadline) {
    futex_wait(turn_, ticket, deadline.within(max_sleep));
  }
  /// The same, with no look in between: for a waiter whose notifier hears of the death of others
  /// who were notified, and then calls notify() again.
  void wait_for_notify(std::uint32_t ticket) { futex_wait(turn_, ticket, {}); }
  void notify(int count) {
    const std::uint32_t waiting = waiting_.load();
    if ((waiting & someone) != 0) wake_waiters(waiting, count);
  }
  void notify_all();

 private:
  static constexpr std::uint32_t someone = 1;
  void wake_waiters(std::uint32_t waiting, int count);

  FutexWord turn_ = 0;
  FutexWord waiting_ = 0;  // bit 0: someone may sleep; above: how often a ticket was taken
};

}  // namespace parlab
