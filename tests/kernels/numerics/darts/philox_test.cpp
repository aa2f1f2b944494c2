#include "kernels/numerics/darts/philox.hpp"

#include <Random123/philox.h>
#include <gtest/gtest.h>

#include <random>

namespace parlab {
namespace {

using Counter = std::array<std::uint32_t, 4>;
using Key = std::array<std::uint32_t, 2>;

// Random123's kat_vectors, philox4x32 with 10 rounds.
static_assert(philox4x32_10({0, 0, 0, 0}, {0, 0}) ==
              Counter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
static_assert(philox4x32_10({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
                            {0xffffffff, 0xffffffff}) ==
              Counter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
static_assert(philox4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                            {0xa4093822, 0x299f31d0}) ==
              Counter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});

TEST(Philox, GivesTheKnownAnswersAtRunTimeToo) {
  volatile std::uint32_t ones = 0xffffffff;  // else the compiler computes it
  EXPECT_EQ(philox4x32_10({ones, ones, ones, ones}, {ones, ones}),
            (Counter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
}

TEST(Philox, GivesTheTenThousandthNumberOfCxx26) {
  // [rand.predef]: of a default-constructed std::philox4x32, whose seed is 20111115.
  EXPECT_EQ(philox4x32_10({9999 / 4, 0, 0, 0}, {20111115, 0})[9999 % 4], 1955073260u);
}

TEST(Philox, AgreesWithRandom123) {
  std::mt19937 random(1);
  const auto word = [&] { return static_cast<std::uint32_t>(random()); };
  for (int i = 0; i < 100000; ++i) {
    const Counter counter = {word(), word(), word(), word()};
    const Key key = {word(), word()};
    const philox4x32_ctr_t its_counter = {{counter[0], counter[1], counter[2], counter[3]}};
    const philox4x32_key_t its_key = {{key[0], key[1]}};
    const auto expected = philox4x32(its_counter, its_key);
    ASSERT_EQ(philox4x32_10(counter, key),
              (Counter{expected.v[0], expected.v[1], expected.v[2], expected.v[3]}));
  }
}

TEST(PhiloxKeys, AreTheKeyAfterEachBump) {
  const PhiloxKeys keys(0xFFFFFFFF'00000001);
  std::uint32_t low = 1;
  std::uint32_t high = 0xFFFFFFFF;
  for (int round = 0; round < philox_rounds; ++round) {
    EXPECT_EQ(keys.word_0[static_cast<std::size_t>(round)], low);
    EXPECT_EQ(keys.word_1[static_cast<std::size_t>(round)], high);
    low += philox_weyl_0;
    high += philox_weyl_1;
  }
}

}  // namespace
}  // namespace parlab
