#include "kernels/numerics/prime_counts/prime_counter.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "kernels/machine/simd_level.hpp"
#include "kernels/numerics/primality/primality.hpp"
#include "kernels/numerics/prime_counts/known_counts.hpp"
#include "kernels/numerics/sieve/prime_count.hpp"
#include "kernels/numerics/sieve/textbook_sieve.hpp"

namespace parlab {
namespace {

std::uint64_t count_in_chunks(std::uint64_t end, std::uint64_t chunks, double cut = 0) {
  const PrimeCounter counter(end, cut);
  const Chunking parts({0, end}, end / chunks + 1);
  LeafSums sums;
  for (std::uint64_t i = 0; i < parts.chunks(); ++i)
    sums = PrimeCounter::join(sums, counter.sums(parts[i]));
  return counter.count(sums);
}

TEST(PrimeCounter, CountsEverySmallEndAtAnyCut) {
  std::uint64_t end = 0;
  std::uint64_t count = 0;
  for_each_prime_by_textbook({0, 12'000}, [&](std::uint64_t prime) {
    for (; end <= prime; ++end)
      ASSERT_EQ(count_in_chunks(end, 1 + end % 5, 1 + 0.5 * static_cast<double>(end % 9)), count)
          << end;
    ++count;
  });
}

TEST(PrimeCounter, CountsTheSameAtEverySimdLevel) {
  std::mt19937_64 random(512);
  std::uniform_real_distribution<double> digits(3.7, 9);
  std::vector<std::uint64_t> ends = {PrimeCounter::shortest, 1'000'000, 1'000'003};
  for (int i = 0; i < 12; ++i)
    ends.push_back(static_cast<std::uint64_t>(std::pow(10, digits(random))));
  for (const std::uint64_t end : ends) {
    const std::uint64_t count = count_primes_below(end);
    for (const std::string& level : supported_simd_levels()) {
      force_simd_level(level);
      EXPECT_EQ(count_in_chunks(end, 1 + end % 7), count) << end << " at " << level;
    }
  }
  unforce_simd_level();
}

TEST(PrimeCounter, CountsAroundSquaresAndCubesOfPrimes) {
  for (const std::uint64_t prime : {17u, 19u, 97u, 101u, 997u, 1009u, 9973u}) {
    for (const std::uint64_t power : {prime * prime, prime * prime * prime}) {
      for (std::uint64_t end = power - 1; end <= power + 2; ++end) {
        if (end < PrimeCounter::shortest || end > 2'000'000'000) continue;
        EXPECT_EQ(count_in_chunks(end, 3), count_primes_below(end)) << end;
      }
    }
  }
}

TEST(PrimeCounter, CountsRandomEndsInRandomChunksAtRandomCuts) {
  std::mt19937_64 random(18);
  std::uniform_real_distribution<double> digits(3.7, 9.5);
  std::uniform_real_distribution<double> cuts(1, 30);
  for (int i = 0; i < 40; ++i) {
    const auto end = static_cast<std::uint64_t>(std::pow(10, digits(random)));
    const double cut = cuts(random);
    const std::uint64_t chunks = 1 + random() % 40;
    ASSERT_EQ(count_in_chunks(end, chunks, cut), count_primes_below(end))
        << end << " in " << chunks << " at " << cut;
  }
}

TEST(PrimeCounter, KnowsTheTables) {
  std::uint64_t power = 1;
  for (std::size_t k = 0; k <= 12; ++k, power *= 10) {
    EXPECT_EQ(PrimeCounter(power).count(), known_prime_counts[k]) << power;
    EXPECT_EQ(count_in_chunks(power, 32), known_prime_counts[k]) << power;
  }
}

// Both counts would have to be wrong by the same: their leaves, sieves and pairs differ.
TEST(PrimeCounter, CountsAlikeWithOtherLeaves) {
  const std::uint64_t end = 3'141'592'653'589;
  const std::uint64_t count = count_in_chunks(end, 7);
  EXPECT_EQ(count_in_chunks(end, 20, 2), count);
  EXPECT_EQ(count_in_chunks(end, 1, 25), count);
  std::uint64_t primes = 0;
  for (std::uint64_t n = end; n < end + 10'000; ++n) primes += is_prime_by_miller_rabin(n) ? 1 : 0;
  EXPECT_EQ(PrimeCounter(end + 10'000).count(), count + primes);
}

TEST(PrimeCounter, JoinsPartsInAnyGrouping) {
  const std::uint64_t end = 5'000'000'000;
  const PrimeCounter counter(end);
  const Chunking parts({0, end}, end / 6 + 1);
  ASSERT_EQ(parts.chunks(), 6u);
  std::vector<LeafSums> sums;
  for (std::uint64_t i = 0; i < 6; ++i) sums.push_back(counter.sums(parts[i]));
  const auto join = PrimeCounter::join;
  const LeafSums left =
      join(join(join(join(join(sums[0], sums[1]), sums[2]), sums[3]), sums[4]), sums[5]);
  const LeafSums right =
      join(sums[0], join(join(sums[1], sums[2]), join(sums[3], join(sums[4], sums[5]))));
  EXPECT_EQ(counter.count(left), count_primes_below(end));
  EXPECT_EQ(counter.count(right), count_primes_below(end));
}

TEST(KnownPrimesBelow, AreThoseOfPowersOfTenOnly) {
  EXPECT_EQ(known_primes_below(1'000'000), 78498u);
  EXPECT_EQ(known_primes_below(1'000'001), std::nullopt);
  EXPECT_EQ(known_primes_below(10'000'000'000'000'000'000U), 234057667276344607u);
}

}  // namespace
}  // namespace parlab
