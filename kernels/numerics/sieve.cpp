#include "kernels/numerics/sieve.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "kernels/kernel_registry.hpp"
#include "kernels/numerics/cross_off.hpp"
#include "kernels/numerics/integer_sqrt.hpp"
#include "kernels/numerics/presieve.hpp"
#include "kernels/numerics/sieve_bytes.hpp"
#include "kernels/numerics/wheel30.hpp"

namespace parlab {
namespace {

/// Bytes; three quarters of a 32 KiB first-level cache, the rest is for tables and primes.
constexpr std::uint64_t block_size = 24 << 10;

/// Small primes are crossed off block by block, and write as much beyond a segment's ends.
constexpr std::uint64_t small_prime_limit = 3000;

/// The longer the segments, the more of a prime's crossings one visit makes; but they should stay
/// in the second-level cache (1 MiB), until so many primes are visited that this costs more.
std::uint64_t segment_size_for(std::uint64_t largest_base_prime) {
  constexpr std::uint64_t in_cache = 20 * block_size;
  constexpr std::uint64_t most = 1365 * block_size;  // 32 MiB
  const std::uint64_t wanted =
      std::max(std::min(largest_base_prime, in_cache), largest_base_prime / 16);
  return std::clamp((wanted + block_size - 1) / block_size * block_size, 2 * block_size, most);
}

/// A prime that meets a segment less than this often a wheel period is large.
constexpr std::uint64_t segments_per_period = 8;

/// Primes of one size, by wheel residue, in ascending order.
class CrossingPrimes {
 public:
  void add(std::uint32_t prime) {
    const auto residue = std::countr_zero(wheel_bit[prime % 30]);
    groups_[static_cast<std::size_t>(residue)].primes.push_back({prime, 0});
  }

  /// Crosses off in bytes[0, size), which stand for the numbers from 30 * first_byte on. Segments
  /// must be given one after the other.
  template <class CrossOff>
  void cross_off(std::uint8_t* bytes, std::uint64_t size, std::uint64_t first_byte,
                 CrossOff cross) {
    for (std::size_t residue = 0; residue < 8; ++residue) {
      Group& group = groups_[residue];
      while (group.active < group.primes.size() &&
             start(group.primes[group.active], size, first_byte))
        ++group.active;
      cross(residue, bytes, static_cast<std::int32_t>(size), group.primes.data(),
            group.primes.data() + group.active);
    }
  }

 private:
  struct Group {
    std::vector<CrossingPrime> primes;
    std::size_t active = 0;  // so many have started
  };

  /// A prime starts at its square, for smaller multiples have smaller factors. False where that is
  /// beyond the segment.
  static bool start(CrossingPrime& p, std::uint64_t size, std::uint64_t first_byte) {
    const std::uint64_t prime = p.prime;
    if (prime * prime / 30 >= first_byte + size) return false;
    const std::uint64_t period = std::max(prime / 30, first_byte / prime);
    p.period_start = static_cast<std::int32_t>(static_cast<std::int64_t>(period * prime) -
                                               static_cast<std::int64_t>(first_byte));
    return true;
  }

  std::array<Group, 8> groups_;
};

/// Crosses off the odd multiples of a large prime from its square on.
void cross_off_large(std::uint64_t prime, std::uint8_t* bytes, std::uint64_t size,
                     std::uint64_t first_byte) {
  const std::uint64_t first_number = 30 * first_byte;
  std::uint64_t offset;  // from first_number, which is even: so it must be odd
  if (prime * prime > first_number) {
    offset = prime * prime - first_number;
  } else {
    offset = prime - first_number % prime;
    if (offset % 2 == 0) offset += prime;
  }
  for (; offset < 30 * size; offset += 2 * prime)
    bytes[offset / 30] &= static_cast<std::uint8_t>(~wheel_bit[offset % 30]);
}

/// Puts back the primes that the pre-sieve crossed off, and takes out what is not in the range.
void mend_ends(std::uint8_t* bytes, std::uint64_t size, std::uint64_t first_byte,
               IndexRange range) {
  constexpr auto is_small_prime = [](std::uint32_t n) {
    for (std::uint32_t divisor = 7; divisor * divisor <= n; divisor += 2)
      if (n % divisor == 0) return false;
    return true;
  };
  for (std::uint64_t byte = first_byte;
       byte <= Presieve::largest_prime / 30 && byte < first_byte + size; ++byte) {
    for (std::size_t i = 0; i < 8; ++i) {
      const auto n = static_cast<std::uint32_t>(30 * byte + wheel_residues[i]);
      if (n <= Presieve::largest_prime && is_small_prime(n))
        bytes[byte - first_byte] |= wheel_bit[n % 30];
    }
  }
  const auto drop = [&](std::uint64_t byte, const auto& outside) {
    if (byte < first_byte || byte >= first_byte + size) return;
    for (std::size_t i = 0; i < 8; ++i) {
      if (outside(wheel_residues[i]))
        bytes[byte - first_byte] &= static_cast<std::uint8_t>(~(1U << i));
    }
  };
  drop(range.begin / 30, [&](std::uint32_t residue) { return residue < range.begin % 30; });
  drop(range.end / 30, [&](std::uint32_t residue) { return residue >= range.end % 30; });
}

constexpr std::array<std::uint64_t, 3> wheel_primes = {2, 3, 5};

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

template <class Visit>
void SegmentedSieve::for_each_segment(IndexRange range, const Visit& visit) const {
  if (range.end > end_) throw std::out_of_range("the range ends beyond the sieve");
  range.begin = std::max<std::uint64_t>(range.begin, 7);
  if (range.begin >= range.end) return;
  const std::uint64_t first = range.begin / 30;
  const std::uint64_t last = range.end / 30 + (range.end % 30 != 0 ? 1 : 0);
  const std::uint64_t root = integer_sqrt(range.end - 1);
  const std::uint64_t segment_size = std::min(segment_size_for(root), last - first);

  CrossingPrimes small;
  CrossingPrimes medium;
  const std::uint64_t base_bytes = std::min<std::uint64_t>(base_.size(), root / 30 + 1);
  const std::uint64_t medium_end = std::min(
      base_bytes, std::max(segments_per_period * segment_size, small_prime_limit) / 30 + 1);
  for_each_number(base_.data(), medium_end, 0, [&](std::uint64_t prime) {
    if (prime <= Presieve::largest_prime) return;
    (prime <= small_prime_limit ? small : medium).add(static_cast<std::uint32_t>(prime));
  });

  std::vector<std::uint8_t> buffer(small_prime_limit + segment_size + small_prime_limit);
  std::uint8_t* const bytes = buffer.data() + small_prime_limit;
  for (std::uint64_t begin = first; begin < last;) {
    const std::uint64_t size = std::min(segment_size, last - begin);
    for (std::uint64_t at = 0; at < size; at += block_size) {
      const std::uint64_t part = std::min(block_size, size - at);
      Presieve::instance().fill(bytes + at, part, begin + at);
      small.cross_off(bytes + at, part, begin + at, cross_off_whole_periods);
    }
    medium.cross_off(bytes, size, begin, cross_off_within);
    for_each_number(base_.data() + medium_end, base_bytes - medium_end, medium_end,
                    [&](std::uint64_t prime) { cross_off_large(prime, bytes, size, begin); });
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
  for_each_segment(
      range, [&](std::uint64_t first_byte, const std::uint8_t* bytes, std::uint64_t size) {
        for_each_number(bytes, size, first_byte, [&](std::uint64_t prime) { *next++ = prime; });
      });
  return static_cast<std::uint64_t>(next - out);
}

std::uint64_t most_primes_in(IndexRange range) {
  // Eight of 30 numbers are coprime to 30; 2, 3, 5 are not.
  const std::uint64_t by_wheel = range.size() / 30 * 8 + 8 + 3;
  if (range.size() < 30) return std::min(range.size(), by_wheel);
  // H. Montgomery, R. Vaughan, "The large sieve", Mathematika 20, 1973, theorem 2.
  const auto size = static_cast<double>(range.size());
  const double by_length = 2 * size / std::log(size);
  // J. B. Rosser, L. Schoenfeld, Illinois J. Math. 6, 1962, equation 3.6.
  const auto end = static_cast<double>(range.end);
  const double up_to_end = 1.25506 * end / std::log(end);
  return std::min(by_wheel, static_cast<std::uint64_t>(std::min(by_length, up_to_end)) + 1);
}

namespace {

const RegisterKernel registered{{
    .name = "sieve",
    .variant = "segmented",
    .what = "primes by the sieve of Eratosthenes, segments in cache, 30 numbers a byte",
}};

}  // namespace
}  // namespace parlab
