#pragma once

// Crossing off by primes so large that they hit a segment of the sieve at most a few times. To look
// at each of them in each segment would cost more than their crossings. So each waits in the list
// of the segment that it hits next; a segment takes its own list, crosses off, and moves each entry
// to the list of its next hit. There is a ring of lists, one for each segment that a step can reach.
//
// Source: J. Sorenson, "The pseudosquares prime sieve", ANTS 2006, for the lists; primesieve by
// K. Walisch for the wheel of 210, of which a large prime takes 48 steps where 2, 3, 5 need 56.
// Cost: 2 to 3 ns a hit. Memory: 8 bytes a prime that still hits the range, so at most 1.6 GB for
// long ranges near 2^64, and 8 KiB a list, of which there are a few thousand at most. It is kept for
// the next range, but what exceeds 64 MiB goes back to the system where memory runs short.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernels/numerics/large_primes/first_hits.hpp"

namespace parlab {

/// Blocks of entries, each linked to another: lists grow by them and give them back.
class EntryBlocks {
 public:
  /// `prime / 30`, and in `state` the byte of the next hit (low bits) and the place in wheel_steps.
  struct Entry {
    std::uint32_t quotient;
    std::uint32_t state;
  };
  static constexpr std::size_t entries = 1024;  // 8 KiB; the first holds the link
  union Slot {
    Entry entry;
    Slot* link;
  };

  /// An empty block with this link, aligned to its own size.
  Slot* take(Slot* link) {
    Slot* block = free_;
    if (block != nullptr)
      free_ = block->link;
    else
      block = unused();
    block->link = link;
    return block;
  }
  void give_back(Slot* block) {
    block->link = free_;
    free_ = block;
  }
  /// Ends the use of all blocks. Their memory is kept, but beyond most_kept bytes the system may
  /// take it back where it runs short.
  void reset();
  static constexpr std::size_t most_kept = std::size_t{64} << 20;

 private:
  struct Unmap {
    std::size_t bytes;
    void operator()(Slot* memory) const;
  };
  using Memory = std::unique_ptr<Slot[], Unmap>;

  /// A block that has not been taken since the last reset.
  Slot* unused();
  void grow();

  Slot* free_ = nullptr;
  std::vector<Memory> memory_;
  std::size_t in_use_ =
      0;  // so many of memory_; of the last of them, what begins at next_ is unused
  Slot* next_ = nullptr;
  Slot* end_ = nullptr;
};

class HitLists {
 public:
  /// Segments of 2^22 bytes at most.
  static constexpr unsigned most_segment_bits = 22;

  /// Forgets all before. For segments of 2^segment_bits bytes from first_byte on, `size` bytes in
  /// all (the last segment may be shorter), and primes up to `largest`.
  void begin_at(std::uint64_t first_byte, std::uint64_t size, unsigned segment_bits,
                std::uint64_t largest);

  /// Adds primes in ascending order before the current segment is crossed off, most_primes_at_once
  /// at most, of smallest_large_prime at least: throws std::logic_error where one is smaller. Their
  /// squares must not lie beyond the segments that one step reaches from here.
  void add(std::span<const std::uint32_t> primes);

  /// Crosses off in the current segment's bytes, and goes on to the next segment.
  void cross_off(std::uint8_t* bytes);

  /// To call after the last segment: see EntryBlocks::reset.
  void end() { blocks_.reset(); }

 private:
  using Slot = EntryBlocks::Slot;

  /// Whether a list's end is that of a block, or the list is empty (null).
  static bool is_full(const Slot* end) {
    return reinterpret_cast<std::uintptr_t>(end) % (EntryBlocks::entries * sizeof(Slot)) == 0;
  }
  /// Where the next entry of a full or empty list goes.
  Slot* extended(std::uint64_t list);

  EntryBlocks blocks_;
  // Where each list's next entry goes. One list more takes what lies beyond the range.
  std::vector<Slot*> ends_;
  unsigned segment_bits_ = 0;
  std::uint64_t ring_mask_ = 0;
  std::uint64_t current_ = 0;
  std::uint64_t first_byte_ = 0;
  std::uint64_t bytes_left_ = 0;
  std::uint64_t segments_left_ = 0;
  FirstHits hits_;
};

}  // namespace parlab
