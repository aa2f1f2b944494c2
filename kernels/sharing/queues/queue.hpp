#pragma once

// Queue: first in, first out, between any number of processes and threads.
//
//   Queue<int> queue(100);                      // before the processes are forked
//   queue.put(1);                               // waits while 100 items are in it
//   queue.get();                                // waits while it is empty
//   queue.get(100ms);                           // throws Empty
//   if (std::optional<int> item = queue.try_get()) ...
//
// Items of one producer are got in the order they were put. A process that is killed leaves each
// item either in the queue or got. A put that was done needs nobody to finish it: a process may put
// and end, and be joined, before anyone gets. One pill a consumer ends them; or close() the queue,
// and get() throws Closed once it is empty.
//
// Cost: a lock, a copy and an atomic exchange a side; a system call only where one side sleeps.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>

#include "kernels/base/deadline.hpp"
#include "kernels/base/sharing_errors.hpp"
#include "kernels/base/text/exactly.hpp"
#include "kernels/sharing/messages/wire.hpp"
#include "kernels/sharing/queues/message_ring.hpp"
#include "kernels/sharing/queues/ring.hpp"
#include "kernels/sharing/sync/shared_object.hpp"

namespace parlab {

/// A ring of items of one size, copied as they are.
template <class T>
class ItemRing {
 public:
  ItemRing(std::uint64_t capacity, std::uint64_t /*bytes*/)
      : ring_(bytes_of_elements(capacity, sizeof(T)), capacity) {
    Wire<T>::check();
  }
  Ring::Outcome put(const T& item, Deadline deadline) {
    return ring_->put(
        deadline, [] { return true; },
        [&](std::uint64_t position) { std::memcpy(slot(position), &item, sizeof(T)); });
  }
  Ring::Outcome get(std::optional<T>& item, Deadline deadline) {
    return ring_->get(deadline, [&](std::uint64_t position) {
      std::array<std::byte, sizeof(T)> bytes;
      std::memcpy(bytes.data(), slot(position), sizeof(T));
      item = std::bit_cast<T>(bytes);
    });
  }
  Ring& ring() { return *ring_; }
  const Ring& ring() const { return *ring_; }

 private:
  std::byte* slot(std::uint64_t position) const {
    return ring_.extra() + position % ring_->capacity() * sizeof(T);
  }
  SharedObject<Ring> ring_;
};

/// A ring of items that are messages.
template <class T>
class SerialisedRing : private MessageRing {
 public:
  using MessageRing::MessageRing;
  using MessageRing::ring;
  Ring::Outcome put(const T& item, Deadline deadline) {
    return MessageRing::put(to_wire(item), deadline);
  }
  Ring::Outcome get(std::optional<T>& item, Deadline deadline) {
    Bytes message;
    const Ring::Outcome outcome = MessageRing::get(message, deadline);
    if (outcome == Ring::Outcome::done) item = from_wire<T>(message);
    return outcome;
  }
};

/// Trivially copyable items lie in it as they are; others as messages (wire.hpp, serialised.hpp). A
/// number that T cannot hold is refused (exactly.hpp).
template <class T>
class Queue {
 public:
  static constexpr std::size_t default_capacity = 32768;  // items
  /// Of items that are messages; address space only, until it is used.
  static constexpr std::size_t default_bytes = std::size_t{256} << 20;

  /// Throws OutOfRoom where no address space holds as much.
  explicit Queue(Exactly<std::size_t> capacity = default_capacity,
                 Exactly<std::size_t> bytes = default_bytes)
      : items_(checked(capacity), bytes) {}

  /// Waits while the queue is full. Throws Full at the deadline, Closed, and BadMessage where the
  /// item is longer than the queue.
  void put(const Argument<T>& item, Deadline deadline = {}) {
    if (!try_put(item, deadline)) throw Full();
  }
  /// False where the queue stays full.
  bool try_put(const Argument<T>& item, Deadline deadline = std::chrono::seconds(0)) {
    return came_about(items_.put(item, deadline));
  }
  /// Waits while the queue is empty. Throws Empty at the deadline, Closed once a closed one is
  /// empty.
  T get(Deadline deadline = {}) {
    std::optional<T> item = try_get(deadline);
    if (!item) throw Empty();
    return *std::move(item);
  }
  /// Nothing where the queue stays empty.
  std::optional<T> try_get(Deadline deadline = std::chrono::seconds(0)) {
    std::optional<T> item;
    came_about(items_.get(item, deadline));
    return item;
  }

  /// All three may be out of date when they return.
  std::size_t size() const { return items_.ring().size(); }
  bool empty() const { return size() == 0; }
  bool full() const { return size() >= capacity(); }
  std::size_t capacity() const { return items_.ring().capacity(); }

  /// For all processes: put() throws from now on, get() once the queue is empty.
  void close() { items_.ring().close(); }
  bool closed() const { return items_.ring().closed(); }

 private:
  static std::size_t checked(std::size_t capacity) {
    if (capacity == 0) throw std::invalid_argument("a queue needs room for one item or more");
    return capacity;
  }
  static bool came_about(Ring::Outcome outcome) {
    if (outcome == Ring::Outcome::closed) throw Closed();
    return outcome == Ring::Outcome::done;
  }

  std::conditional_t<Wire<T>::fixed_size, ItemRing<T>, SerialisedRing<T>> items_;
};

/// The least that a queue can do, and no more to learn: put, get, empty, close.
template <class T>
class SimpleQueue : private Queue<T> {
 public:
  SimpleQueue() = default;
  void put(const Argument<T>& item) { Queue<T>::put(item); }
  T get() { return Queue<T>::get(); }
  using Queue<T>::close;
  using Queue<T>::empty;
};

}  // namespace parlab
