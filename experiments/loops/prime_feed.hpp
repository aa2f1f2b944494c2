#pragma once

// Ways to hand the numbers of a range, one by one, to processes that test each for primality: two
// queues and a pill for each worker, as books do it, instead of chunks that each worker knows
// beforehand.

#include <array>
#include <cstdint>
#include <string>

#include "kernels/base/index_range.hpp"

namespace parlab {

struct PrimeFeed {
  enum class Kind { queues, map, imap };
  const char* name;
  const char* what;
  Kind kind;
  bool feeder = false;         // a thread puts numbers while the caller takes results
  bool odd_only = false;       // even numbers are not put at all
  std::uint64_t capacity = 0;  // of both queues; 0: room for all numbers
};

inline constexpr std::array<PrimeFeed, 6> prime_feeds = {{
    {.name = "queue",
     .what = "all numbers are put, then pills, then results taken",
     .kind = PrimeFeed::Kind::queues},
    {.name = "queue_feeder",
     .what = "a thread puts numbers while results are taken",
     .kind = PrimeFeed::Kind::queues,
     .feeder = true},
    {.name = "queue_odd",
     .what = "the same, odd numbers only",
     .kind = PrimeFeed::Kind::queues,
     .feeder = true,
     .odd_only = true},
    {.name = "queue_bounded",
     .what = "the same, odd numbers only, queues of 1024",
     .kind = PrimeFeed::Kind::queues,
     .feeder = true,
     .odd_only = true,
     .capacity = 1024},
    {.name = "map", .what = "Pool::map, all results at once", .kind = PrimeFeed::Kind::map},
    {.name = "imap", .what = "Pool::imap, results as a stream", .kind = PrimeFeed::Kind::imap},
}};

/// The feed of that name, or null.
const PrimeFeed* prime_feed_named(const std::string& name);

/// How many primes the range holds: forks the workers, feeds them, takes the primes from them.
std::uint64_t count_primes_fed(const PrimeFeed& feed, IndexRange range, int workers);

}  // namespace parlab
