#include "kernels/machine/simd_level.hpp"

#include <gmock/gmock.h>

#include <cctype>

#include "kernels/base/errors.hpp"

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

TEST(SimdLevel, IsOneThatThisProcessorHas) { EXPECT_NO_THROW(check_simd_level_of_environment()); }

TEST(SimdLevel, UnderstandsTheNamesOfGroups) {
  const auto levels = supported_simd_levels();
  const auto named = [&](const std::string& group) -> std::string {
    try {
      return simd_level_named(group);
    } catch (const UsageError&) {
      return "";
    }
  };
  // As Highway names them: the best that begins so, and the best that is none of the higher ones.
  std::string avx512, sse2;
  for (const std::string& level : levels) {
    const bool wide = level.starts_with("AVX3");
    if (wide && avx512.empty()) avx512 = level;
    const bool higher = wide || level == "AVX2" || level == "SSE4" || level == "SSSE3";
#ifdef __x86_64__
    if (!higher && sse2.empty()) sse2 = level;
#else
    static_cast<void>(higher);
#endif
  }
  EXPECT_EQ(named("avx512"), avx512);
  EXPECT_EQ(named("Sse2"), sse2);
  for (const std::string& level : levels) EXPECT_EQ(named(level), level);
}

TEST(SimdLevel, RefusesOneThatThisMachineLacks) {
  EXPECT_THROW(force_simd_level("AVX99"), UsageError);
  EXPECT_THROW(force_simd_level(""), UsageError);
  EXPECT_THROW(simd_level_named("AVX51"), UsageError);
  EXPECT_EQ(simd_level(), supported_simd_levels().front());
}

}  // namespace
}  // namespace parlab
