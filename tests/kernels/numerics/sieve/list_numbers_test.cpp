#include "kernels/numerics/sieve/list_numbers.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

#include "kernels/machine/simd_level.hpp"
#include "kernels/numerics/arithmetic/wheel30.hpp"

namespace parlab {
namespace {

template <class Number>
class ListNumbers : public testing::Test {};
using Numbers = testing::Types<std::uint32_t, std::uint64_t>;
TYPED_TEST_SUITE(ListNumbers, Numbers);

TYPED_TEST(ListNumbers, WritesTheNumbersAndNothingBehindThemAtEverySimdLevel) {
  std::mt19937_64 random(41);
  for (int i = 0; i < 400; ++i) {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(i) % 75);
    for (std::uint8_t& byte : bytes) {
      const std::uint64_t bits = random();
      // From empty to full.
      byte = static_cast<std::uint8_t>(i % 3 == 0 ? bits : i % 3 == 1 ? bits & (bits >> 8) : 0xFF);
    }
    // 30 * (first_byte + 75) is in the range of the numbers.
    constexpr int bits = std::numeric_limits<TypeParam>::digits;
    const std::uint64_t first_byte = (random() >> (64 - bits + 5 + random() % (bits - 12)));
    std::vector<TypeParam> expected;
    for_each_number(bytes.data(), bytes.size(), first_byte, [&](std::uint64_t number) {
      expected.push_back(static_cast<TypeParam>(number));
    });
    expected.push_back(7);  // stays
    for (const std::string& level : supported_simd_levels()) {
      force_simd_level(level);
      std::vector<TypeParam> out(expected.size(), 7);
      const TypeParam* const end = list_numbers(bytes.data(), bytes.size(), first_byte, out.data());
      EXPECT_EQ(end, out.data() + out.size() - 1) << level;
      EXPECT_EQ(out, expected) << level;
    }
    unforce_simd_level();
  }
}

}  // namespace
}  // namespace parlab
