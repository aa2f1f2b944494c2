#pragma once

// How many primes lie below a number x + 1, without finding them: pi(x) by special leaves.
//
// With y between the cube root and the square root of x, a = pi(y), and phi(u, b) the numbers up to
// u without a factor among the first b primes,
//
//   pi(x) = phi(x, a) + a - 1 - P2,   P2 = sum over the primes y < p <= sqrt(x) of pi(x/p) - pi(p) + 1.
//
// phi(u, b) = phi(u, b - 1) - phi(u / p_b, b - 1) is a tree. It is cut where the divisor m has no
// factor up to 13 any more (ordinary leaves: m <= y, from a table of residues modulo 30030) or first
// exceeds y (special leaves: p m with m <= y < p m and all factors of m above p):
//
//   phi(x, a) = sum mu(m) phi(x/m, 6) - sum mu(m) phi(x/(p m), pi(p) - 1).
//
// For p > sqrt(y) m is a prime q. Where x/(p q) < p^2 the term is pi(x/(p q)) - pi(p) + 2, from a
// table up to sqrt(x) (easy leaves); where that stays the same for many q they are taken at once. The
// other special leaves are hard: all phi(., b) are held at once in a sieve of [0, x/y], which is
// crossed off by one prime after the other, counting between them.
//
// Sources: J. Lagarias, V. Miller, A. Odlyzko, "Computing pi(x): the Meissel-Lehmer method",
// Math. Comp. 44, 1985; M. Deleglise, J. Rivat, "Computing pi(x)", Math. Comp. 65, 1996.
// Cost: x^(2/3) / log(x)^2 steps or so. Memory: sqrt(x) / 15 bytes for the table, 3 y for leaves.
//
// All sums are modulo 2^64, so exact, for pi(x) is below. So the order of work changes no bit.

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/base/index_range.hpp"
#include "kernels/numerics/prime_counts/leaf_numbers.hpp"
#include "kernels/numerics/prime_counts/prime_table.hpp"
#include "kernels/numerics/sieve/sieve.hpp"

namespace parlab {

/// The sums of a part of the sieve, relative to its start: joined in order (PrimeCounter::join) they
/// are those of the whole. Plain data, so that it passes from process to process.
struct LeafSums {
  /// As many primes as there are up to the fourth root of 2^64.
  static constexpr std::size_t max_primes = 6542;

  struct OfPrime {
    std::uint64_t left = 0;    // numbers without a factor among the primes before this one
    std::uint64_t leaves = 0;  // hard leaves, each times -mu(m)
  };

  std::uint64_t sum = 0;          // of leaves, ordinary, easy and hard
  std::uint64_t pair_counts = 0;  // P2's pi(x/p), relative to the stretch's start
  std::uint64_t pairs = 0;        // so many terms
  std::uint64_t primes = 0;       // in the stretch, from sqrt(x) on
  std::uint64_t used = 0;         // entries of of_prime that are not 0 end here
  std::array<OfPrime, max_primes + 1> of_prime = {};
};

class PrimeCounter {
 public:
  /// For the primes below `end`. Finds all tables: 5 ms for 10^15. The result does not depend on
  /// `cut`, but the time does: y is `cut` times the cube root of end; 0: the fastest as measured.
  explicit PrimeCounter(std::uint64_t end, double cut = 0);

  /// Below this, `sums` finds nothing and `count` counts by the sieve.
  static constexpr std::uint64_t shortest = 5000;

  /// The part of the work that stands for a part of [0, end): a stretch of the sieve [0, x/y], and a
  /// share of the other leaves. Stretches grow as the cube of the number, for hard leaves are dense at
  /// the start.
  LeafSums sums(IndexRange part) const;

  static LeafSums join(const LeafSums& first, const LeafSums& second);

  /// The primes below end, given the joined sums of all of [0, end).
  std::uint64_t count(const LeafSums& all) const;

  /// The primes below end, at once.
  std::uint64_t count() const { return count(sums({0, end_})); }

  /// Bytes of all tables.
  static double table_bytes(std::uint64_t end);

  /// Chunks of [0, end) worth handing out have at least this many numbers.
  static std::uint64_t shortest_chunk(std::uint64_t end);

 private:
  /// Where in the sieve of [0, x/y] a number of [0, end] stands.
  std::uint64_t place(std::uint64_t number) const;
  /// The part's share of `items` items.
  IndexRange share(IndexRange part, std::uint64_t items) const;

  std::uint64_t ordinary_leaves(IndexRange share) const;
  void hard_leaves(IndexRange stretch, LeafSums& sums) const;
  void count_pairs(IndexRange stretch, LeafSums& sums) const;

  std::uint64_t end_;
  std::uint64_t x_ = 0;
  std::uint64_t root_ = 0;  // of x
  std::uint64_t y_ = 0;
  std::uint64_t z_ = 0;                // x / y
  std::vector<std::uint32_t> primes_;  // up to y; primes_[1] is 2
  std::uint64_t y_root_count_ = 0;     // primes up to sqrt(y), but 6 at least
  std::uint64_t fourth_root_count_ = 0;
  std::uint64_t cube_root_count_ = 0;
  std::uint64_t segment_ = 0;  // bytes
  std::vector<LeafNumber> numbers_;
  std::unique_ptr<const PrimeTable> table_;
  std::unique_ptr<const SegmentedSieve> sieve_;
};

}  // namespace parlab
