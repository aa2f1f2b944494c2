#include "kernels/base/index_range.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <stdexcept>

namespace parlab {
namespace {

constexpr std::uint64_t last = std::numeric_limits<std::uint64_t>::max();

TEST(Chunking, CoversTheRangeOnceInOrder) {
  for (std::uint64_t size = 0; size < 40; ++size) {
    for (std::uint64_t grain = 1; grain < 45; ++grain) {
      const Chunking chunking({100, 100 + size}, grain);
      std::uint64_t next = 100;
      for (std::uint64_t chunk = 0; chunk < chunking.chunks(); ++chunk) {
        ASSERT_EQ(chunking[chunk].begin, next);
        ASSERT_FALSE(chunking[chunk].empty());
        ASSERT_LE(chunking[chunk].size(), grain);
        next = chunking[chunk].end;
      }
      ASSERT_EQ(next, 100 + size);
    }
  }
}

TEST(Chunking, EndsAtTheLargestIndexWithoutOverflow) {
  const Chunking chunking({last - 10, last}, 4);
  ASSERT_EQ(chunking.chunks(), 3u);
  EXPECT_EQ(chunking[2], (IndexRange{last - 2, last}));
}

TEST(Chunking, TakesTheWholeRangeInOneChunk) {
  const Chunking chunking({0, last}, last);
  ASSERT_EQ(chunking.chunks(), 1u);
  EXPECT_EQ(chunking[0], (IndexRange{0, last}));
}

TEST(Chunking, RefusesGrainZeroAndReversedRanges) {
  EXPECT_THROW(Chunking({0, 1}, 0), std::invalid_argument);
  EXPECT_THROW(Chunking({2, 1}, 1), std::invalid_argument);
}

}  // namespace
}  // namespace parlab
