#include "kernels/numerics/large_primes/hit_lists.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "kernels/numerics/primality/primality.hpp"

namespace parlab {
namespace {

constexpr std::size_t batch = most_primes_at_once;

std::vector<std::uint32_t> primes_from(std::uint64_t begin, std::size_t count) {
  std::vector<std::uint32_t> primes;
  for (std::uint64_t n = begin; primes.size() < count; ++n)
    if (is_prime(n)) primes.push_back(static_cast<std::uint32_t>(n));
  return primes;
}

template <class Take>
void for_each_part(const std::vector<std::uint32_t>& primes, const Take& take) {
  for (std::size_t at = 0; at < primes.size(); at += batch)
    take(std::span(primes).subspan(at, std::min(batch, primes.size() - at)));
}

std::vector<std::uint8_t> by_lists(HitLists& lists, const std::vector<std::uint32_t>& primes,
                                   std::uint64_t first_byte, std::uint64_t size,
                                   unsigned segment_bits) {
  const std::uint64_t segment = std::uint64_t{1} << segment_bits;
  std::vector<std::uint8_t> bytes((size + segment - 1) / segment * segment, 0xFF);
  lists.begin_at(first_byte, size, segment_bits, primes.back());
  for_each_part(primes, [&](std::span<const std::uint32_t> part) { lists.add(part); });
  for (std::uint64_t at = 0; at < size; at += segment) lists.cross_off(bytes.data() + at);
  lists.end();
  bytes.resize(size);
  return bytes;
}

std::vector<std::uint8_t> at_once(const std::vector<std::uint32_t>& primes,
                                  std::uint64_t first_byte, std::uint64_t size) {
  std::vector<std::uint8_t> bytes(size, 0xFF);
  for_each_part(primes, [&](std::span<const std::uint32_t> part) {
    cross_off_first_hits(part, bytes.data(), size, first_byte);
  });
  return bytes;
}

TEST(HitLists, CrossOffWhatOneLongSegmentWould) {
  HitLists lists;  // one for all: a range must not see what an earlier one left
  for (const unsigned bits : {13u, 16u, 20u}) {
    for (const std::uint64_t from : {65'536u, 1'000'000u, 50'000'000u}) {
      // Many entries a block, and blocks a list.
      const auto primes = primes_from(from, 5000);
      for (const std::uint64_t size : {1u, 8191u, 8192u, 3'000'001u, 1u << 22}) {
        const std::uint64_t first_byte = 123'456'789'012'345'678;
        ASSERT_TRUE(by_lists(lists, primes, first_byte, size, bits) ==
                    at_once(primes, first_byte, size))
            << bits << " bits, primes from " << from << ", " << size << " bytes";
      }
    }
  }
}

TEST(HitLists, TakePrimesAsTheirSquaresComeUp) {
  const auto primes = primes_from(70'000, 3000);
  constexpr unsigned bits = 18;
  constexpr std::uint64_t segment = 1 << bits;
  const std::uint64_t first_byte = std::uint64_t{70'000} * 70'000 / 30;
  const std::uint64_t size = std::uint64_t{primes.back()} * primes.back() / 30 - first_byte + 1;
  std::vector<std::uint8_t> bytes((size / segment + 1) * segment, 0xFF);
  HitLists lists;
  lists.begin_at(first_byte, size, bits, primes.back());
  std::size_t added = 0;
  for (std::uint64_t at = 0; at < size; at += segment) {
    for (; added < primes.size() &&
           std::uint64_t{primes[added]} * primes[added] / 30 < first_byte + at + segment;
         ++added)
      lists.add({&primes[added], 1});
    lists.cross_off(bytes.data() + at);
  }
  EXPECT_EQ(added, primes.size());
  bytes.resize(size);
  std::vector<std::uint8_t> expected(size, 0xFF);
  for_each_part(primes, [&](std::span<const std::uint32_t> part) {
    cross_off_first_hits(part, expected.data(), size, first_byte);
  });
  EXPECT_TRUE(bytes == expected);
}

TEST(EntryBlocks, AreAlignedAndTakenAgain) {
  EntryBlocks blocks;
  std::vector<EntryBlocks::Slot*> taken;
  for (int round = 0; round < 3; ++round) {
    taken.clear();
    for (int i = 0; i < 12'000; ++i) {  // 94 MiB: more than is kept
      EntryBlocks::Slot* const block = blocks.take(i == 0 ? nullptr : taken.back());
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(block) % 8192, 0u);
      ASSERT_EQ(block->link, i == 0 ? nullptr : taken.back());
      block[EntryBlocks::entries - 1].entry = {1, 2};
      taken.push_back(block);
    }
    blocks.give_back(taken.front());
    EXPECT_EQ(blocks.take(nullptr), taken.front());
    std::ranges::sort(taken);
    EXPECT_EQ(std::ranges::adjacent_find(taken), taken.end()) << "a block was taken twice";
    blocks.reset();
  }
}

}  // namespace
}  // namespace parlab
