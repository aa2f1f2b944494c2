#pragma once

// SpscRing: the fastest way from one producer to one consumer: no lock, no system call, two
// counters that each side writes alone and the other's of which it keeps a copy while that will do.
//
// Each waits by spinning, so both need their own processor; where one may be long, use Queue.
// Killed at any point, either side leaves each item either in the ring or got.
//
// Cost: a nanosecond or two an item, plus what a cache line takes from core to core.
// Source: Rigtorp, SPSCQueue (cached counters); Lamport, 1983.

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>

#include "kernels/base/text/exactly.hpp"
#include "kernels/sharing/messages/crossing.hpp"
#include "kernels/sharing/sync/shared_object.hpp"

namespace parlab {

template <class T>
class SpscRing {
 public:
  /// Room for `capacity` items, rounded up to a power of two. Throws OutOfRoom where no address
  /// space holds as much.
  explicit SpscRing(Exactly<std::size_t> capacity)
      : mask_(std::bit_ceil(checked(capacity)) - 1),
        ends_(bytes_of_elements(mask_ + 1, sizeof(T))) {
    require_that_it_crosses_processes<T>();
  }

  /// False where it is full. By the one producer only.
  bool try_put(const Argument<T>& argument) {
    const T& item = argument;
    Side& mine = ends_->producer;
    const std::uint64_t at = mine.count.load(std::memory_order_relaxed);
    if (at - mine.seen > mask_) {
      mine.seen = ends_->consumer.count.load(std::memory_order_acquire);
      if (at - mine.seen > mask_) return false;
    }
    std::memcpy(slot(at), &item, sizeof(T));
    mine.count.store(at + 1, std::memory_order_release);
    return true;
  }

  /// False where it is empty. By the one consumer only.
  bool try_get(T& item) {
    Side& mine = ends_->consumer;
    const std::uint64_t at = mine.count.load(std::memory_order_relaxed);
    if (at == mine.seen) {
      mine.seen = ends_->producer.count.load(std::memory_order_acquire);
      if (at == mine.seen) return false;
    }
    std::memcpy(static_cast<void*>(&item), slot(at), sizeof(T));
    mine.count.store(at + 1, std::memory_order_release);
    return true;
  }

  /// Out of date when it returns.
  std::size_t size() const {
    const std::uint64_t got = ends_->consumer.count.load(std::memory_order_acquire);
    return ends_->producer.count.load(std::memory_order_acquire) - got;
  }
  std::size_t capacity() const { return mask_ + 1; }

 private:
  static std::size_t checked(std::size_t capacity) {
    if (capacity == 0) throw std::invalid_argument("a ring needs room for one item or more");
    bytes_of_elements(capacity, 2);  // for all that bit_ceil may make of it
    return capacity;
  }
  struct alignas(64) Side {  // a cache line, so that neither disturbs the other
    std::atomic<std::uint64_t> count = 0;
    std::uint64_t seen = 0;  // the other's count, as last looked at
  };
  struct Ends {
    Side producer;
    Side consumer;
  };
  std::byte* slot(std::uint64_t at) const { return ends_.extra() + (at & mask_) * sizeof(T); }

  std::uint64_t mask_;
  SharedObject<Ends> ends_;
};

}  // namespace parlab
