#include "kernels/numerics/sieve/sieve.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include "kernels/base/kernel_registry.hpp"
#include "kernels/machine/cache_sizes.hpp"
#include "kernels/numerics/arithmetic/integer_sqrt.hpp"
#include "kernels/numerics/arithmetic/wheel30.hpp"
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

/// The longer the segments, the more of a prime's crossings one visit makes; but they should stay
/// in half of the second-level cache, until so many primes are visited that this costs more.
std::uint64_t segment_size_for(std::uint64_t largest_base_prime) {
  const std::uint64_t block = block_size();
  const std::uint64_t in_cache = CacheSizes::of_this_machine().second_level / 2 / block * block;
  const std::uint64_t most = (std::uint64_t{32} << 20) / block * block;
  const std::uint64_t wanted =
      std::max(std::min(largest_base_prime, in_cache), largest_base_prime / 16);
  return std::clamp((wanted + block - 1) / block * block, 2 * block, most);
}

/// Beyond so many segment lengths a prime is large: it meets a segment in few of its period's eight
/// places, and dividing anew (cross_off_sparse) costs less than to look at all eight.
constexpr std::uint64_t medium_prime_segments = 2;

constexpr std::array<std::uint64_t, 3> wheel_primes = {2, 3, 5};

/// Bytes up to which it pays to let larger primes write beyond the segment's ends too: the ends
/// then still lie in the first-level cache.
constexpr std::uint64_t short_segment = 4096;
static_assert(medium_prime_segments * short_segment * 5 < (48 << 10));

/// What a thread needs for its segments besides the base primes.
struct Workspace {
  /// For primes of base[0, medium_end) from byte first_byte on; those up to small_end are small.
  void prepare(const std::vector<std::uint8_t>& base, std::uint64_t medium_end,
               std::uint64_t small_end, std::uint64_t first_byte) {
    small.begin_at(first_byte, {base.data(), medium_end}, Presieve::largest_prime, small_end);
    medium.begin_at(first_byte, {base.data(), medium_end}, small_end, 30 * medium_end);
  }
  /// With room for the small primes' writes beyond both ends.
  std::uint8_t* bytes_for(std::uint64_t segment_size, std::uint64_t small_end) {
    const std::uint64_t wanted = small_end + segment_size + small_end;
    if (buffer.size() < wanted) buffer.resize(wanted);
    return buffer.data() + small_end;
  }

  CrossingPrimes small;
  CrossingPrimes medium;
  std::vector<std::uint8_t> buffer;
};

bool holds(IndexRange range, std::uint64_t n) { return range.begin <= n && n < range.end; }

}  // namespace

SegmentedSieve::SegmentedSieve(std::uint64_t end) : end_(end) {
  const std::uint64_t root = end == 0 ? 0 : integer_sqrt(end - 1);
  if (root <= Presieve::largest_prime) return;
  // The base primes come from a smaller sieve of the same kind.
  base_.resize(root / 30 + 1);
  SegmentedSieve(root + 1).for_each_segment(
      {0, root + 1}, [&](std::uint64_t first_byte, const std::uint8_t* bytes, std::uint64_t size) {
        std::memcpy(base_.data() + first_byte, bytes, size);
      });
}

std::uint64_t SegmentedSieve::segment_numbers(std::uint64_t end) {
  return 30 * segment_size_for(end == 0 ? 0 : integer_sqrt(end - 1));
}

void SegmentedSieve::cross_off_large(std::uint64_t begin, std::uint64_t end, std::uint8_t* bytes,
                                     std::uint64_t size, std::uint64_t first_byte) const {
  std::array<std::uint32_t, most_sparse_primes> batch;
  constexpr std::uint64_t batch_bytes = most_sparse_primes / 8;
  for (std::uint64_t at = begin; at < end; at += batch_bytes) {
    std::size_t count = 0;
    for_each_number(base_.data() + at, std::min(batch_bytes, end - at), at,
                    [&](std::uint64_t p) { batch[count++] = static_cast<std::uint32_t>(p); });
    if (std::uint64_t{batch[0]} * batch[0] / 30 >= first_byte + size) return;
    cross_off_sparse({batch.data(), count}, bytes, size, first_byte);
  }
}

template <class Visit>
void SegmentedSieve::for_each_segment(IndexRange range, const Visit& visit) const {
  if (range.end > end_) throw std::out_of_range("the range ends beyond the sieve");
  range.begin = std::max<std::uint64_t>(range.begin, 7);
  if (range.begin >= range.end) return;
  const std::uint64_t first = range.begin / 30;
  const std::uint64_t last = range.end / 30 + (range.end % 30 != 0 ? 1 : 0);
  const std::uint64_t root = integer_sqrt(range.end - 1);
  const std::uint64_t segment_size = std::min(segment_size_for(root), last - first);

  const std::uint64_t base_bytes = std::min<std::uint64_t>(base_.size(), root / 30 + 1);
  const std::uint64_t medium_end = std::min(
      base_bytes, std::max(medium_prime_segments * segment_size, small_prime_limit) / 30 + 1);
  // Kept from chunk to chunk: making it anew costs a short chunk as much as its sieving.
  thread_local Workspace space;
  // In a short segment all primes that are not large are small.
  const std::uint64_t small_end =
      segment_size > short_segment
          ? small_prime_limit
          : std::max(medium_prime_segments * segment_size, small_prime_limit);
  space.prepare(base_, medium_end, small_end, first);
  CrossingPrimes& small = space.small;
  CrossingPrimes& medium = space.medium;
  std::uint8_t* const bytes = space.bytes_for(segment_size, small_end);
  const std::uint64_t block = block_size();
  for (std::uint64_t begin = first; begin < last;) {
    const std::uint64_t size = std::min(segment_size, last - begin);
    for (std::uint64_t at = 0; at < size; at += block) {
      const std::uint64_t part = std::min(block, size - at);
      Presieve::instance().fill(bytes + at, part, begin + at);
      small.cross_off(bytes + at, part, begin + at, cross_off_whole_periods);
    }
    medium.cross_off(bytes, size, begin, cross_off_within);
    cross_off_large(medium_end, base_bytes, bytes, size, begin);
    mend_ends(bytes, size, begin, range);
    visit(begin, bytes, size);
    begin += size;
  }
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
