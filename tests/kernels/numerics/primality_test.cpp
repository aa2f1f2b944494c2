#include "kernels/numerics/primality.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "kernels/numerics/textbook_sieve.hpp"

namespace parlab {
namespace {

TEST(Primality, AgreesWithTheTextbookSieveBelowAMillion) {
  std::vector<bool> prime(1'000'000);
  for_each_prime_by_textbook({0, prime.size()}, [&](std::uint64_t p) { prime[p] = true; });
  for (std::uint64_t n = 0; n < prime.size(); ++n) ASSERT_EQ(is_prime(n), prime[n]) << n;
}

TEST(Primality, SeesThroughStrongPseudoprimes) {
  for (const std::uint64_t n :
       {2047ULL, 3277ULL, 4033ULL, 4681ULL, 8321ULL, 1373653ULL, 25326001ULL, 3215031751ULL,
        341550071728321ULL, 3825123056546413051ULL, 1194649ULL, 12327121ULL})
    EXPECT_FALSE(is_prime(n)) << n;
}

TEST(Primality, DecidesTheKnownLargeNumbers) {
  for (const std::uint64_t n :
       {100109100129100151ULL, 100109100129162907ULL, 18446744073709551557ULL})
    EXPECT_TRUE(is_prime(n)) << n;
  for (const std::uint64_t n :
       {112272535095295ULL, 100109100129100369ULL, 100109100129101027ULL, 18446744073709551615ULL})
    EXPECT_FALSE(is_prime(n)) << n;
}

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
