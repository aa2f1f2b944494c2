#include "kernels/numerics/sieve/prime_count.hpp"

#include <gtest/gtest.h>

#include "kernels/numerics/sieve/textbook_sieve.hpp"

namespace parlab {
namespace {

TEST(CountPrimesBelow, CountsEverySmallEnd) {
  std::uint64_t end = 0;
  std::uint64_t count = 0;
  for_each_prime_by_textbook({0, 20'000}, [&](std::uint64_t prime) {
    for (; end <= prime; ++end) ASSERT_EQ(count_primes_below(end), count) << end;
    ++count;
  });
}

TEST(CountPrimesBelow, KnowsTheTables) {
  EXPECT_EQ(count_primes_below(1'000'000), 78498u);
  EXPECT_EQ(count_primes_below(200'000'000), 11078937u);
  EXPECT_EQ(count_primes_below(1'000'000'000), 50847534u);
}

}  // namespace
}  // namespace parlab
