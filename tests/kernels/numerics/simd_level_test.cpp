#include "kernels/numerics/simd_level.hpp"

#include <gmock/gmock.h>

#include <cctype>

#include "kernels/errors.hpp"

namespace parlab {
namespace {

TEST(SimdLevel, IsTheBestSupportedOneUnlessForced) {
  const auto levels = supported_simd_levels();
  ASSERT_FALSE(levels.empty());
  EXPECT_EQ(simd_level(), levels.front());
  for (const std::string& level : levels) {
    force_simd_level(level);
    EXPECT_EQ(simd_level(), level);
    EXPECT_EQ(supported_simd_levels(), levels) << "forcing one must not hide the others";
  }
  unforce_simd_level();
  EXPECT_EQ(simd_level(), levels.front());
}

TEST(SimdLevel, IsNamedInWhateverCase) {
  const std::string lowest = supported_simd_levels().back();
  std::string other_case = lowest;
  for (char& letter : other_case)
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  force_simd_level(other_case);
  EXPECT_EQ(simd_level(), lowest);
  unforce_simd_level();
}

TEST(SimdLevel, RefusesOneThatThisMachineLacks) {
  EXPECT_THROW(force_simd_level("AVX99"), UsageError);
  EXPECT_THROW(force_simd_level(""), UsageError);
  EXPECT_EQ(simd_level(), supported_simd_levels().front());
}

}  // namespace
}  // namespace parlab
