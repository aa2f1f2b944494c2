#include "kernels/parallel/reference_primes.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace parlab {
namespace {

std::vector<std::uint64_t> reference_primes(IndexRange range) {
  std::vector<std::uint64_t> primes;
  for_each_reference_prime(range, [&](std::uint64_t p) { primes.push_back(p); });
  return primes;
}

std::vector<std::uint64_t> one_by_one(IndexRange range) {
  std::vector<std::uint64_t> primes;
  for (std::uint64_t n = range.begin; n < range.end; ++n)
    if (is_prime_by_miller_rabin(n)) primes.push_back(n);
  return primes;
}

TEST(ReferencePrimes, AreAllPrimesInOrder) {
  constexpr std::uint64_t last = ~std::uint64_t{0};
  for (const IndexRange range : {IndexRange{0, 0},
                                 {0, 3},
                                 {5, 5},
                                 {0, 1000},
                                 {89, 90},
                                 {999'000, 1'010'001},
                                 {1'000'000'000'000, 1'000'000'020'000},
                                 {(std::uint64_t{1} << 46) - 5000, (std::uint64_t{1} << 46) + 1},
                                 {(std::uint64_t{1} << 46) - 5000, (std::uint64_t{1} << 46)},
                                 {2, 3},
                                 {1, 2},
                                 {3, 4},
                                 {2, 9},
                                 {8, 26},
                                 {9, 9},
                                 {2'000'000'000'000'000'000, 2'000'000'000'000'009'999},
                                 {last - 5000, last}})
    EXPECT_EQ(reference_primes(range), one_by_one(range)) << range.begin << " " << range.end;
}

TEST(TestsBeatTextbook, WhereItVisitsManyPrimesInVain) {
  EXPECT_FALSE(tests_beat_textbook({0, 1'000'000'000}));
  EXPECT_FALSE(tests_beat_textbook({1'000'000'000'000, 1'001'000'000'000}));
  EXPECT_TRUE(tests_beat_textbook({2'000'000'000'000'000'000, 2'000'000'000'200'000'000}));
  EXPECT_TRUE(tests_beat_textbook({1'000'000'000'000, 1'000'000'000'100}));
}

TEST(ReferencePrimes, AreNoSquaresAndProductsOfPrimesBeyondTheDivisors) {
  // Beyond 2^46 nothing crosses off a product of primes above 2^20; below it all base primes do.
  for (const std::uint64_t factor : {1'048'573u, 1'048'583u, 100'000'007u, 4'000'000'007u}) {
    const std::uint64_t product = 1'048'583 * std::uint64_t{factor};
    for (std::uint64_t begin = product - 3; begin <= product + 1; ++begin)
      EXPECT_EQ(reference_primes({begin, begin + 300}), one_by_one({begin, begin + 300})) << begin;
  }
}

TEST(ReferencePrimes, GoOverSeveralPieces) {
  constexpr std::uint64_t begin = 1'000'000'000'000'000'000;
  const IndexRange range{begin, begin + 2'500'000};
  EXPECT_EQ(reference_primes(range).size(), SegmentedSieve(range.end).count(range));
}

}  // namespace
}  // namespace parlab
