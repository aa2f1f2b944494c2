#pragma once

// How a rank waits: nothing waits inside the MPI library, which would keep a core busy; what is
// under way is looked at, with naps between.

#include <sched.h>
#include <time.h>

#include <algorithm>
#include <chrono>

namespace parlab {

using RankClock = std::chrono::steady_clock;

/// So long a rank only looks.
inline constexpr std::chrono::microseconds rank_spin{100};
inline constexpr std::chrono::milliseconds max_rank_nap{1}, rank_rest_nap{10};
/// A rank that waits for a command has waited so long before it rests: between two runs of a sample
/// it stays awake.
inline constexpr std::chrono::milliseconds rank_patience{200};

inline void rank_nap(RankClock::duration time) {
  const auto nanoseconds = std::chrono::nanoseconds(time).count();
  const timespec wait{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
  nanosleep(&wait, nullptr);
}

/// Until done() is true. Naps get longer with the time, up to max_rank_nap, then to `longest_nap`.
template <class Done>
void wait_until(const Done& done, RankClock::duration longest_nap = max_rank_nap) {
  const auto begin = RankClock::now();
  while (!done()) {
    const RankClock::duration waited = RankClock::now() - begin;
    if (waited < rank_spin)
      sched_yield();
    else
      rank_nap(std::min<RankClock::duration>(waited / 16,
                                             waited < rank_patience ? max_rank_nap : longest_nap));
  }
}

}  // namespace parlab
