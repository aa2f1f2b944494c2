#pragma once

// Counters that several processes share: two that lose updates, and those that do not.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels/sharing/redis/redis.hpp"

namespace parlab {

class SharedCount {
 public:
  virtual ~SharedCount() = default;
  virtual void clear() = 0;
  /// Adds 1 so many times. Called by several processes at once.
  virtual void add(std::uint64_t times) = 0;
  virtual std::uint64_t get() = 0;
};

struct CounterKind {
  const char* name;
  const char* what;
  bool loses_updates;
  bool needs_redis;
  /// Made in the process whose forked children count.
  std::unique_ptr<SharedCount> (*make)(const RedisAddress& redis);
};

/// In the order of a table: where the count is, then what guards it.
const std::vector<CounterKind>& counter_kinds();

}  // namespace parlab
