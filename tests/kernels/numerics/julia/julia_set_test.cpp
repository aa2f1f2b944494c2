#include "kernels/numerics/julia/julia_set.hpp"

#include <gmock/gmock.h>

#include <complex>
#include <random>
#include <vector>

#include "kernels/base/errors.hpp"
#include "kernels/machine/simd_level.hpp"

namespace parlab {
namespace {

JuliaImage square(std::uint64_t side, std::uint32_t max_steps = 300) {
  return {.width = side,
          .height = side,
          .step = 3.6 / static_cast<double>(side),
          .max_steps = max_steps};
}

/// The definition, in std::complex and with the circle as a square root: shares no code with ours.
std::uint32_t steps_by_definition(const JuliaImage& image, std::uint64_t pixel) {
  const std::complex<double> c(image.c_real, image.c_imaginary);
  const std::uint64_t row = pixel / image.width;
  std::complex<double> z(image.left + static_cast<double>(pixel % image.width) * image.step,
                         image.top - static_cast<double>(row) * image.step);
  std::uint32_t steps = 0;
  for (; steps < image.max_steps && std::abs(z) < 2; ++steps) z = z * z + c;
  return steps;
}

struct Case {
  JuliaVariant variant;
  std::string level;  // of SIMD; empty: as it comes
};

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const JuliaVariant& variant : julia_variants()) {
    cases.push_back({variant, ""});
    if (variant.name != "simd") continue;
    for (const std::string& level : supported_simd_levels()) cases.push_back({variant, level});
  }
  return cases;
}

class Julia : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (!GetParam().level.empty()) force_simd_level(GetParam().level);
  }
  void TearDown() override { unforce_simd_level(); }

  /// The counts of a range, with the sum checked and nothing written beside them.
  std::vector<std::uint32_t> counts(const JuliaImage& image, IndexRange pixels) const {
    constexpr std::uint32_t untouched = 0xDEADBEEF;
    std::vector<std::uint32_t> counts(pixels.size() + 2, untouched);
    const std::uint64_t sum = GetParam().variant.count_steps(image, pixels, counts.data() + 1);
    EXPECT_EQ(counts.front(), untouched);
    EXPECT_EQ(counts.back(), untouched);
    counts.pop_back();
    counts.erase(counts.begin());
    std::uint64_t added = 0;
    for (const std::uint32_t count : counts) added += count;
    EXPECT_EQ(sum, added);
    return counts;
  }
};

TEST_P(Julia, FollowsTheDefinition) {
  const JuliaImage image = square(61, 200);
  const auto steps = counts(image, {0, image.pixels()});
  std::size_t unlike = 0;
  for (std::uint64_t pixel = 0; pixel < image.pixels(); ++pixel)
    unlike += steps[pixel] != steps_by_definition(image, pixel) ? 1 : 0;
  // Orbits near the border of the set multiply each rounding: some may leave a step earlier.
  EXPECT_LE(unlike, image.pixels() / 500);
}

// High Performance Python, chapter 2, asserts this sum; its coordinates are sums of steps, not
// products, so a few orbits differ.
TEST_P(Julia, TakesTheBooksNumberOfSteps) {
  const JuliaImage image = square(1000);
  std::vector<std::uint32_t> steps(image.pixels());
  const auto sum = GetParam().variant.count_steps(image, {0, image.pixels()}, steps.data());
  EXPECT_NEAR(static_cast<double>(sum), 33219980, 33219980 * 1e-4);
}

TEST_P(Julia, GivesTheSameBitsAsThePlainVariant) {
  JuliaImage image = square(103, 77);
  image.left = -0.4;
  image.top = 0.9;
  image.step = 0.011;
  std::vector<std::uint32_t> plain(image.pixels());
  julia_variant("scalar").count_steps(image, {0, image.pixels()}, plain.data());
  EXPECT_EQ(counts(image, {0, image.pixels()}), plain);
  std::mt19937_64 random(3);
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t begin = random() % image.pixels();
    const std::uint64_t size = random() % std::min<std::uint64_t>(300, image.pixels() - begin + 1);
    const std::vector<std::uint32_t> expected(
        plain.begin() + static_cast<std::ptrdiff_t>(begin),
        plain.begin() + static_cast<std::ptrdiff_t>(begin + size));
    ASSERT_EQ(counts(image, {begin, begin + size}), expected) << begin << " + " << size;
  }
}

TEST_P(Julia, EndsWherePixelsAreInsideOrOutsideOrFewStepsAreAllowed) {
  JuliaImage image = square(20, 3);
  image.c_real = image.c_imaginary = 0;  // the unit disc
  image.left = -0.1;
  image.top = 0.1;
  image.step = 0.01;
  EXPECT_THAT(counts(image, {0, image.pixels()}), testing::Each(3u));
  image.left = 5;
  EXPECT_THAT(counts(image, {0, image.pixels()}), testing::Each(0u));
  image.left = -0.1;
  for (const std::uint32_t most : {0u, 1u, 7u, 8u, 9u, 1001u}) {
    image.max_steps = most;
    EXPECT_THAT(counts(image, {17, 45}), testing::Each(most));
  }
  EXPECT_THAT(counts(image, {5, 5}), testing::IsEmpty());
}

TEST_P(Julia, TakesRowsOfOnePixel) {
  JuliaImage image = square(50);
  image.width = 1;
  std::vector<std::uint32_t> expected;
  for (std::uint64_t pixel = 0; pixel < 50; ++pixel)
    expected.push_back(steps_by_definition(image, pixel));
  EXPECT_EQ(counts(image, {0, 50}), expected);
}

INSTANTIATE_TEST_SUITE_P(Variants, Julia, testing::ValuesIn(all_cases()), [](const auto& info) {
  return info.param.variant.name + (info.param.level.empty() ? "" : "_" + info.param.level);
});

TEST(JuliaVariants, AreFoundByNameOrRefusedWithTheNearest) {
  EXPECT_EQ(julia_variant("simd").name, "simd");
  EXPECT_THROW(julia_variant("smid"), UsageError);
}

}  // namespace
}  // namespace parlab
