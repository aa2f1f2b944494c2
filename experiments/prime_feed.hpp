#pragma once

// Ways to hand the numbers of a range, one by one, to processes that test each for primality: two
// queues and a pill for each worker, as books do it, instead of chunks that each worker knows
// beforehand.

#include <array>
#include <cstdint>
#include <string>

#include "kernels/index_range.hpp"

namespace parlab {

struct PrimeFeed {
  const char* name;
  const char* what;
  bool feeder;             // a thread puts numbers while the caller takes results
  bool odd_only;           // even numbers are not put at all
  std::uint64_t capacity;  // of both queues; 0: room for all numbers
};

inline constexpr std::array<PrimeFeed, 4> prime_feeds = {{
    {"queue", "all numbers are put, then pills, then results taken", false, false, 0},
    {"queue_feeder", "a thread puts numbers while results are taken", true, false, 0},
    {"queue_odd", "the same, odd numbers only", true, true, 0},
    {"queue_bounded", "the same, odd numbers only, queues of 1024", true, true, 1024},
}};

/// The feed of that name, or null.
const PrimeFeed* prime_feed_named(const std::string& name);

/// How many primes the range holds: forks the workers, feeds them, takes the primes from them.
std::uint64_t count_primes_fed(const PrimeFeed& feed, IndexRange range, int workers);

}  // namespace parlab
