#include "kernels/numerics/random_stream.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "kernels/errors.hpp"
#include "kernels/numerics/monte_carlo.hpp"

namespace parlab {
namespace {

std::vector<std::uint32_t> words_of(const std::string& generator, std::uint64_t seed,
                                    std::size_t count) {
  std::vector<std::uint32_t> words(count);
  random_stream(generator, seed)->next(words);
  return words;
}

// Random123, tests/kat_vectors: philox4x32 10, counter and key 0.
TEST(RandomStream, OfPhiloxBeginsAsItsKnownAnswer) {
  EXPECT_THAT(words_of("philox", 0, 4),
              testing::ElementsAre(0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u));
}

// The text of C++26 on std::philox4x32, whose default seed is 20111115.
TEST(RandomStream, OfPhiloxHasTheTenThousandthNumberOfTheStandard) {
  EXPECT_EQ(words_of("philox", 20111115, 10'000).back(), 1955073260u);
}

TEST(RandomStream, OfTheMersenneTwisterHasTheTenThousandthNumberOfTheStandard) {
  const auto words = words_of("mt19937_64", std::mt19937_64::default_seed, 20'000);
  EXPECT_EQ(words[19'999] * (std::uint64_t{1} << 32) + words[19'998], 9981545732273789042u);
}

TEST(RandomStream, HoldsTheWordsThatDartsAreMadeOf) {
  constexpr std::uint64_t darts = 4001, seed = 0x123456789ABCDEF;
  for (const DartVariant& variant : dart_variants()) {
    const auto names = random_streams();
    if (!variant.splittable || variant.precision != 32 ||
        std::ranges::find(names, variant.generator) == names.end())
      continue;
    const auto words = words_of(variant.generator, seed, 2 * darts);
    std::uint64_t inside = 0;
    for (std::size_t dart = 0; dart < darts; ++dart)
      inside += inside_quarter_circle(words[2 * dart], words[2 * dart + 1]) ? 1 : 0;
    EXPECT_EQ(inside, variant.count_inside({0, darts}, seed)) << variant.name;
  }
}

TEST(RandomStream, GoesOnWhereItStopped) {
  for (const std::string& generator : random_streams()) {
    const auto all = words_of(generator, 7, 1000);
    const auto stream = random_stream(generator, 7);
    std::vector<std::uint32_t> parts;
    for (std::size_t size = 1; parts.size() + size <= all.size(); ++size) {
      std::vector<std::uint32_t> part(size);
      stream->next(part);
      parts.insert(parts.end(), part.begin(), part.end());
    }
    EXPECT_TRUE(std::equal(parts.begin(), parts.end(), all.begin())) << generator;
  }
}

TEST(RandomStream, DependsOnAllBitsOfTheSeed) {
  for (const std::string& generator : random_streams())
    for (const int bit : {0, 31, 32, 63})
      EXPECT_NE(words_of(generator, 5, 8), words_of(generator, 5 ^ std::uint64_t{1} << bit, 8))
          << generator << " bit " << bit;
}

TEST(RandomStream, RefusesOthers) { EXPECT_THROW(random_stream("minstd_rand", 1), UsageError); }

}  // namespace
}  // namespace parlab
