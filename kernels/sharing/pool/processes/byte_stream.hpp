#pragma once

// Messages of any length from one process to another through a ring of bytes in shared memory. Each
// is its length (8 bytes) and its bytes; one that is longer than the ring goes through it in parts.
// Nothing here calls the kernel, except to wake a side that said that it sleeps.
//
// Either side may be killed at any point: what it wrote counts from one store on. Once it is dead, the
// other may reset() the stream for the next.
//
// Cost: a copy and a store a message, and what a cache line takes from core to core.
// Source: as SpscRing (queues/spsc_ring.hpp): each side keeps a copy of the other's count.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "kernels/posix/futex.hpp"
#include "kernels/sharing/messages/wire.hpp"

namespace parlab {

/// Lies in shared memory, made there by placement new. Counts are of all bytes ever written or read;
/// byte i lies at i % capacity.
// Each side has a cache line of its own. NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
class ByteStream {
 public:
  /// Bytes: some of the largest messages that need no second look, and half a second-level cache.
  static constexpr std::size_t capacity = std::size_t{128} << 10;

  /// By the writer: bytes that append() takes now.
  std::size_t room();
  /// At most room() bytes, which the reader sees from publish() on.
  void append(BytesView bytes);
  void publish() { written_.store(next_); }  // sequentially consistent, see EventCount
  /// Whether the reader is half a ring behind.
  bool is_filling();

  /// By the reader: what can be read in one piece; empty where there is nothing. Throws BadMessage
  /// where the counts make no sense, because a process wrote over them.
  BytesView front();
  void consume(std::size_t bytes);
  /// By anyone: whether there is something to read.
  bool has_some() const { return written_.load() != read_.load(); }
  bool has_room() const { return written_.load() - read_.load() < capacity; }

  /// By either side, where the other is dead.
  void reset();

  EventCount filled, emptied;  // for a side that waits; whose notify() is for its user to call

 private:
  // A cache line for each side.
  alignas(64) std::atomic<std::uint64_t> written_ = 0;
  std::uint64_t next_ = 0;       // written, and not published yet
  std::uint64_t read_seen_ = 0;  // the other's count, as last looked at
  alignas(64) std::atomic<std::uint64_t> read_ = 0;
  std::uint64_t written_seen_ = 0;
  alignas(64) std::array<std::byte, capacity> bytes_;
};

/// A writer's messages, as far as the stream has room for them.
class StreamWriter {
 public:
  /// False where the stream has no room for all of it now: call again, with the same message.
  bool write(ByteStream& stream, BytesView message);
  /// Whether a message is partly written.
  bool under_way() const { return done_ != 0; }
  void reset() { done_ = 0; }

 private:
  std::size_t done_ = 0;  // bytes of length and message
};

/// A reader's messages, one after the other, as their bytes come.
class StreamReader {
 public:
  /// Takes in what has come; true when a message is complete. Throws BadMessage.
  bool read(ByteStream& stream);
  /// The complete message, until the next call.
  BytesView message() const { return message_; }
  /// Forgets what is under way, since it comes from another side now.
  void reset();

 private:
  std::size_t in_place_ = 0;  // bytes of a message that lies in the ring still
  bool under_way_ = false;    // its parts are collected here:
  std::uint64_t length_ = 0;
  Bytes bytes_;
  BytesView message_;
};

}  // namespace parlab
