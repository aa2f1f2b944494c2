#pragma once

// Looking for something a little while before sleeping: putting a process to sleep and waking it
// again costs some microseconds, and tens of them on a virtual machine.

#include <sched.h>

#include <chrono>

namespace parlab {

/// In a loop that waits for another processor to write.
inline void pause_processor() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// About what it costs to go to sleep and be woken: who looks for so long before it sleeps loses at
/// most as much again. (Karlin and others, SODA'90: twice the cost of the best choice.)
constexpr std::chrono::microseconds look_before_sleep{50};

/// Looks at shared memory, or by system calls, between two yields: some 0.5 us either way, which is
/// about what a yield costs.
constexpr int looks_per_yield = 16;
constexpr int calls_per_yield = 2;

/// Looks until ready() or for so long; returns whether it is. Between looks it gives the core to
/// whoever needs it: where there are fewer cores than processes, those who look would keep the one
/// they look for from running.
template <class Ready>
bool spin_until(const Ready& ready, std::chrono::nanoseconds how_long = look_before_sleep,
                int looks = looks_per_yield) {
  if (ready()) return true;
  if (how_long <= std::chrono::nanoseconds(0)) return false;
  const auto until = std::chrono::steady_clock::now() + how_long;
  do {
    for (int look = 0; look < looks; ++look) {
      pause_processor();
      if (ready()) return true;
    }
    sched_yield();
  } while (std::chrono::steady_clock::now() < until);
  return ready();
}

}  // namespace parlab
