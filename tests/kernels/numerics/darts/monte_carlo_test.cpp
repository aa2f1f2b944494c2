#include "kernels/numerics/darts/monte_carlo.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <random>
#include <stdexcept>

#include "kernels/base/kernel_registry.hpp"
#include "kernels/machine/simd_level.hpp"
#include "kernels/numerics/darts/ars.hpp"
#include "kernels/numerics/darts/random_words.hpp"
#if __has_include(<Random123/philox.h>)
#include <Random123/philox.h>
#endif

namespace parlab {
namespace {

constexpr std::uint64_t last = ~std::uint64_t{0};

/// By Random123, which shares no code with ours, or without it by the reference.
std::array<std::uint32_t, 4> philox_words(std::uint64_t block, std::uint64_t seed) {
#if __has_include(<Random123/philox.h>)
  const auto low = [](std::uint64_t word) { return static_cast<std::uint32_t>(word); };
  const philox4x32_key_t key = {{low(seed), low(seed >> 32)}};
  const philox4x32_ctr_t counter = {{low(block), low(block >> 32), 0, 0}};
  const auto words = philox4x32(counter, key);
  return {words.v[0], words.v[1], words.v[2], words.v[3]};
#else
  return dart_block(block, seed);
#endif
}

/// The definition once more, with 128-bit squares.
std::uint64_t count_by_definition(IndexRange darts, std::uint64_t seed) {
  __extension__ using Wide = unsigned __int128;
  std::uint64_t inside = 0;
  for (std::uint64_t dart = darts.begin; dart < darts.end; ++dart) {
    const auto words = philox_words(dart / 2, seed);
    const Wide x = words[2 * (dart % 2)];
    const Wide y = words[2 * (dart % 2) + 1];
    inside += x * x + y * y < Wide{1} << 64 ? 1 : 0;
  }
  return inside;
}

/// Darts of other generators are checked against their plain variant, which has its own test.
std::uint64_t count_expected(const DartVariant& variant, IndexRange darts, std::uint64_t seed) {
  if (variant.reference == "scalar") return count_by_definition(darts, seed);
  for (const DartVariant& other : dart_variants())
    if (other.name == variant.reference) return other.count_inside(darts, seed);
  throw std::logic_error("no variant " + variant.reference);
}

struct Case {
  DartVariant variant;
  std::string level;  // of SIMD; empty: as it comes
};

std::vector<Case> splittable_cases() {
  std::vector<Case> cases;
  for (const DartVariant& variant : dart_variants()) {
    if (!variant.splittable) continue;
    cases.push_back({variant, ""});
    const bool plain = variant.reference == variant.name;
    if (plain || (variant.name != "simd" && variant.reference == "scalar")) continue;
    for (const std::string& level : supported_simd_levels()) cases.push_back({variant, level});
  }
  return cases;
}

class SplittableDarts : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (!GetParam().level.empty()) force_simd_level(GetParam().level);
  }
  void TearDown() override { unforce_simd_level(); }

  std::uint64_t count(IndexRange darts, std::uint64_t seed) const {
    return GetParam().variant.count_inside(darts, seed);
  }
  void expect_definition(IndexRange darts, std::uint64_t seed) const {
    ASSERT_EQ(count(darts, seed), count_expected(GetParam().variant, darts, seed))
        << "[" << darts.begin << ", " << darts.end << "), seed " << seed;
  }
};

TEST_P(SplittableDarts, CountsShortAndRaggedRanges) {
  for (std::uint64_t begin = 0; begin < 70; begin += begin < 4 ? 1 : 13) {
    for (std::uint64_t size = 0; size < 140; ++size) expect_definition({begin, begin + size}, 7);
  }
  for (const std::uint64_t size : {511u, 512u, 513u, 1023u, 1025u, 5001u}) {
    expect_definition({0, size}, 7);
    expect_definition({1, 1 + size}, 7);
  }
}

TEST_P(SplittableDarts, CountsEachDartOnItsOwn) {
  for (std::uint64_t dart = 0; dart < 300; ++dart) expect_definition({dart, dart + 1}, 3);
}

TEST_P(SplittableDarts, CountsAcrossTheBordersOfTheLowerCounterWord) {
  for (const std::uint64_t block :
       {std::uint64_t{1} << 32, std::uint64_t{5} << 32, std::uint64_t{0x7FFFFFFF} << 32}) {
    const std::uint64_t border = 2 * block;
    expect_definition({border - 3001, border + 2999}, 11);
    expect_definition({border - 1, border + 1}, 11);
    expect_definition({border - 2, border}, 11);
    expect_definition({border, border + 1500}, 11);
    expect_definition({border - 1500, border}, 11);
  }
}

TEST_P(SplittableDarts, CountsUpToTheLargestDart) {
  expect_definition({last - 4000, last}, 13);
  expect_definition({last - 4001, last - 1}, 13);
  expect_definition({last - 1, last}, 13);
  expect_definition({last, last}, 13);
  expect_definition({last - 2, last - 1}, 13);
}

TEST_P(SplittableDarts, UsesAllBitsOfTheSeed) {
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 31,
                                   std::uint64_t{1} << 32, std::uint64_t{1} << 63, last})
    expect_definition({100, 3100}, seed);
}

TEST_P(SplittableDarts, CountsRandomRanges) {
  std::mt19937_64 random(17);
  for (int i = 0; i < 60; ++i) {
    const std::uint64_t begin = random() >> random() % 64;
    const std::uint64_t size = std::min(random() % 4000, last - begin);
    expect_definition({begin, begin + size}, random());
  }
}

TEST_P(SplittableDarts, GivesTheSameCountHoweverSplit) {
  const IndexRange whole{12345, 12345 + 200000};
  const std::uint64_t expected = count(whole, 99);
  for (const std::uint64_t grain : {997u, 1024u, 4099u, 65536u, 199999u, 200000u, 300000u}) {
    const Chunking chunking(whole, grain);
    std::uint64_t sum = 0;
    for (std::uint64_t chunk = 0; chunk < chunking.chunks(); ++chunk)
      sum += count(chunking[chunk], 99);
    EXPECT_EQ(sum, expected) << "grain " << grain;
  }
}

INSTANTIATE_TEST_SUITE_P(Variants, SplittableDarts, testing::ValuesIn(splittable_cases()),
                         [](const auto& info) {
                           return info.param.variant.name +
                                  (info.param.level.empty() ? "" : "_" + info.param.level);
                         });

class Darts : public testing::TestWithParam<DartVariant> {};

TEST_P(Darts, EstimatePiWithinFiveSigma) {
  constexpr std::uint64_t darts = 1'000'000;
  const double p = std::numbers::pi / 4;
  const double sigma = std::sqrt(darts * p * (1 - p));
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    const auto inside = static_cast<double>(GetParam().count_inside({0, darts}, seed));
    EXPECT_NEAR(inside, darts * p, 5 * sigma) << "seed " << seed;
  }
}

TEST_P(Darts, GiveTheSameCountForTheSameSeed) {
  const auto count_inside = GetParam().count_inside;
  EXPECT_EQ(count_inside({0, 10001}, 5), count_inside({0, 10001}, 5));
  EXPECT_NE(count_inside({0, 100001}, 5), count_inside({0, 100001}, 6));
}

TEST_P(Darts, CountNoneInAnEmptyRange) {
  for (const std::uint64_t dart : {std::uint64_t{0}, std::uint64_t{1}, last - 1, last})
    EXPECT_EQ(GetParam().count_inside({dart, dart}, 5), 0u);
}

INSTANTIATE_TEST_SUITE_P(Variants, Darts, testing::ValuesIn(dart_variants()),
                         [](const auto& info) { return info.param.name; });

TEST(DartVariants, OfDoublesFollowTheirDefinition) {
  const auto variants = dart_variants();
  const auto plain = std::ranges::find(variants, "philox53_scalar", &DartVariant::name);
  ASSERT_NE(plain, variants.end());
  for (const std::uint64_t begin : {std::uint64_t{0}, (std::uint64_t{1} << 32) - 500}) {
    std::uint64_t inside = 0;
    for (std::uint64_t dart = begin; dart < begin + 1000; ++dart) {
      const auto words = philox_words(dart, 9);
      const auto coordinate = [&](std::size_t k) {
        const std::uint64_t bits = words[k] | std::uint64_t{words[k + 1]} << 32;
        return std::ldexp(static_cast<double>(bits >> 11), -53);
      };
      inside += std::hypot(coordinate(0), coordinate(2)) < 1 ? 1 : 0;
    }
    EXPECT_EQ(plain->count_inside({begin, begin + 1000}, 9), inside);
  }
}

TEST(DartVariants, OfDoublesByArsFollowTheirDefinition) {
  for (const std::uint64_t begin : {std::uint64_t{0}, (std::uint64_t{1} << 32) - 500}) {
    std::uint64_t inside = 0;
    for (std::uint64_t dart = begin; dart < begin + 1000; ++dart) {
      const AesState words = ars_block(dart, 9);
      const auto coordinate = [&](std::size_t k) {
        return std::ldexp(static_cast<double>(words[k] >> 11), -53);
      };
      inside += std::hypot(coordinate(0), coordinate(1)) < 1 ? 1 : 0;
    }
    EXPECT_EQ(dart_variant("ars53_scalar").count_inside({begin, begin + 1000}, 9), inside);
  }
}

TEST(XorOfDartWords, UsesTheSameWordsAtEverySimdLevel) {
  constexpr std::uint64_t border = std::uint64_t{1} << 33;  // of the lower counter word, in darts
  for (const IndexRange darts :
       {IndexRange{0, 0}, {0, 1024}, {2048, 9216}, {border - 1024, border + 2048}}) {
    std::uint64_t expected = 0;
    for (std::uint64_t block = darts.begin / 2; block < darts.end / 2; ++block)
      for (const std::uint32_t word : dart_block(block, 21)) expected ^= word;
    for (const std::string& level : supported_simd_levels()) {
      force_simd_level(level);
      EXPECT_EQ(xor_of_dart_words(darts, 21), expected) << level;
    }
    unforce_simd_level();
  }
}

TEST(DartVariants, DrawnByHabitRepeatTheSameDartsInEveryChunk) {
  for (const DartVariant& variant : dart_variants()) {
    if (variant.splittable) continue;
    EXPECT_EQ(variant.count_inside({0, 1000}, 5), variant.count_inside({5000, 6000}, 5))
        << variant.name;
  }
}

TEST(DartVariants, AreInTheKernelRegistry) {
  std::vector<std::string> registered;
  for (const KernelEntry& kernel : kernels()) {
    if (kernel.name == "monte_carlo") registered.push_back(kernel.variant);
  }
  std::vector<std::string> names;
  for (const DartVariant& variant : dart_variants()) names.push_back(variant.name);
  EXPECT_EQ(registered, names);
  EXPECT_THAT(names, testing::IsSupersetOf({"scalar", "simd", "mt19937_64", "minstd_rand"}));
}

TEST(InsideQuarterCircle, IsExactAtTheEdge) {
  constexpr std::uint32_t most = 0xFFFFFFFF;
  static_assert(inside_quarter_circle(0, 0));
  static_assert(inside_quarter_circle(most, 0));
  static_assert(!inside_quarter_circle(most, most));
  // most^2 = 2^64 - 2^33 + 1, so y may go up to sqrt(2^33 - 2) = 92681.9.
  static_assert(inside_quarter_circle(most, 92681));
  static_assert(!inside_quarter_circle(most, 92682));
  static_assert(inside_quarter_circle(92681, most));
  static_assert(!inside_quarter_circle(92682, most));
}

}  // namespace
}  // namespace parlab
