#include "kernels/numerics/primality/primality.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#ifdef PARLAB_HAS_FLINT
#include <flint/ulong_extras.h>
#endif

#include "kernels/machine/simd_level.hpp"
#include "kernels/numerics/sieve/textbook_sieve.hpp"

namespace parlab {
namespace {

/// Every way to decide: one number at a time, and the batch at each SIMD level.
struct Case {
  std::string name;
  bool (*decide)(std::uint64_t);  // null: the batch
};

std::vector<Case> cases() {
  std::vector<Case> all = {{"bpsw", is_prime}, {"miller_rabin", is_prime_by_miller_rabin}};
  for (const std::string& level : supported_simd_levels()) all.push_back({level, nullptr});
  return all;
}

class Primality : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (GetParam().decide == nullptr) force_simd_level(GetParam().name);
  }
  void TearDown() override { unforce_simd_level(); }

  std::vector<std::uint8_t> decide(const std::vector<std::uint64_t>& numbers) const {
    std::vector<std::uint8_t> prime(numbers.size(), 7);
    if (GetParam().decide == nullptr)
      are_prime(numbers, prime.data());
    else
      std::ranges::transform(numbers, prime.begin(), GetParam().decide);
    return prime;
  }
  void expect(const std::vector<std::uint64_t>& numbers, bool (*expected)(std::uint64_t)) const {
    const auto prime = decide(numbers);
    for (std::size_t i = 0; i < numbers.size(); ++i)
      ASSERT_EQ(prime[i], expected(numbers[i]) ? 1 : 0) << numbers[i];
  }
};

std::vector<std::uint64_t> numbers_from(std::uint64_t begin, std::size_t count) {
  std::vector<std::uint64_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), begin);
  return numbers;
}

#ifdef PARLAB_HAS_FLINT
bool oracle(std::uint64_t n) { return n_is_prime(n) != 0; }
#else
bool oracle(std::uint64_t n) { return is_prime_by_miller_rabin(n); }
#endif

TEST_P(Primality, AgreesWithTheTextbookSieveBelowAMillion) {
  std::vector<std::uint8_t> prime(1'000'000);
  for_each_prime_by_textbook({0, prime.size()}, [&](std::uint64_t p) { prime[p] = 1; });
  EXPECT_TRUE(decide(numbers_from(0, prime.size())) == prime);
}

TEST_P(Primality, AgreesWithTheOracleNearPowersOfTwo) {
  for (const int power : {16, 17, 31, 32, 33, 52, 53, 57, 58, 63})
    expect(numbers_from((std::uint64_t{1} << power) - 2000, 4000), oracle);
  expect(numbers_from(~std::uint64_t{0} - 9999, 10000), oracle);
}

TEST_P(Primality, AgreesWithTheOracleOnRandomNumbers) {
  std::mt19937_64 random(29);
  std::vector<std::uint64_t> numbers(200'000);
  for (std::uint64_t& n : numbers) n = random() >> random() % 60;
  expect(numbers, oracle);
  for (std::uint64_t& n : numbers) n = random() | 1;
  expect(numbers, oracle);
}

TEST_P(Primality, AgreesWithTheOracleOnProductsOfTwoPrimes) {
  // With p - 1 and 2 p - 1 alike: such products are the most frequent strong pseudoprimes.
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t p = 1'000'001; numbers.size() < 20'000; p += 2) {
    if (!is_prime_by_miller_rabin(p)) continue;
    for (const std::uint64_t factor : {2, 3, 4, 6}) numbers.push_back(p * (factor * (p - 1) + 1));
    numbers.push_back(p * p);
    numbers.push_back(p);
  }
  expect(numbers, oracle);
}

TEST_P(Primality, DecidesBatchesOfEverySize) {
  for (std::size_t count = 0; count < 60; ++count)
    expect(numbers_from(1'000'000'000'000'000'000, count), oracle);
  expect(numbers_from(99'990'000, 8193), oracle);
}

TEST_P(Primality, FindsThePrimesOfARangeInBatches) {
  if (GetParam().decide != nullptr) return;
  constexpr std::uint64_t last = ~std::uint64_t{0};
  for (const IndexRange range : {IndexRange{0, 0},
                                 {0, 1},
                                 {0, 2},
                                 {0, 3},
                                 {1, 2},
                                 {2, 3},
                                 {3, 3},
                                 {3, 4},
                                 {8, 10},
                                 {0, 10'000},
                                 {999, 7301},
                                 {4'294'960'000, 4'294'970'000},
                                 {last - 5000, last},
                                 {last - 1, last},
                                 {last, last}}) {
    std::vector<std::uint64_t> expected;
    for (std::uint64_t n = range.begin; n < range.end; ++n)
      if (oracle(n)) expected.push_back(n);
    std::vector<std::uint64_t> found(range.size() + 1);
    found.resize(list_primes_by_batch(range, found.data()));
    EXPECT_EQ(found, expected) << range.begin << " to " << range.end;
    EXPECT_EQ(count_primes_by_batch(range), expected.size()) << range.begin;
  }
}

TEST_P(Primality, SeesThroughPseudoprimes) {
  const std::vector<std::uint64_t> numbers = {
      // strong ones to base 2, and to the first 2, 3, 4, 7 and 9 to 11 primes
      2047, 3277, 4033, 4681, 8321, 1373653, 25326001, 3215031751, 341550071728321,
      3825123056546413051,
      // Lucas ones, and squares of the Wieferich primes
      989, 3239, 5777, 10877, 1194649, 12327121};
  EXPECT_EQ(decide(numbers), std::vector<std::uint8_t>(numbers.size(), 0));
}

TEST_P(Primality, DecidesTheKnownLargeNumbers) {
  EXPECT_EQ(decide({100109100129100151, 100109100129162907, 18446744073709551557ULL}),
            (std::vector<std::uint8_t>{1, 1, 1}));
  EXPECT_EQ(decide({112272535095295, 100109100129100369, 100109100129101027,
                    18446744073709551615ULL, 4294967291ULL * 4294967291ULL}),
            (std::vector<std::uint8_t>{0, 0, 0, 0, 0}));
}

INSTANTIATE_TEST_SUITE_P(Ways, Primality, testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param.name; });

TEST(TextbookSieve, CountsTheKnownRanges) {
  const auto count = [](IndexRange range) {
    std::uint64_t primes = 0;
    for_each_prime_by_textbook(range, [&](std::uint64_t) { ++primes; });
    return primes;
  };
  EXPECT_EQ(count({1, 1'000'000}), 78498u);
  EXPECT_EQ(count({100'000'000, 100'100'000}), 5411u);
  EXPECT_EQ(count({100'000'000'000, 100'000'100'000}), 4019u);
  for (std::uint64_t end = 0; end < 50; ++end) {
    std::uint64_t expected = 0;
    for (std::uint64_t n = 0; n < end; ++n) expected += is_prime(n) ? 1 : 0;
    EXPECT_EQ(count({0, end}), expected) << "below " << end;
  }
}

}  // namespace
}  // namespace parlab
