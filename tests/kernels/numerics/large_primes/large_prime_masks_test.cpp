#include "kernels/numerics/large_primes/large_prime_masks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "kernels/numerics/sieve/sieve.hpp"

namespace parlab {
namespace {

TEST(LargePrimeMasks, ClearWhatAnyShareHasCleared) {
  constexpr std::uint64_t first = 1000, size = 5000, segment = 512;
  LargePrimeMasks masks(7, 11, first, size, segment, 3, SegmentedSieve::own_memory);
  ASSERT_EQ(masks.shares(), 3u);
  for (std::uint64_t number = 0; number < masks.parts(); ++number) {
    const LargePrimeMasks::Part part = masks.part(number);
    std::ranges::fill(part.bytes, std::uint8_t{0xFF});
    for (std::size_t i = 0; i < part.bytes.size(); ++i)
      if ((part.first_byte + i) % (part.share + 5) == 0)
        part.bytes[i] = static_cast<std::uint8_t>(~(1U << part.share));
  }
  constexpr std::uint64_t begin = 1234, length = 2000;
  std::vector<std::uint8_t> bytes(length, 0x7F);
  masks.cross_off(bytes.data(), length, begin);
  for (std::uint64_t i = 0; i < length; ++i) {
    unsigned expected = 0x7F;
    for (unsigned share = 0; share < 3; ++share)
      if ((begin + i) % (share + 5) == 0) expected &= ~(1U << share);
    ASSERT_EQ(bytes[i], expected) << i;
  }
}

TEST(LargePrimeMasks, PartsMakeEachByteOfEachShareOnce) {
  struct Case {
    std::uint64_t size, workers, shares;
  };
  // Memory is taken, but not touched: the last three would need more than it may be.
  for (const auto& [size, workers, shares] : {Case{100'000, 2, 2},
                                              {8192, 64, 64},
                                              {1, 2, 2},
                                              {std::uint64_t{1} << 29, 2, 2},
                                              {(std::uint64_t{1} << 29) - 7, 5, 2},
                                              {std::uint64_t{1} << 28, 16, 4},
                                              {std::uint64_t{1} << 31, 4, 1}}) {
    constexpr std::uint64_t first = 77, segment = 8192;
    LargePrimeMasks masks(7, 11, first, size, segment, workers, SegmentedSieve::own_memory);
    EXPECT_EQ(masks.shares(), shares) << size;
    if (masks.shares() == 1) continue;  // none are made
    EXPECT_LE(masks.parts(), workers) << size;
    std::map<std::uint64_t, std::uint64_t> ends;  // of each share, so far
    for (std::uint64_t number = 0; number < masks.parts(); ++number) {
      const LargePrimeMasks::Part part = masks.part(number);
      EXPECT_EQ((part.first_byte - first) % segment, 0u);
      EXPECT_EQ(part.first_byte - first, ends[part.share]) << size;
      ends[part.share] += part.bytes.size();
    }
    EXPECT_EQ(ends.size(), shares);
    for (const auto& [share, end] : ends) EXPECT_EQ(end, size) << share;
  }
}

TEST(LargePrimeMasks, HoldTheirBytesAlone) {
  const LargePrimeMasks masks(7, 11, 1000, 500, 100, 2, SegmentedSieve::own_memory);
  EXPECT_TRUE(masks.hold(1000, 500));
  EXPECT_TRUE(masks.hold(1499, 1));
  EXPECT_FALSE(masks.hold(999, 2));
  EXPECT_FALSE(masks.hold(1499, 2));
}

}  // namespace
}  // namespace parlab
