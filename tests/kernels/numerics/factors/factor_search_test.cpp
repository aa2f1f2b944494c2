#include "kernels/numerics/factors/factor_search.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "kernels/machine/simd_level.hpp"
#include "kernels/numerics/arithmetic/integer_sqrt.hpp"
#include "kernels/numerics/primality/primality.hpp"

namespace parlab {
namespace {

constexpr auto never = [] { return false; };
constexpr std::uint64_t last = ~std::uint64_t{0};

struct Case {
  FactorSearchVariant variant;
  std::string level;
};

std::vector<Case> cases() {
  std::vector<Case> all = {{factor_searches[0], ""}, {factor_searches[1], ""}};
  for (const std::string& level : supported_simd_levels())
    all.push_back({factor_searches[2], level});
  return all;
}

/// The definition, word for word.
std::uint64_t by_definition(std::uint64_t n, IndexRange divisors) {
  for (std::uint64_t d = divisors.begin; d < divisors.end; ++d) {
    const bool candidate = d == 2 || d == 3 || d == 5 || d == 7 || std::gcd(d, 210ULL) == 1;
    if (n % d == 0 && candidate) return d;
  }
  return 0;
}

std::uint64_t prime_from(std::uint64_t n) {
  while (!is_prime(n)) ++n;
  return n;
}

class SmallestFactor : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (!GetParam().level.empty()) force_simd_level(GetParam().level);
  }
  void TearDown() override { unforce_simd_level(); }
  std::uint64_t find(std::uint64_t n, IndexRange divisors) const {
    return GetParam().variant.smallest_factor(n, divisors, never);
  }
  bool fast() const { return std::string(GetParam().variant.name) != "naive"; }
};

TEST_P(SmallestFactor, FollowsTheDefinitionForSmallNumbersAndEveryRange) {
  for (std::uint64_t n = 0; n < 300; ++n) {
    for (std::uint64_t begin = 2; begin < 60; begin += 1 + begin / 8) {
      for (const std::uint64_t size : {0u, 1u, 2u, 5u, 50u, 211u, 421u}) {
        const IndexRange divisors{begin, begin + size};
        ASSERT_EQ(find(n, divisors), by_definition(n, divisors)) << n << " from " << begin;
      }
    }
  }
}

TEST_P(SmallestFactor, FollowsTheDefinitionInRandomShortRanges) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 3000; ++i) {
    const std::uint64_t n = random() >> random() % 60;
    const std::uint64_t begin = 2 + (random() >> (30 + random() % 34));
    const IndexRange divisors{begin, begin + random() % 1500};
    ASSERT_EQ(find(n, divisors), by_definition(n, divisors)) << n << " from " << begin;
  }
}

TEST_P(SmallestFactor, FindsAFactorWhereverItIs) {
  // p of every size and n of every size, so that all three methods and their borders are met; the
  // range begins and ends around p, or starts well before it.
  std::mt19937_64 random(7);
  for (int i = 0; i < 4000; ++i) {
    const std::uint64_t p = prime_from(2 + (random() >> (32 + random() % 24)));
    const std::uint64_t q = random() >> random() % 62;
    const std::uint64_t n = p * (q % (last / p) | 1);
    const std::uint64_t before = std::min(p - 2, random() % (fast() ? 100'000 : 2000));
    const IndexRange divisors{p - before, p + 1 + random() % 1000};
    const std::uint64_t found = find(n, divisors);
    ASSERT_NE(found, 0u) << n << " = " << p << " * " << n / p << " from " << divisors.begin;
    ASSERT_EQ(n % found, 0u);
    ASSERT_EQ(found, smallest_factor_wheel(n, {divisors.begin, p + 1}, never)) << n;
    ASSERT_EQ(find(n, {p, p + 1}), p);
    ASSERT_EQ(find(n, {p + 1, p + 1}), 0u);
  }
}

TEST_P(SmallestFactor, FindsTheRootsOfSquares) {
  for (const std::uint64_t near :
       {11ULL, 127ULL, 16'384ULL, 65'536ULL, 1'000'000ULL, 30'000'000ULL, 379'625'062ULL,
        536'870'912ULL, 1'000'000'000ULL, 4'294'967'000ULL}) {
    const std::uint64_t p = prime_from(near);
    const std::uint64_t from = std::max<std::uint64_t>(2, p - std::min<std::uint64_t>(p, 5000));
    EXPECT_EQ(find(p * p, {from, p + 1}), p);
    EXPECT_EQ(find(p * p, {from, p}), 0u) << p;
  }
}

TEST_P(SmallestFactor, DecidesTheKnownLargeNumbers) {
  const auto search = [&](std::uint64_t n) { return find(n, {2, integer_sqrt(n) + 1}); };
  EXPECT_EQ(search(112272535095295), 5u);
  if (!fast()) return;
  if (GetParam().level == "SCALAR" || GetParam().level.empty()) return;  // seconds
  EXPECT_EQ(search(100109100129100369), 95362951u);
  EXPECT_EQ(search(100109100129101027), 171656941u);
  EXPECT_EQ(search(100109100129100151), 0u);
}

TEST_P(SmallestFactor, PollsAndStops) {
  const std::uint64_t n = 18446744073709551557u;
  int polls = 0;
  const auto third = [&] { return ++polls == 3; };
  EXPECT_EQ(GetParam().variant.smallest_factor(n, {2, 1 << 30}, third), 0u);
  EXPECT_EQ(polls, 3);
  polls = 10;
  EXPECT_EQ(GetParam().variant.smallest_factor(n, {2, 2 + 4 * divisors_per_poll}, third), 0u);
  EXPECT_EQ(polls, 14);
}

TEST_P(SmallestFactor, SearchesNearTheLargestDivisor) {
  EXPECT_EQ(find(last, {last - 2000, last}), 0u);
  EXPECT_EQ(find(18446744073709551557u, {last - 500, last}), 18446744073709551557u);
  EXPECT_EQ(find(last, {last, last}), 0u);
}

INSTANTIATE_TEST_SUITE_P(Variants, SmallestFactor, testing::ValuesIn(cases()),
                         [](const auto& info) {
                           return info.param.variant.name +
                                  (info.param.level.empty() ? "" : "_" + info.param.level);
                         });

}  // namespace
}  // namespace parlab
