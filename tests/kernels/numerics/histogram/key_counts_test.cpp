#include "kernels/numerics/histogram/key_counts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

TEST(Histogram, AddsTheKeysOfARangeToTheCounts) {
  const std::vector<std::uint32_t> keys = {3, 0, 3, 3, 1, 2, 2, 4};
  for (const HistogramVariant& variant : histogram_variants()) {
    std::vector<std::uint32_t> counts = {10, 0, 0, 0, 0};
    variant.count(keys.data(), {1, 7}, counts.data());
    EXPECT_THAT(counts, testing::ElementsAre(11, 1, 2, 2, 0)) << variant.name;
    variant.count(keys.data(), {4, 4}, counts.data());
    EXPECT_THAT(counts, testing::ElementsAre(11, 1, 2, 2, 0)) << variant.name;
  }
  EXPECT_THROW(histogram_variant("partial"), UsageError);
  EXPECT_THROW(key_choice_named("zipf"), UsageError);
}

TEST(Histogram, ExampleKeysFillAllBinsEvenlyOrMostlyTheFirst) {
  constexpr std::uint64_t keys = 1 << 20, bins = 256;
  for (const KeyChoice choice : {KeyChoice::uniform, KeyChoice::skewed}) {
    std::vector<double> counts(bins);
    for (std::uint64_t i = 0; i < keys; ++i) {
      const std::uint32_t key = example_key(i, bins, choice);
      ASSERT_LT(key, bins);
      ++counts[key];
    }
    if (choice == KeyChoice::uniform) {
      EXPECT_GT(std::ranges::min(counts), 4096 * 0.9);
      EXPECT_LT(std::ranges::max(counts), 4096 * 1.1);
    } else {
      EXPECT_NEAR(counts[0], keys / 4.0, keys / 400.0);  // 256 to the power of -1/4
      EXPECT_GT(std::ranges::min(counts), 0);
    }
  }
  EXPECT_EQ(example_key(12345, 1, KeyChoice::uniform), 0u);
}

TEST(Histogram, MarksTellCountsThatChangePlaces) {
  const std::uint32_t counts[] = {5, 7, 9};
  const std::uint32_t swapped[] = {7, 5, 9};
  EXPECT_EQ(mark_of_counts(counts, 3), 5u + 21 + 45);
  EXPECT_NE(mark_of_counts(counts, 3), mark_of_counts(swapped, 3));
}

}  // namespace
}  // namespace parlab
