#pragma once

// Until when a call may wait. Every wait of the sharing library takes one, made from a duration:
//
//   lock.acquire();         indefinitely
//   lock.acquire(100ms);    at most that long
//   lock.acquire(0s);       not at all

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <stdexcept>

namespace parlab {

class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  /// Never.
  constexpr Deadline() = default;
  /// That long from now. A negative duration is 0s, one of 30 years or more is never. Throws
  /// std::invalid_argument for one that is not a number.
  template <class Rep, class Period>
  Deadline(std::chrono::duration<Rep, Period> wait) {  // NOLINT: implicit, so that 100ms is one
    constexpr double seconds_that_never_pass = 1e9;
    const double seconds = std::chrono::duration<double>(wait).count();
    if (std::isnan(seconds)) throw std::invalid_argument("a timeout must be a number, not NaN");
    if (seconds < seconds_that_never_pass)
      at_ = Clock::now() + std::chrono::nanoseconds(
                               static_cast<std::int64_t>(std::max(0.0, std::ceil(seconds * 1e9))));
  }

  bool never() const { return at_ == Clock::time_point::max(); }
  bool passed() const { return !never() && Clock::now() >= at_; }
  Clock::time_point at() const { return at_; }

  /// The earlier of this and `wait` from now: waits are cut into slices, so that a waiter looks up.
  Deadline within(Clock::duration wait) const {
    Deadline sooner;
    sooner.at_ = std::min(at_, Clock::now() + wait);
    return sooner;
  }

  /// The later of this and `wait` from now: for what takes next to no time unless something is
  /// wrong, so that a deadline which has passed does not make it fail.
  Deadline at_least(Clock::duration wait) const {
    Deadline later;
    if (!never()) later.at_ = std::max(at_, Clock::now() + wait);
    return later;
  }

  /// For poll(): rounded up to milliseconds, -1 for never, at most an hour.
  int poll_milliseconds() const {
    if (never()) return -1;
    const double left = std::chrono::duration<double, std::milli>(at_ - Clock::now()).count();
    return static_cast<int>(std::clamp(std::ceil(left), 0.0, 3.6e6));
  }

  /// An absolute time of CLOCK_MONOTONIC, which steady_clock is under Linux.
  timespec monotonic() const {
    const auto since = at_.time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
    return {static_cast<time_t>(seconds.count()),
            static_cast<long>(std::chrono::nanoseconds(since - seconds).count())};
  }

 private:
  Clock::time_point at_ = Clock::time_point::max();
};

/// How long a waiter may sleep before it looks again at what it waits for. A wake-up that was given
/// to a process which was then killed is lost to the others; this bounds what that costs.
constexpr std::chrono::milliseconds max_sleep{100};

/// How long a system call may wait that only a signal ends early. One that comes just before the
/// call is seen after it.
constexpr std::chrono::seconds max_call{1};

/// How long a lock inside a shared object is waited for at the least. It is held for nanoseconds,
/// except by a process that is stopped just then.
constexpr std::chrono::seconds patience{1};

}  // namespace parlab
