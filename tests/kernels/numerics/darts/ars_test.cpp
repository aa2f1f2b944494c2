#include "kernels/numerics/darts/ars.hpp"

#include <Random123/ars.h>
#include <gtest/gtest.h>

#include <random>

namespace parlab {
namespace {

// FIPS 197, appendix B: the start of round 1, its key, and the start of round 2.
TEST(AesRound, GivesTheStandardsExample) {
  const auto state = [](std::uint64_t first, std::uint64_t second) {
    const auto turn = [](std::uint64_t bytes) { return __builtin_bswap64(bytes); };
    return AesState{turn(first), turn(second)};
  };
  EXPECT_EQ(aes_round(state(0x193de3bea0f4e22b, 0x9ac68d2ae9f84808),
                      state(0xa0fafe1788542cb1, 0x23a339392a6c7605), false),
            state(0xa49c7ff2689f352b, 0x6b5bea43026a5049));
  // The start of round 10, the last: no columns are mixed.
  EXPECT_EQ(aes_round(state(0xeb40f21e592e3884, 0x8ba113e71bc342d2),
                      state(0xd014f9a8c9ee2589, 0xe13f0cc8b6630ca6), true),
            state(0x3925841d02dc09fb, 0xdc118597196a0b32));
}

TEST(Ars, AgreesWithRandom123) {
#if R123_USE_AES_NI
  if (!haveAESNI()) GTEST_SKIP() << "this processor has no AES instructions";
  std::mt19937_64 random(31);
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t block = random() >> random() % 64;
    const std::uint64_t seed = random() >> random() % 64;
    const auto low = [](std::uint64_t word) { return static_cast<std::uint32_t>(word); };
    const ars4x32_ctr_t counter = {{low(block), low(block >> 32), 0, 0}};
    const ars4x32_key_t key = {{low(seed), low(seed >> 32), 0, 0}};
    const auto words = ars4x32_R(ars_rounds, counter, key);
    const auto join = [&](int k) { return words.v[k] | std::uint64_t{words.v[k + 1]} << 32; };
    ASSERT_EQ(ars_block(block, seed), (AesState{join(0), join(2)})) << block << " " << seed;
  }
#else
  GTEST_SKIP() << "Random123 was built without AES instructions";
#endif
}

}  // namespace
}  // namespace parlab
