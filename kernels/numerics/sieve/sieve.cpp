#include "kernels/numerics/sieve/sieve.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <new>
#include <span>
#include <stdexcept>
#include <utility>

#include "kernels/base/kernel_registry.hpp"
#include "kernels/machine/cache_sizes.hpp"
#include "kernels/numerics/arithmetic/integer_sqrt.hpp"
#include "kernels/numerics/arithmetic/wheel30.hpp"
#include "kernels/numerics/large_primes/first_hits.hpp"
#include "kernels/numerics/large_primes/hit_lists.hpp"
#include "kernels/numerics/primality/primality.hpp"
#include "kernels/numerics/sieve/cross_off.hpp"
#include "kernels/numerics/sieve/crossing_primes.hpp"
#include "kernels/numerics/sieve/first_multiples.hpp"
#include "kernels/numerics/sieve/list_numbers.hpp"
#include "kernels/numerics/sieve/presieve.hpp"
#include "kernels/numerics/sieve/segment_edges.hpp"
#include "kernels/numerics/sieve/sieve_bytes.hpp"

namespace parlab {
namespace {

/// Bytes; three quarters of the first-level cache, the rest is for tables and primes.
std::uint64_t block_size() {
  static const std::uint64_t size = CacheSizes::of_this_machine().first_level * 3 / 4;
  return size;
}

/// Small primes are crossed off block by block, and write as much beyond a segment's ends.
constexpr std::uint64_t small_prime_limit = 3000;

/// Primes up to here are crossed off in stretches that stay in the second-level cache, and write as
/// much beyond a segment's ends. (At 10^15 it saves 4 %, and 2^14 or 2^18 some 3 %. Zen 4.)
constexpr std::uint64_t most_middle = 1 << 16;

/// Bytes, whole blocks. Longer than four primes, so that little is written twice.
std::uint64_t stretch_size() {
  const std::uint64_t in_cache = CacheSizes::of_this_machine().second_level / 4;
  return std::max(in_cache, block_size()) / block_size() * block_size();
}

/// The longer the segments, the more of a prime's crossings one visit makes; but they should stay
/// in half of the second-level cache. Where primes are longer than that, twice the cache is better,
/// and four times where they are longer than twice.
/// (Measured on Zen 4, 1 MiB: at 10^12, with primes up to 10^6, 2 MiB are 13 % faster than 504 KiB, and 3 %
/// than 4 MiB; at 10^15, 4 MiB are 5 % faster than 2 MiB, 2 % where two workers share the third level.)
std::uint64_t segment_size_for(std::uint64_t largest_base_prime) {
  const std::uint64_t block = block_size();
  const std::uint64_t second_level = CacheSizes::of_this_machine().second_level;
  const std::uint64_t in_cache = second_level / 2 / block * block;
  if (largest_base_prime > in_cache * 3 / 2)
    return std::min(std::bit_ceil((largest_base_prime > 2 * second_level ? 4 : 2) * second_level),
                    std::uint64_t{1} << HitLists::most_segment_bits);
  const std::uint64_t wanted = std::min(largest_base_prime, in_cache);
  return std::max((wanted + block - 1) / block * block, 2 * block);
}

/// Bytes up to which it pays to let larger primes write beyond the segment's ends too: the ends
/// then still lie in the first-level cache.
constexpr std::uint64_t short_segment = 4096;
static_assert(5 * short_segment < 24 << 10);

/// How the primes of base[0, bytes) are treated.
struct Layout {
  std::uint64_t segment_size;
  std::uint64_t small_end;   // primes up to here are small,
  std::uint64_t middle_end;  // and up to here middle
  std::uint64_t medium_end;  // base[0, medium_end) holds those and the medium ones
  bool has_large;            // there are others
};

/// For `bytes` bytes to be sieved by base primes up to `root`, of base[0, base_size). A prime is large
/// from 3/2 of a segment on, or from twice a short one: it meets a segment in few of its period's
/// eight places, and a list of hits costs less than to look at all eight. So several segments have
/// large primes only where they are 2^n bytes, as lists want them (segment_size_for).
Layout layout_for(std::uint64_t root, std::uint64_t bytes, std::uint64_t base_size) {
  const std::uint64_t size = std::min(segment_size_for(root), bytes);
  const std::uint64_t base_bytes = std::min(base_size, root / 30 + 1);
  // In a short segment all primes that are not large are small.
  const bool is_short = size <= short_segment;
  const std::uint64_t medium_most = std::max(size * (is_short ? 4 : 3) / 2, small_prime_limit);
  const std::uint64_t medium_end = std::min(base_bytes, medium_most / 30 + 1);
  const std::uint64_t small_end = is_short ? medium_most : small_prime_limit;
  const std::uint64_t middle_most =
      size <= stretch_size() ? small_end : std::min(most_middle, stretch_size() / 4);
  return {.segment_size = size,
          .small_end = small_end,
          .middle_end = std::clamp(middle_most, small_end, std::max(small_end, 30 * medium_end)),
          .medium_end = medium_end,
          .has_large = medium_end < base_bytes};
}

constexpr std::array<std::uint64_t, 3> wheel_primes = {2, 3, 5};

/// What a thread needs for its segments besides the base primes.
struct Workspace {
  /// From byte first_byte on.
  void prepare(std::span<const std::uint8_t> base, const Layout& layout, std::uint64_t first_byte) {
    base = base.first(layout.medium_end);
    small.begin_at(first_byte, base, Presieve::largest_prime, layout.small_end);
    middle.begin_at(first_byte, base, layout.small_end, layout.middle_end);
    medium.begin_at(first_byte, base, layout.middle_end, 30 * layout.medium_end);
  }
  /// With room for writes beyond both ends.
  std::uint8_t* bytes_for(std::uint64_t segment_size, std::uint64_t beyond) {
    const std::uint64_t wanted = beyond + segment_size + beyond;
    if (buffer.size() < wanted) buffer.resize(wanted);
    return buffer.data() + beyond;
  }

  /// By all primes but the large ones.
  void cross_off(std::uint8_t* bytes, std::uint64_t size, std::uint64_t first_byte) {
    const std::uint64_t block = block_size(), stretch = stretch_size();
    for (std::uint64_t at = 0; at < size;) {
      const std::uint64_t begin = at, end = std::min(at + stretch, size);
      for (; at < end; at = std::min(at + block, end)) {
        const std::uint64_t part = std::min(block, end - at);
        Presieve::instance().fill(bytes + at, part, first_byte + at);
        small.cross_off(bytes + at, part, first_byte + at, cross_off_whole_periods);
      }
      middle.cross_off(bytes + begin, end - begin, first_byte + begin, cross_off_whole_periods);
    }
    medium.cross_off(bytes, size, first_byte, cross_off_within);
  }

  /// How a sieve is laid out, and where its last range ended if the next one may go on from there.
  struct Position {
    std::uint64_t sieve = 0;  // its number; 0: none
    std::uint64_t next_byte = 0;
    std::uint64_t segment_size = 0;
    std::uint64_t middle_end = 0;
    std::uint64_t listed = 0;  // primes up to here are in lists, or need none
    bool in_lists = false;
  };
  Position position;
  CrossingPrimes small, middle, medium;
  HitLists large;
  std::vector<std::uint8_t> buffer;
};

/// This thread's. Kept from chunk to chunk: making it anew costs a short chunk as much as its sieving.
Workspace& workspace() {
  thread_local Workspace space;
  return space;
}

/// To divide all base primes costs each of two workers 0.05 ns * root more than to divide its share;
/// masks cost it 0.03 ns a number of the range, most of it for the memory (Zen 5, at 10^18 and 10^16).
constexpr std::uint64_t most_roots_masked = 2;
/// Below, it would gain less than 3 ms, and two more calls of all workers cost up to 0.1 ms.
constexpr std::uint64_t least_root_masked = 1 << 26;
/// Base primes that a worker makes take a millisecond at least, against 0.1 ms of such a call.
constexpr std::uint64_t least_base_numbers = 1 << 24;

/// Of the base primes that workers share: some hundred batches, and some hundred turns from 10^16 on.
constexpr std::uint64_t numbers_per_turn = 30 << 15;

/// Crosses off multiples of primes that meet few segments or one, with no state.
void cross_off_large(std::span<const std::uint32_t> primes, std::uint8_t* bytes, std::uint64_t size,
                     std::uint64_t first_byte) {
  if (primes.front() < smallest_large_prime)
    cross_off_sparse(primes, bytes, size, first_byte);
  else
    cross_off_first_hits(primes, bytes, size, first_byte);
}

/// Runs work(i) for each i below `parts` by the workers. Throws where this thread sees nothing of it.
void run_here(const SegmentedSieve::Workers& workers, std::uint64_t parts,
              FunctionRef<void(std::uint64_t)> work) {
  if (parts == 1) return work(0);
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
  const SieveMemory memory = workers.memory(sizeof(std::atomic<std::uint64_t>));
  auto& done = *new (memory.get()) std::atomic<std::uint64_t>(0);
  workers.run(parts, [&](std::uint64_t part) {
    work(part);
    ++done;
  });
  if (done != parts)
    throw std::logic_error("a sieve's workers must share memory with their caller");
}

bool holds(IndexRange range, std::uint64_t n) { return range.begin <= n && n < range.end; }
std::uint64_t root_below(std::uint64_t end) { return end == 0 ? 0 : integer_sqrt(end - 1); }
std::uint64_t bytes_to(std::uint64_t end) { return end / 30 + (end % 30 != 0 ? 1 : 0); }

std::uint64_t next_number() {
  static std::atomic<std::uint64_t> number = 0;
  return ++number;
}

/// The byte of the numbers from `first` on and below `end`, by tests of each.
std::uint8_t tested_byte(std::uint64_t first, std::uint64_t end) {
  std::uint8_t byte = 0;
  for (std::uint64_t n = first; n < end; ++n)
    if (wheel_bit[n % 30] != 0 && is_prime(n))
      byte = static_cast<std::uint8_t>(byte | wheel_bit[n % 30]);
  return byte;
}

}  // namespace

SieveMemory SegmentedSieve::own_memory(std::uint64_t bytes) {
  return std::make_unique_for_overwrite<std::uint8_t[]>(bytes);
}

SegmentedSieve::SegmentedSieve(std::uint64_t end, Chunks chunks)
    : end_(end), chunks_(chunks), number_(next_number()) {
  make_base({.count = 1, .run = [](std::uint64_t parts, FunctionRef<void(std::uint64_t)> work) {
               for (std::uint64_t part = 0; part < parts; ++part) work(part);
             }});
}

SegmentedSieve::SegmentedSieve(const Chunking& chunks, const Workers& workers)
    : end_(chunks.range().end), chunks_(Chunks::any), number_(next_number()) {
  make_base(workers);
  make_masks(chunks, workers);
}

void SegmentedSieve::make_base(const Workers& workers) {
  const std::uint64_t root = root_below(end_);
  if (root <= Presieve::largest_prime) return;
  // The base primes come from a smaller sieve of the same kind.
  const std::uint64_t size = root / 30 + 1;
  base_memory_ = workers.memory(size);
  base_ = {base_memory_.get(), size};
  const SegmentedSieve smaller(root + 1);
  const std::uint64_t segment = segment_numbers(root + 1);
  const std::uint64_t share = std::max(root / workers.count, least_base_numbers);
  const Chunking parts({0, root + 1}, (share / segment + 1) * segment);
  run_here(workers, parts.chunks(), [&](std::uint64_t part) {
    smaller.for_each_segment(
        parts[part], [&](std::uint64_t first_byte, const std::uint8_t* bytes, std::uint64_t size) {
          std::memcpy(base_memory_.get() + first_byte, bytes, size);
        });
  });
}

void SegmentedSieve::make_masks(const Chunking& chunks, const Workers& workers) {
  const std::uint64_t first = chunks.range().begin / 30;
  const std::uint64_t size = bytes_to(end_) - first;
  const Layout layout = layout_for(root_below(end_), size, base_.size());
  // In short ranges others are large that lists do not take.
  const std::uint64_t above =
      30 * std::max(layout.medium_end, std::uint64_t{smallest_large_prime / 30 + 1});
  const std::uint64_t largest = integer_sqrt(30 * first);  // others are due later
  if (!layout.has_large || above >= largest || largest < least_root_masked || workers.count < 2 ||
      chunks.chunks() < 2 || chunks.range().size() > most_roots_masked * largest)
    return;
  const std::uint64_t length = std::bit_ceil(layout.segment_size);  // short where the range is
  const auto masks = std::make_shared<LargePrimeMasks>(above, largest, first, size, length,
                                                       workers.count, workers.memory);
  if (masks->shares() < 2) return;
  run_here(workers, masks->parts(), [&](std::uint64_t number) {
    const LargePrimeMasks::Part part = masks->part(number);
    Workspace& space = workspace();
    space.position = {};
    HitLists& lists = space.large;
    lists.begin_at(part.first_byte, part.bytes.size(),
                   static_cast<unsigned>(std::countr_zero(length)), largest);
    // The shares take turns, for smaller primes hit more often.
    const std::uint64_t end = 30 * base_.size();
    for (std::uint64_t at = part.share * numbers_per_turn; at < end;
         at += masks->shares() * numbers_per_turn)
      for_each_batch<most_sparse_primes>(
          base_, std::max(at, above), std::min(at + numbers_per_turn - 1, largest),
          [&](std::span<const std::uint32_t> primes) { lists.add(primes); });
    std::uint8_t* const segment = space.bytes_for(length, 0);
    for (std::size_t at = 0; at < part.bytes.size(); at += length) {
      const std::span<std::uint8_t> bytes =
          part.bytes.subspan(at, std::min(length, part.bytes.size() - at));
      std::fill_n(segment, bytes.size(), 0xFF);
      lists.cross_off(segment);
      std::memcpy(bytes.data(), segment, bytes.size());
    }
    lists.end();
  });
  masks_ = masks;
}

std::uint64_t SegmentedSieve::segment_numbers(std::uint64_t end) {
  return 30 * segment_size_for(root_below(end));
}

std::uint64_t SegmentedSieve::shortest_chunk(std::uint64_t end) {
  const std::uint64_t segment = segment_numbers(end);
  // A base prime costs 4 ns once, with its entry in a list; a number 0.3 ns at least; and a twentieth of
  // the root is prime.
  const std::uint64_t wanted = 10 * root_below(end);
  return std::max<std::uint64_t>((wanted + segment - 1) / segment, 1) * segment;
}

template <class Visit>
void SegmentedSieve::for_each_segment(IndexRange range, const Visit& visit) const {
  if (range.end > end_) throw std::out_of_range("the range ends beyond the sieve");
  range.begin = std::max<std::uint64_t>(range.begin, 7);
  if (range.begin >= range.end) return;
  const std::uint64_t first = range.begin / 30;
  std::uint64_t last = bytes_to(range.end);
  // All that is kept is for the ranges that follow too.
  const bool keeps = chunks_ == Chunks::ascending;
  const std::uint64_t all_end = keeps ? bytes_to(end_) : last;
  Workspace& space = workspace();
  Workspace::Position position = std::exchange(space.position, {});
  const LargePrimeMasks* const masks =
      masks_ != nullptr && masks_->hold(first, last - first) ? masks_.get() : nullptr;
  if (!keeps || position.sieve != number_ || position.next_byte != first) {
    const std::uint64_t root = root_below(keeps ? end_ : range.end);
    Layout layout = layout_for(root, all_end - first, base_.size());
    if (masks != nullptr) layout.medium_end = masks->above() / 30;
    const std::uint64_t size = layout.segment_size;
    position = {.sieve = number_,
                .segment_size = size,
                .middle_end = layout.middle_end,
                .listed = masks != nullptr ? masks->largest() : 30 * layout.medium_end,
                // Lists pay from the second segment on, for a prime is then divided once only.
                .in_lists = masks == nullptr && layout.has_large && size < all_end - first};
    space.prepare(base_, layout, first);
    if (position.in_lists)
      space.large.begin_at(first, all_end - first, static_cast<unsigned>(std::countr_zero(size)),
                           root);
  }
  const std::uint64_t segment_size = position.segment_size;
  // A byte that the range shares with the next one would cost a segment of its own.
  const bool tests_last_byte = last - first > segment_size && (last - first) % segment_size == 1;
  const std::uint64_t range_end = range.end;
  if (tests_last_byte) range.end = 30 * --last;
  std::uint8_t* const bytes = space.bytes_for(segment_size, position.middle_end);
  for (std::uint64_t begin = first; begin < last;) {
    const std::uint64_t size = std::min(segment_size, last - begin);
    space.cross_off(bytes, size, begin);
    // Primes from their squares on: smaller multiples have smaller factors.
    const std::uint64_t end = begin + size == last ? range.end : 30 * (begin + size);
    const std::uint64_t due = integer_sqrt(end - 1);
    if (position.in_lists) {
      for_each_batch<most_sparse_primes>(
          base_, position.listed, due,
          [&](std::span<const std::uint32_t> primes) { space.large.add(primes); });
      position.listed = std::max(position.listed, due);
      space.large.cross_off(bytes);
    } else {
      if (masks != nullptr) masks->cross_off(bytes, size, begin);
      for_each_batch<most_sparse_primes>(base_, position.listed, due,
                                         [&](std::span<const std::uint32_t> primes) {
                                           cross_off_large(primes, bytes, size, begin);
                                         });
    }
    mend_ends(bytes, size, begin, range);
    visit(begin, bytes, size);
    begin += size;
  }
  if (tests_last_byte) {
    const std::uint8_t byte = tested_byte(range.end, range_end);
    visit(last, &byte, 1);
  }
  if (keeps && last < all_end && (last - first) % segment_size == 0)
    (space.position = position).next_byte = last;
  else if (position.in_lists)
    space.large.end();
}

std::uint64_t SegmentedSieve::count(IndexRange range) const {
  std::uint64_t count = 0;
  for (const std::uint64_t prime : wheel_primes) count += holds(range, prime) ? 1 : 0;
  for_each_segment(range, [&](std::uint64_t, const std::uint8_t* bytes, std::uint64_t size) {
    count += count_bits(bytes, size);
  });
  return count;
}

std::uint64_t SegmentedSieve::list(IndexRange range, std::uint64_t* out) const {
  std::uint64_t* next = out;
  for (const std::uint64_t prime : wheel_primes) {
    if (holds(range, prime)) *next++ = prime;
  }
  for_each_segment(range,
                   [&](std::uint64_t first_byte, const std::uint8_t* bytes, std::uint64_t size) {
                     next = list_numbers(bytes, size, first_byte, next);
                   });
  return static_cast<std::uint64_t>(next - out);
}

namespace {

const RegisterKernel registered{{
    .name = "sieve",
    .variant = "segmented",
    .what = "primes by the sieve of Eratosthenes, segments in cache, 30 numbers a byte",
}};

}  // namespace
}  // namespace parlab
