#include "kernels/numerics/sieve/first_multiples.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "kernels/machine/simd_level.hpp"
#include "kernels/numerics/arithmetic/wheel30.hpp"
#include "kernels/numerics/sieve/textbook_sieve.hpp"

namespace parlab {
namespace {

std::vector<std::uint32_t> primes_from(std::uint64_t begin, std::size_t count) {
  std::vector<std::uint32_t> primes;
  for_each_prime_by_textbook({begin, begin + 200 + 30 * count}, [&](std::uint64_t p) {
    if (primes.size() < count) primes.push_back(static_cast<std::uint32_t>(p));
  });
  return primes;
}

/// Bytes whose quotients by a prime are whole, or next to it, near the end of exact doubles,
/// beyond.
std::vector<std::uint64_t> interesting_bytes(std::uint64_t prime) {
  const std::uint64_t edge = (std::uint64_t{1} << 52) / prime * prime;
  std::vector<std::uint64_t> bytes = {0, 1, 29, 1000, 123'456'789};
  for (const std::uint64_t multiple : {prime, prime * prime, prime * prime / 30, edge, edge / 30,
                                       edge + 7 * prime, std::uint64_t{1} << 58})
    for (const std::uint64_t byte : {multiple - 1, multiple, multiple + 1}) bytes.push_back(byte);
  return bytes;
}

class FirstMultiples : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { force_simd_level(GetParam()); }
  void TearDown() override { unforce_simd_level(); }
};

TEST_P(FirstMultiples, StartWithThePeriodThatHoldsTheFirstByte) {
  for (const std::uint64_t from : {7u, 1009u, 1'000'003u, 30'000'001u}) {
    const auto primes = primes_from(from, 37);
    for (const std::uint64_t byte : interesting_bytes(primes[5])) {
      // A start beyond the first byte must fit in 32 bits.
      if (std::uint64_t{primes.back()} * primes.back() / 30 > byte + (1u << 30)) continue;
      std::vector<std::int32_t> starts(primes.size());
      find_period_starts(primes, byte, starts.data());
      for (std::size_t i = 0; i < primes.size(); ++i) {
        const std::uint64_t prime = primes[i];
        const std::uint64_t start = std::max(prime / 30, byte / prime) * prime;
        ASSERT_EQ(starts[i], static_cast<std::int64_t>(start - byte)) << prime << " " << byte;
      }
    }
  }
}

TEST_P(FirstMultiples, CrossOffWhatDivides) {
  constexpr std::uint64_t size = 500;
  for (const std::uint64_t from : {101u, 1009u, 1'000'003u, 30'000'001u}) {
    for (const std::size_t count : {0u, 1u, 2u, 7u, 8u, 9u, 61u}) {
      const auto primes = primes_from(from, count);
      for (const std::uint64_t near : interesting_bytes(from)) {
        const std::uint64_t byte = std::min(near, (std::uint64_t{1} << 58) + 12345);
        std::vector<std::uint8_t> bytes(size, 0xFF);
        cross_off_sparse(primes, bytes.data(), size, byte);
        for_each_number(bytes.data(), size, byte, [&](std::uint64_t n) {
          for (const std::uint64_t p : primes) ASSERT_FALSE(n >= p * p && n % p == 0) << n;
        });
        for (std::uint64_t i = 0; i < 8 * size; ++i) {
          if ((bytes[i / 8] >> (i % 8) & 1) != 0) continue;
          const std::uint64_t n = 30 * (byte + i / 8) + wheel_residues[i % 8];
          ASSERT_TRUE(std::ranges::any_of(primes, [&](std::uint64_t p) {
            return n >= p * p && n % p == 0;
          })) << n;
        }
      }
    }
  }
}

TEST_P(FirstMultiples, TakeAFullBatch) {
  const auto primes = primes_from(100'003, most_sparse_primes);
  std::mt19937_64 random(3);
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t byte = random() >> (12 + random() % 20);
    std::vector<std::uint8_t> at_once(3000, 0xFF);
    std::vector<std::uint8_t> one_by_one = at_once;
    cross_off_sparse(primes, at_once.data(), at_once.size(), byte);
    for (const std::uint32_t& prime : primes)
      cross_off_sparse({&prime, 1}, one_by_one.data(), one_by_one.size(), byte);
    ASSERT_EQ(at_once, one_by_one) << byte;
  }
}

INSTANTIATE_TEST_SUITE_P(SimdLevels, FirstMultiples, testing::ValuesIn(supported_simd_levels()));

}  // namespace
}  // namespace parlab
