#include "kernels/numerics/large_primes/first_hits.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

#include "kernels/machine/simd_level.hpp"
#include "kernels/numerics/arithmetic/integer_sqrt.hpp"
#include "kernels/numerics/large_primes/wheel_steps.hpp"
#include "kernels/numerics/primality/primality.hpp"

namespace parlab {
namespace {

std::vector<std::uint32_t> primes_from(std::uint64_t begin, std::size_t count) {
  std::vector<std::uint32_t> primes;
  for (std::uint64_t n = begin; primes.size() < count && n <= ~std::uint32_t{0}; ++n)
    if (is_prime(n)) primes.push_back(static_cast<std::uint32_t>(n));
  return primes;
}

struct FirstHit {
  std::uint32_t prime;
  std::uint32_t byte;
  std::uint32_t multiplier;  // its place among those coprime to 210
};

/// The first multiple p n at or after 30 * first_byte with n >= p, n coprime to 210: by trying all.
FirstHit hit_by_trial(std::uint32_t prime, std::uint64_t first_byte) {
  const std::uint64_t begin = 30 * first_byte;
  std::uint64_t multiplier = begin / prime + (begin % prime == 0 ? 0 : 1);
  multiplier = std::max<std::uint64_t>(multiplier, prime);
  while (std::gcd(multiplier, std::uint64_t{210}) != 1) ++multiplier;
  const auto place = std::ranges::find(coprime_to_210, multiplier % 210);
  // The difference is short, so it is right though the product may be beyond 2^64.
  const std::uint64_t byte = (multiplier * prime - begin) / 30;
  return {prime, static_cast<std::uint32_t>(std::min<std::uint64_t>(byte, ~std::uint32_t{0})),
          static_cast<std::uint32_t>(place - coprime_to_210.begin())};
}

class FindFirstHits : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { force_simd_level(GetParam()); }
  void TearDown() override { unforce_simd_level(); }

  static void expect_first_hits(const std::vector<std::uint32_t>& primes, std::uint64_t first_byte,
                                std::uint64_t size) {
    auto hits = std::make_unique<FirstHits>();
    const std::size_t count = find_first_hits(primes, first_byte, size, *hits);
    std::size_t found = 0;
    for (const std::uint32_t prime : primes) {
      const FirstHit expected = hit_by_trial(prime, first_byte);
      if (expected.byte >= size) continue;
      ASSERT_LT(found, count) << prime << " from byte " << first_byte;
      const std::uint32_t place = hits->places[found];
      ASSERT_EQ(30 * hits->quotients[found] + wheel_residues[place / wheel_multipliers], prime)
          << "from byte " << first_byte;
      ASSERT_EQ(hits->bytes[found], expected.byte) << prime << " from byte " << first_byte;
      ASSERT_EQ(place % wheel_multipliers, expected.multiplier) << prime << " from " << first_byte;
      ++found;
    }
    ASSERT_EQ(found, count) << "from byte " << first_byte;
  }
};

TEST_P(FindFirstHits, AreThoseFoundByTrial) {
  constexpr std::uint64_t last_byte = ~std::uint64_t{0} / 30;
  std::mt19937_64 random(7);
  for (const std::uint64_t from :
       {65536u, 1'000'000u, 31'622'776u, 2'147'483'000u, 4'294'960'000u}) {
    const auto primes = primes_from(from, 61);
    const std::uint64_t prime = primes[11];
    // At whole multiples and beside them, before squares, at the end of exact doubles and of all.
    std::vector<std::uint64_t> bytes = {last_byte,
                                        last_byte - 1,
                                        (std::uint64_t{1} << 53) / 30,
                                        prime * prime / 30 - 5,
                                        prime * prime / 30,
                                        prime * prime / 30 + 1};
    const std::uint64_t far = last_byte / prime * prime;
    for (const std::uint64_t near : {far, far - 210 * prime, prime * 1'000'003})
      for (const std::uint64_t byte : {near - 1, near, near + 1}) bytes.push_back(byte);
    for (int i = 0; i < 100; ++i) bytes.push_back(random() % (last_byte + 1));
    for (const std::uint64_t byte : bytes) {
      // A prime is due no later than its square: see the header.
      if (prime * prime / 30 > byte + (1u << 30)) continue;
      for (const std::uint64_t size : {1u, 1000u, 1u << 20, (1u << 31) - 1})
        expect_first_hits(primes, byte, size);
    }
  }
}

TEST_P(FindFirstHits, TakeAnyNumberOfPrimes) {
  for (std::size_t count = 0; count < 20; ++count)
    expect_first_hits(primes_from(1'000'000'000, count), 1'000'000'000'000'000'000 / 30, 1 << 30);
}

TEST_P(FindFirstHits, CrossOffAllThatIsDivisible) {
  constexpr std::uint64_t size = 200'000;
  for (const std::uint64_t first_byte :
       {std::uint64_t{333'333'333}, ~std::uint64_t{0} / 30 - size}) {
    const auto primes = primes_from(65'536, 40);
    std::vector<std::uint8_t> bytes(size, 0xFF);
    cross_off_first_hits(primes, bytes.data(), size, first_byte);
    for (std::uint64_t i = 0; i < 8 * size; ++i) {
      const std::uint64_t n = 30 * (first_byte + i / 8) + wheel_residues[i % 8];
      // Multiples of 7 may stay: others cross them off.
      if (n % 7 == 0) continue;
      const bool divisible =
          std::ranges::any_of(primes, [&](std::uint64_t p) { return n % p == 0 && p * p <= n; });
      ASSERT_EQ((bytes[i / 8] >> (i % 8) & 1) == 0, divisible) << n;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(SimdLevels, FindFirstHits, testing::ValuesIn(supported_simd_levels()));

}  // namespace
}  // namespace parlab
