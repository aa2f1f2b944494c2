#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/sharing/messages/wire.hpp"
#include "kernels/sharing/queues/ring.hpp"
#include "kernels/sharing/sync/shared_object.hpp"

namespace parlab {

/// A ring of messages of any length: the bytes lie in a second ring, and each slot says where its
/// message ends. Memory is touched, and so paid for, only as far as messages fill it.
class MessageRing {
 public:
  /// At most `capacity` messages, at most `bytes` bytes of them.
  MessageRing(std::uint64_t capacity, std::uint64_t bytes);

  /// Throws BadMessage where the message is longer than the ring.
  Ring::Outcome put(BytesView message, Deadline deadline);
  Ring::Outcome get(Bytes& message, Deadline deadline);
  Ring& ring() { return *ring_; }
  const Ring& ring() const { return *ring_; }

 private:
  /// Where message `position` begins: the slot before says where that one ended. One slot more than
  /// messages, so that it is not written over yet.
  std::uint64_t& end_of(std::uint64_t position) const;
  std::uint64_t begin_of(std::uint64_t position) const;

  std::uint64_t slots_;
  std::uint64_t bytes_;
  SharedObject<Ring> ring_;
};

}  // namespace parlab
