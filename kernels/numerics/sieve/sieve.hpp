#pragma once

// Primes by the sieve of Eratosthenes, in segments that fit in the cache, 30 numbers a byte.
//
// Five kinds of prime p, by size: the smallest are in ready-made patterns (presieve.hpp); small, middle
// and medium ones are crossed off period by period (cross_off.hpp), the small ones in blocks that fit
// in the first-level cache of this machine, the middle ones in stretches that fit in the second, the
// medium ones in segments, which are longer where the primes are larger; large ones, which meet a segment
// rarely, wait in lists of hits, a list a segment (hit_lists.hpp).
// Several workers may share the large primes of a short high range (large_prime_masks.hpp).
// In ranges of one segment there are no lists, and in short ones the medium are treated as small.
//
// Sources: C. Bays and R. Hudson, "The segmented sieve of Eratosthenes and primes in arithmetic
// progressions to 10^12", BIT 17, 1977; primesieve by K. Walisch for wheel and pre-sieve.
// Cost on one core of Zen 4 for 10^9 numbers: 67 ms from 0, 137 ms from 10^12, 280 ms from 10^15, 680 ms
// from 10^18, if chunks are long or come in ascending order. sqrt(end) / 30 bytes for the base primes
// (143 MB for end near 2^64). Less than 5 MB a thread for its segment, kept for the next call, and 8
// bytes a large prime that hits the range (hit_lists.hpp): 15 MB at 10^15, 400 MB at 10^18.

#include <cstdint>
#include <memory>
#include <span>

#include "kernels/base/function_ref.hpp"
#include "kernels/base/index_range.hpp"
#include "kernels/numerics/large_primes/large_prime_masks.hpp"

namespace parlab {

class SegmentedSieve {
 public:
  enum class Chunks { any, ascending };

  /// Makes the base primes up to sqrt(end): 1 s for end near 2^64, under 1 ms for 10^12. Where chunks
  /// up to `end` are asked for one after the other, say so: what the first one finds out about the
  /// base primes then serves all, as long as they are whole segments.
  explicit SegmentedSieve(std::uint64_t end, Chunks chunks = Chunks::any);

  static SieveMemory own_memory(std::uint64_t bytes);

  /// Threads that share the work of a sieve's start, or processes that begin in `run`.
  struct Workers {
    std::uint64_t count;
    /// Calls work(i) for each i below `parts`, and returns when all are done.
    FunctionRef<void(std::uint64_t parts, FunctionRef<void(std::uint64_t)> work)> run;
    /// Memory in which the caller sees what they write.
    SieveMemory (*memory)(std::uint64_t bytes) = own_memory;
  };

  /// For count and list of these chunks: the workers make the base primes, and where the range is
  /// shorter than twice the root of its end, they cross off the multiples of large primes in all of it
  /// ahead, each those of its share of the primes, instead of each dividing all of them. Memory: up to
  /// 1 GiB more (large_prime_masks.hpp). Throws std::logic_error where the caller does not see what
  /// the workers write.
  SegmentedSieve(const Chunking& chunks, const Workers& workers);

  /// How many primes the range holds. Throws std::out_of_range where range.end > end.
  std::uint64_t count(IndexRange range) const;

  /// Writes the primes of the range, in order, to `out` and returns how many. There must be room
  /// for most_primes_in(range). Throws as count does.
  std::uint64_t list(IndexRange range, std::uint64_t* out) const;

  /// Numbers that a segment of a sieve to `end` covers: chunks are best multiples of it.
  static std::uint64_t segment_numbers(std::uint64_t end);

  /// A multiple of that, so long that finding where each base prime first hits a chunk costs less
  /// than a tenth of sieving it: 10^10 for an end of 10^18.
  static std::uint64_t shortest_chunk(std::uint64_t end);

 private:
  void make_base(const Workers& workers);
  void make_masks(const Chunking& chunks, const Workers& workers);

  /// Calls visit(first_byte, bytes, size) for segment after segment, with the primes of the range
  /// from 7 on as set bits. 2, 3 and 5 are handled by the caller.
  template <class Visit>
  void for_each_segment(IndexRange range, const Visit& visit) const;

  std::uint64_t end_;
  Chunks chunks_;
  std::uint64_t number_;  // of this sieve, in this process
  SieveMemory base_memory_;
  std::span<const std::uint8_t> base_;  // the primes from 7 to sqrt(end), a wheel-30 bitmap
  std::shared_ptr<const LargePrimeMasks> masks_;  // null where each range crosses off by itself
};

/// An upper bound for how many primes the range holds, within a factor 2 or so for long ranges.
std::uint64_t most_primes_in(IndexRange range);

}  // namespace parlab
