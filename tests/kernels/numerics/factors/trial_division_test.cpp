#include "kernels/numerics/factors/trial_division.hpp"

#include <gmock/gmock.h>

#include <vector>

#include "kernels/numerics/sieve/sieve.hpp"
#include "kernels/numerics/sieve/textbook_sieve.hpp"

namespace parlab {
namespace {

std::vector<std::uint64_t> list(IndexRange range) {
  std::vector<std::uint64_t> primes(range.size());  // room for a wrong answer too
  primes.resize(list_primes_by_trial(range, primes.data()));
  EXPECT_LE(primes.size(), most_primes_in(range));
  return primes;
}

std::vector<std::uint64_t> known_primes(IndexRange range) {
  std::vector<std::uint64_t> primes;
  for_each_prime_by_textbook(range, [&](std::uint64_t prime) { primes.push_back(prime); });
  return primes;
}

TEST(TrialDivision, KnowsThatOneIsNoPrimeAndTwoIs) {
  EXPECT_FALSE(is_prime_by_trial(0));
  EXPECT_FALSE(is_prime_by_trial(1));
  EXPECT_TRUE(is_prime_by_trial(2));
  EXPECT_TRUE(is_prime_by_trial(3));
  EXPECT_FALSE(is_prime_by_trial(4));
}

TEST(TrialDivision, KnowsThatOddIsNotPrime) {
  // 2 to 31 but 2, 3 more odd numbers than primes: a count of odd ones would be near by chance
  // only.
  EXPECT_THAT(list({0, 50}),
              testing::ElementsAre(2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47));
}

TEST(TrialDivision, RefusesSquaresOfPrimes) {
  for (const std::uint64_t prime : {3u, 5u, 7u, 97u, 251u, 1009u, 65537u, 104729u})
    EXPECT_FALSE(is_prime_by_trial(prime * prime)) << prime;
}

TEST(TrialDivision, DecidesLargeNumbers) {
  EXPECT_FALSE(is_prime_by_trial(112272535095295));  // 5 * 109 * 206004651551
  EXPECT_TRUE(is_prime_by_trial(100000000003));
  EXPECT_FALSE(is_prime_by_trial(~std::uint64_t{0}));  // 3 * 5 * 17 * ...
  EXPECT_FALSE(is_prime_by_trial(~std::uint64_t{0} - 1));
}

TEST(TrialDivision, NeedsNoSquareBeyond64Bits) {
  // 4294967291 is the largest prime below 2^32; a divisor's square overflows just behind it.
  EXPECT_FALSE(is_prime_by_trial(std::uint64_t{4294967291} * 4294967291));
}

TEST(TrialDivision, CountsTheKnownRanges) {
  EXPECT_EQ(count_primes_by_trial({1, 1'000'000}), 78498u);
  EXPECT_EQ(count_primes_by_trial({100'000'000, 100'100'000}), 5411u);
  EXPECT_EQ(count_primes_by_trial({1'000'000'000, 1'000'020'000}),
            known_primes({1'000'000'000, 1'000'020'000}).size());
}

TEST(TrialDivision, ListsWhatTheTextbookLists) {
  for (const IndexRange range :
       {IndexRange{0, 0},
        {0, 1},
        {0, 2},
        {0, 3},
        {1, 3},
        {2, 3},
        {3, 3},
        {8, 11},
        {90, 97},
        {90, 98},
        {0, 10000},
        {123456, 133456},
        {(std::uint64_t{1} << 32) - 2000, (std::uint64_t{1} << 32) + 2000}})
    EXPECT_EQ(list(range), known_primes(range)) << range.begin << " " << range.end;
}

TEST(TrialDivision, CountsTheSameHoweverSplit) {
  const Chunking chunking({0, 50000}, 977);
  std::uint64_t sum = 0;
  for (std::uint64_t chunk = 0; chunk < chunking.chunks(); ++chunk)
    sum += count_primes_by_trial(chunking[chunk]);
  EXPECT_EQ(sum, count_primes_by_trial({0, 50000}));
}

}  // namespace
}  // namespace parlab
