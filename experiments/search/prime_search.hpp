#pragma once

// How verify_prime looks for a factor of one number: over which part of the divisors, by which
// division, polling what and how often.

#include <functional>
#include <string>

#include "experiments/base/experiment.hpp"
#include "kernels/sharing/redis/redis.hpp"

namespace parlab {

/// What tells the workers that one of them has found a factor.
inline const std::vector<std::string> prime_flags = {"none",      "small_first", "atomic",
                                                     "raw_value", "mmap",        "mmap_redux",
                                                     "manager",   "redis",       "cancel"};

/// How the divisors are divided: to each worker one contiguous part; every n-th block; or
/// many chunks, by the backend's schedule.
inline const std::vector<std::string> prime_splits = {"contiguous", "strided", "dynamic"};

struct PrimeSearch {
  std::uint64_t number;
  std::string algorithm;
  std::string flag;
  std::string split;
  std::uint64_t divisions_per_poll;
  bool first;  // the smallest factor, not any
  BackendSpec executor;
  std::uint64_t grain;

  /// Makes the flag and the backend. Each call of what it returns is one search: a factor, or 0.
  std::function<std::uint64_t()> open(const RedisAddress& redis, bool redis_fallback) const;
};

}  // namespace parlab
