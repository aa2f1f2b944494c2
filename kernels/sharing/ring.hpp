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

#include "kernels/sharing/deadline.hpp"
#include "kernels/sharing/futex.hpp"
#include "kernels/sharing/robust_mutex.hpp"

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
    not_empty_.wake_all();
    not_full_.wake_all();
  }
  bool closed() const { return closed_.load(); }

  enum class Outcome { done, timed_out, closed };

  /// Calls write(position) with the put lock held as soon as there is room (fits() says so as
  /// well), then publishes.
  template <class Fits, class Write>
  Outcome put(Deadline deadline, const Fits& fits, const Write& write) {
    const auto room = [&] { return put_.load() - got_.load() < capacity_ && fits(); };
    const auto act = [&] {
      const std::uint64_t position = put_.load(std::memory_order_relaxed);
      write(position);
      put_.store(position + 1);  // sequentially consistent, see Sleepers
    };
    const Outcome outcome = when(
        put_mutex_, not_full_, deadline, room, [&] { return closed(); }, act);
    if (outcome == Outcome::done) not_empty_.wake(1);
    return outcome;
  }

  /// Calls read(position) with the get lock held as soon as there is an item, then gives its slot
  /// free. A closed ring is emptied first.
  template <class Read>
  Outcome get(Deadline deadline, const Read& read) {
    const auto some = [&] { return got_.load() != put_.load(); };
    const auto act = [&] {
      const std::uint64_t position = got_.load(std::memory_order_relaxed);
      read(position);
      got_.store(position + 1);
    };
    const Outcome outcome = when(
        get_mutex_, not_empty_, deadline, some, [&] { return closed() && !some(); }, act);
    if (outcome == Outcome::done) not_full_.wake(1);
    return outcome;
  }

  /// Only exact with the put lock, or the get lock, held.
  std::uint64_t put_position() const { return put_.load(); }
  std::uint64_t got_position() const { return got_.load(); }

 private:
  /// Some microseconds: about what it costs to go to sleep and be woken.
  static constexpr int turns_before_sleep = 100;

  template <class Ready, class Ended, class Act>
  static Outcome when(RobustMutex& mutex, Sleepers& sleepers, Deadline deadline, const Ready& ready,
                      const Ended& ended, const Act& act) {
    for (int looked = 0;; ++looked) {
      std::uint32_t ticket = 0;
      {
        const RobustMutex::Outcome locked = mutex.lock(deadline.at_least(patience));
        if (locked == RobustMutex::Outcome::timed_out) return Outcome::timed_out;
        const MutexRelease release(mutex, locked);
        if (looked != 0) ticket = sleepers.ticket();
        if (ended()) return Outcome::closed;
        if (ready()) {
          act();
          return Outcome::done;
        }
      }
      if (deadline.passed()) return Outcome::timed_out;
      if (looked == 0)
        for (int turn = 0; turn < turns_before_sleep && !ready(); ++turn) pause_processor();
      else
        sleepers.sleep(ticket, deadline);
    }
  }

  // A cache line each for what producers write, what consumers write, and what neither does.
  alignas(64) RobustMutex put_mutex_;
  std::atomic<std::uint64_t> put_ = 0;
  alignas(64) RobustMutex get_mutex_;
  std::atomic<std::uint64_t> got_ = 0;
  alignas(64) Sleepers not_empty_;
  Sleepers not_full_;
  alignas(64) std::uint64_t capacity_;
  std::atomic<bool> closed_ = false;
};

}  // namespace parlab
