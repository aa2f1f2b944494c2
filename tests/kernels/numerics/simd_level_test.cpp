#include "kernels/numerics/simd_level.hpp"

#include <gmock/gmock.h>

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

TEST(SimdLevel, RefusesOneThatThisMachineLacks) {
  EXPECT_THROW(force_simd_level("AVX99"), UsageError);
  EXPECT_THROW(force_simd_level(""), UsageError);
  EXPECT_EQ(simd_level(), supported_simd_levels().front());
}

}  // namespace
}  // namespace parlab
