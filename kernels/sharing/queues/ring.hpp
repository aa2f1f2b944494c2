#pragma once

// The bounded first-in first-out ring below the queues, in shared memory, for any number of writers
// and readers of which each may be killed at any point.
//
// Two robust mutexes, one for those who put and one for those who get, so that one producer and one
// consumer never wait for each other's lock (Michael and Scott, PODC'96, two-lock queue; here over
// an array). What is in the ring is said by two counters alone, each moved by one store after the
// bytes are in place: whoever is killed, before that store nothing happened and after it all did.
//
// Cost: a lock, a copy and an exchange a side.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "kernels/base/deadline.hpp"
#include "kernels/posix/futex.hpp"
#include "kernels/posix/spin.hpp"
#include "kernels/sharing/sync/robust_mutex.hpp"

namespace parlab {

/// What is common to both kinds of ring. Positions count all items ever put; item i lies in slot
/// i % capacity.
class Ring {
 public:
  explicit Ring(std::uint64_t capacity) : capacity_(capacity) {}

  std::uint64_t capacity() const { return capacity_; }
  std::uint64_t size() const {
    const std::uint64_t got = got_.load();  // first: it never passes put_
    return put_.load() - got;
  }
  void close() {
    closed_.store(true);
    not_empty_.notify_all();
    not_full_.notify_all();
  }
  bool closed() const { return closed_.load(); }

  enum class Outcome { done, timed_out, closed };

  /// Calls write(position) with the put lock held as soon as there is room (fits() says so as
  /// well), then publishes.
  template <class Fits, class Write>
  Outcome put(Deadline deadline, const Fits& fits, const Write& write) {
    const auto room = [&] { return put_.load() - got_.load() < capacity_ && fits(); };
    const auto room_held = [&] {
      const std::uint64_t position = put_.load(std::memory_order_relaxed);
      if (position - got_seen_ >= capacity_) got_seen_ = got_.load();
      return position - got_seen_ < capacity_ && fits();
    };
    const auto act = [&] {
      const std::uint64_t position = put_.load(std::memory_order_relaxed);
      write(position);
      put_.store(position + 1);  // sequentially consistent, see EventCount
    };
    const Outcome outcome = when(
        put_mutex_, not_full_, deadline, room, room_held, [&] { return closed(); }, act);
    if (outcome == Outcome::done) not_empty_.notify(1);
    return outcome;
  }

  /// Calls read(position) with the get lock held as soon as there is an item, then gives its slot
  /// free. A closed ring is emptied first.
  template <class Read>
  Outcome get(Deadline deadline, const Read& read) {
    const auto some = [&] { return got_.load() != put_.load(); };
    const auto some_held = [&] {
      const std::uint64_t position = got_.load(std::memory_order_relaxed);
      if (position == put_seen_) put_seen_ = put_.load();
      return position != put_seen_;
    };
    const auto act = [&] {
      const std::uint64_t position = got_.load(std::memory_order_relaxed);
      read(position);
      got_.store(position + 1);
    };
    const Outcome outcome = when(
        get_mutex_, not_empty_, deadline, some, some_held, [&] { return closed() && !some(); },
        act);
    if (outcome == Outcome::done) not_full_.notify(1);
    return outcome;
  }

  /// Only exact with the put lock, or the get lock, held.
  std::uint64_t put_position() const { return put_.load(); }
  std::uint64_t got_position() const { return got_.load(); }

 private:
  /// `ready` looks without the lock, `ready_held` with it. Looks for as long as a wake-up takes before
  /// it sleeps, even where the deadline is sooner: woken, the other side would sleep by then, and so on.
  template <class Ready, class ReadyHeld, class Ended, class Act>
  static Outcome when(RobustMutex& mutex, EventCount& event_count, Deadline deadline,
                      const Ready& ready, const ReadyHeld& ready_held, const Ended& ended,
                      const Act& act) {
    // A ticket makes the other side call the kernel once: taken only where waiting a little was
    // vain.
    for (bool about_to_sleep = false;;) {
      std::uint32_t ticket = 0;
      {
        const RobustMutex::Outcome locked = mutex.lock(deadline.at_least(patience));
        if (locked == RobustMutex::Outcome::timed_out) return Outcome::timed_out;
        const MutexRelease release(mutex, locked);
        if (about_to_sleep) ticket = event_count.prepare_wait();
        if (ended()) return Outcome::closed;
        if (ready_held()) {
          act();
          return Outcome::done;
        }
      }
      if (deadline.passed()) return Outcome::timed_out;
      if (about_to_sleep) {
        event_count.wait(ticket, deadline);
        about_to_sleep = false;
      } else {
        about_to_sleep = !spin_until(ready);
      }
    }
  }

  // A cache line each for what producers alone touch, what they tell consumers, the same the other
  // way round, and what hardly ever changes. The other side's counter as last seen is enough while
  // it leaves room, or items: its line crosses between the cores once a batch, not once an item.
  alignas(64) RobustMutex put_mutex_;
  std::uint64_t got_seen_ = 0;  // guarded by put_mutex_
  alignas(64) std::atomic<std::uint64_t> put_ = 0;
  alignas(64) RobustMutex get_mutex_;
  std::uint64_t put_seen_ = 0;  // guarded by get_mutex_
  alignas(64) std::atomic<std::uint64_t> got_ = 0;
  alignas(64) EventCount not_empty_;
  EventCount not_full_;
  alignas(64) std::uint64_t capacity_;
  std::atomic<bool> closed_ = false;
};

}  // namespace parlab
