#include "kernels/numerics/sieve/sieve.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include "kernels/base/kernel_registry.hpp"
#include "kernels/machine/simd_level.hpp"
#include "kernels/numerics/primality/primality.hpp"
#if __has_include(<primesieve.hpp>)
#include <primesieve.hpp>
#endif

namespace parlab {
namespace {

constexpr std::uint64_t last = ~std::uint64_t{0};

std::vector<std::uint64_t> list(const SegmentedSieve& sieve, IndexRange range) {
  // Room for a wrong answer too, but not for every number of a long range.
  const std::uint64_t room = std::min<std::uint64_t>(range.size(), 1 << 20);
  std::vector<std::uint64_t> primes(std::max(most_primes_in(range), room));
  const std::uint64_t count = sieve.list(range, primes.data());
  EXPECT_LE(count, most_primes_in(range)) << "most_primes_in is too low";
  primes.resize(count);
  return primes;
}

/// By primesieve, or without it number by number.
std::vector<std::uint64_t> known_primes(IndexRange range) {
  std::vector<std::uint64_t> primes;
#if __has_include(<primesieve.hpp>)
  if (!range.empty()) primesieve::generate_primes(range.begin, range.end - 1, &primes);
#else
  for (std::uint64_t n = range.begin; n < range.end; ++n)
    if (is_prime(n)) primes.push_back(n);
#endif
  return primes;
}

void expect_known_primes(const SegmentedSieve& sieve, IndexRange range) {
  const auto expected = known_primes(range);
  // Not EXPECT_EQ, which would print millions of numbers.
  EXPECT_TRUE(list(sieve, range) == expected) << "[" << range.begin << ", " << range.end << ")";
  EXPECT_EQ(sieve.count(range), expected.size()) << range.begin << " " << range.end;
}

TEST(SegmentedSieve, KnowsThatOneIsNoPrimeAndTwoIs) {
  const SegmentedSieve sieve(100);
  EXPECT_THAT(list(sieve, {0, 50}),
              testing::ElementsAre(2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47));
  EXPECT_EQ(sieve.count({0, 2}), 0u);
  EXPECT_EQ(sieve.count({1, 2}), 0u);
  EXPECT_EQ(sieve.count({2, 3}), 1u);
}

TEST(SegmentedSieve, KnowsThatOddIsNotPrime) {
  const SegmentedSieve sieve(10'000);
  EXPECT_THAT(list(sieve, {1000, 1040}),
              testing::ElementsAre(1009, 1013, 1019, 1021, 1031, 1033, 1039));
}

TEST(SegmentedSieve, ListsEveryShortRange) {
  const SegmentedSieve sieve(400);
  for (std::uint64_t begin = 0; begin <= 330; ++begin) {
    for (std::uint64_t end = begin; end <= begin + 70; end += 1 + (end - begin) / 8)
      expect_known_primes(sieve, {begin, end});
  }
}

TEST(SegmentedSieve, WorksForEverySmallEnd) {
  for (std::uint64_t end = 0; end < 300; ++end) expect_known_primes(SegmentedSieve(end), {0, end});
  for (const std::uint64_t root : {251u, 252u, 257u, 263u, 503u, 3001u}) {  // primes, but for 252
    for (std::uint64_t end = root * root - 1; end <= root * root + 2; ++end)
      expect_known_primes(SegmentedSieve(end), {end - 1000, end});
  }
}

TEST(SegmentedSieve, RefusesSquaresOfPrimes) {
  const SegmentedSieve sieve(std::uint64_t{1} << 42);
  for (const std::uint64_t prime : known_primes({2, 20000})) {
    const std::uint64_t square = prime * prime;
    ASSERT_EQ(sieve.count({square, square + 1}), 0u) << prime;
  }
  for (const std::uint64_t prime : {999983u, 1299709u}) {
    const std::uint64_t square = std::uint64_t{prime} * prime;
    expect_known_primes(sieve, {square - 500, square + 500});
    expect_known_primes(sieve, {square, square + 1});
    expect_known_primes(sieve, {square - 100, square});
  }
}

TEST(SegmentedSieve, CountsTheKnownRanges) {
  const SegmentedSieve sieve(200'000'000'000);
  EXPECT_EQ(sieve.count({1, 1'000'000}), 78498u);
  EXPECT_EQ(sieve.count({100'000'000, 100'100'000}), 5411u);
  EXPECT_EQ(sieve.count({100'000'000, 101'000'000}), 54208u);
  EXPECT_EQ(sieve.count({1'000'000'000, 1'000'100'000}), 4832u);
  EXPECT_EQ(sieve.count({100'000'000'000, 100'000'100'000}), 4019u);
  EXPECT_EQ(sieve.count({0, 200'000'000}), 11078937u);
}

TEST(SegmentedSieve, ListsLongRanges) {
  const SegmentedSieve sieve(5'000'000'000'000);
  expect_known_primes(sieve, {0, 5'000'000});
  expect_known_primes(sieve, {(std::uint64_t{1} << 32) - 3'000'000, (std::uint64_t{1} << 32) + 10});
  expect_known_primes(sieve, {4'999'990'000'000, 5'000'000'000'000});
}

TEST(SegmentedSieve, ListsRandomRanges) {
  const SegmentedSieve sieve(std::uint64_t{1} << 46);
  std::mt19937_64 random(19);
  for (int i = 0; i < 150; ++i) {
    const std::uint64_t begin = random() >> (19 + random() % 40);
    const std::uint64_t size = random() % 60000;
    expect_known_primes(sieve, {begin, begin + size});
  }
}

TEST(SegmentedSieve, CrossesManySegmentsWithLargePrimes) {
  // Base primes up to 10^7: small, medium and large ones, over several segments.
  const std::uint64_t begin = 100'000'000'000'000;
  expect_known_primes(SegmentedSieve(begin + 60'000'000), {begin, begin + 60'000'000});
}

TEST(SegmentedSieve, ListsNearTheLargestNumber) {
  const SegmentedSieve sieve(last);  // base primes up to 2^32
  const std::uint64_t middle = std::uint64_t{1} << 63;
  expect_known_primes(sieve, {middle - 1000, middle + 1001});
  expect_known_primes(sieve, {last - 2000, last});
  EXPECT_THAT(list(sieve, {18446744073709551557u, last}),
              testing::ElementsAre(18446744073709551557u));
  EXPECT_EQ(sieve.count({last, last}), 0u);
}

/// A high range of three segments, so with lists of hits, against pieces of one segment, which have
/// none, and at some places against what is known.
void expect_same_in_pieces(std::uint64_t end) {
  const IndexRange range{end - 2 * SegmentedSieve::segment_numbers(end) - 14'000'003, end};
  const SegmentedSieve sieve(range.end);
  const Chunking pieces(range, SegmentedSieve::segment_numbers(range.end) - 61);
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < pieces.chunks(); ++i) sum += sieve.count(pieces[i]);
  EXPECT_GT(pieces.chunks(), 2u);
  std::vector<std::uint64_t> primes(most_primes_in(range));
  primes.resize(sieve.list(range, primes.data()));
  EXPECT_EQ(primes.size(), sum) << range.begin << " " << range.end;
  for (const std::uint64_t begin : {range.begin, range.begin + range.size() / 2, range.end - 999}) {
    const auto first = std::ranges::lower_bound(primes, begin);
    const auto end = std::ranges::lower_bound(primes, begin + 999);
    EXPECT_EQ(std::vector(first, end), known_primes({begin, begin + 999})) << begin;
  }
}

// Where segments grow from a half of the cache to four times it: with roots from 10^5 to 4 10^6.
TEST(SegmentedSieve, CrossesOffByAllPrimesWhateverItsSegments) {
  for (std::uint64_t root = 100'000; root < 4'000'000; root += root / 5)
    expect_same_in_pieces(root * root);
}

TEST(SegmentedSieve, ListsLongRangesAt1e15) { expect_same_in_pieces(1'000'000'300'000'001); }
TEST(SegmentedSieve, ListsLongRangesAt1e18) { expect_same_in_pieces(1'000'000'000'140'000'003); }
TEST(SegmentedSieve, ListsLongRangesUpToTheLargestNumber) { expect_same_in_pieces(last); }

TEST(SegmentedSieve, AddsPrimesToListsAtTheirSquares) {
  // Roots from 3.2 to 3.3 million: their squares come up from segment to segment.
  expect_same_in_pieces(10'000'600'000'000);
  // Lists from the first segment on, where most base primes have squares beyond the range's begin.
  constexpr std::uint64_t root = 3'999'971;  // a prime
  const SegmentedSieve sieve(root * root + 1);
  EXPECT_EQ(sieve.count({root * root - 300'000'000, root * root + 1}),
            sieve.count({root * root - 300'000'000, root * root - 1000}) +
                known_primes({root * root - 1000, root * root + 1}).size());
}

TEST(SegmentedSieve, ListsShortHighRanges) {
  // Beyond 2^53, with a square of a prime.
  constexpr std::uint64_t square = std::uint64_t{99'999'989} * 99'999'989;
  const SegmentedSieve sieve(square + 10'000);
  for (const std::uint64_t begin : {square - 3000, square - 1, square, square + 1}) {
    for (const std::uint64_t size : {0u, 1u, 2u, 30u, 31u, 9001u})
      expect_known_primes(sieve, {begin, begin + size});
  }
}

/// Chunks that a sieve expects in order, against the same range at once.
void expect_same_in_order(IndexRange range, std::uint64_t grain) {
  const SegmentedSieve ascending(range.end, SegmentedSieve::Chunks::ascending);
  const SegmentedSieve any(range.end);
  const Chunking chunks(range, grain);
  const auto count_from = [&](std::uint64_t first) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = first; i < chunks.chunks(); ++i) sum += ascending.count(chunks[i]);
    return sum;
  };
  const std::uint64_t whole = any.count(range);
  EXPECT_EQ(count_from(0), whole) << range.begin << " by " << grain;
  EXPECT_EQ(count_from(0), whole) << range.begin << " by " << grain << " again";
  // Chunks may be left out, and others' sieves come between.
  const std::uint64_t first = ascending.count(chunks[0]);
  EXPECT_EQ(SegmentedSieve(1'000'000).count({0, 1'000'000}), 78498u);
  EXPECT_EQ(first + count_from(1), whole) << range.begin << " by " << grain;
  const std::uint64_t end = chunks[chunks.chunks() / 2].begin;
  EXPECT_EQ(ascending.count({range.begin, end}) + ascending.count({end, range.end}), whole);
}

TEST(SegmentedSieve, CountsTheSameInOrderWhereAChunkGoesOnFromTheOneBefore) {
  for (const IndexRange range :
       {IndexRange{0, 60'000'000}, {1, 50'000'007}, {1'000'000'000'000, 1'000'060'000'011}}) {
    const std::uint64_t segment = SegmentedSieve::segment_numbers(range.end);
    for (const std::uint64_t grain : {segment, 2 * segment, segment - 30, segment + 1})
      expect_same_in_order(range, grain);
  }
  for (const IndexRange range : {IndexRange{999'999'999'999'937, 1'000'000'150'000'001},
                                 {9'999'999'000'000, 10'000'140'000'000}})
    expect_same_in_order(range, SegmentedSieve::segment_numbers(range.end));
}

/// By threads made for each call.
constexpr auto run_by_threads = [](std::uint64_t parts, FunctionRef<void(std::uint64_t)> work) {
  std::vector<std::jthread> threads;
  for (std::uint64_t part = 0; part < parts; ++part)
    threads.emplace_back([work, part] { work(part); });
};

TEST(SegmentedSieve, CountsAndListsTheSameWhereWorkersStartItTogether) {
  const std::uint64_t high = 10'000'000'000'000'000;  // the lowest that is started together
  for (const IndexRange range : {IndexRange{0, 20'000'000},
                                 {high - 1, high + 15'000'007},
                                 {high - 70'000'000, high - 69'000'000}}) {
    const SegmentedSieve alone(range.end);
    const std::uint64_t whole = alone.count(range);
    for (const std::uint64_t workers : {2u, 5u}) {
      for (const std::uint64_t grain : {range.size() / workers + 1, std::uint64_t{2'999'999}}) {
        const Chunking chunks(range, grain);
        const SegmentedSieve together(chunks, {.count = workers, .run = run_by_threads});
        // Chunks more than once, and ranges that are none.
        for (int time = 0; time < 2; ++time) {
          std::uint64_t sum = 0;
          for (std::uint64_t chunk = 0; chunk < chunks.chunks(); ++chunk)
            sum += together.count(chunks[chunk]);
          EXPECT_EQ(sum, whole) << range.begin << ": " << workers << " workers, grain " << grain;
        }
        const IndexRange within{range.begin + range.size() / 3, range.end - range.size() / 3};
        EXPECT_TRUE(list(together, within) == list(alone, within)) << range.begin;
        const IndexRange across{range.begin - std::min<std::uint64_t>(range.begin, 1'000'000),
                                range.begin + 500'000};
        EXPECT_EQ(together.count(across), alone.count(across)) << range.begin;
        for (const std::uint64_t size : {1u, 1000u, 100'000u}) {
          const IndexRange few{range.begin + 123'456, range.begin + 123'456 + size};
          EXPECT_TRUE(list(together, few) == list(alone, few)) << range.begin << " " << size;
        }
      }
    }
  }
}

TEST(SegmentedSieve, RefusesWorkersThatShareNoMemory) {
  const auto run_nothing = [](std::uint64_t, FunctionRef<void(std::uint64_t)>) {};
  EXPECT_THROW(SegmentedSieve(Chunking({last - 1'000'000'000, last}, 100'000'000),
                              {.count = 2, .run = run_nothing}),
               std::logic_error);
}

TEST(ShortestChunk, IsAMultipleOfTheSegmentAndGrowsWithTheRoot) {
  for (const std::uint64_t end : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1'000'000'000},
                                  std::uint64_t{1'000'000'000'000'000'000}, last})
    EXPECT_EQ(SegmentedSieve::shortest_chunk(end) % SegmentedSieve::segment_numbers(end), 0u);
  EXPECT_EQ(SegmentedSieve::shortest_chunk(1'000'000), SegmentedSieve::segment_numbers(1'000'000));
  EXPECT_GE(SegmentedSieve::shortest_chunk(last), 2'000'000'000u);
}

TEST(SegmentedSieve, CountsTheSameHoweverSplit) {
  const SegmentedSieve sieve(10'003'000'000);
  for (const IndexRange whole : {IndexRange{0, 3'000'000}, {10'000'000'000, 10'003'000'000}}) {
    const std::uint64_t expected = sieve.count(whole);
    EXPECT_EQ(expected, known_primes(whole).size());
    for (const std::uint64_t grain : {997u, 30030u, 99991u, 1'000'003u, 2'999'999u, 3'000'000u}) {
      const Chunking chunking(whole, grain);
      std::uint64_t sum = 0;
      for (std::uint64_t chunk = 0; chunk < chunking.chunks(); ++chunk)
        sum += sieve.count(chunking[chunk]);
      EXPECT_EQ(sum, expected) << "grain " << grain;
    }
  }
}

TEST(SegmentedSieve, CountsTheSameAtEverySimdLevel) {
  const SegmentedSieve sieve(101'000'000);
  const SegmentedSieve high(1'000'000'000'000);
  for (const std::string& level : supported_simd_levels()) {
    force_simd_level(level);
    EXPECT_EQ(sieve.count({100'000'000, 101'000'000}), 54208u) << level;
    EXPECT_EQ(sieve.count({1, 1'000'000}), 78498u) << level;
    expect_known_primes(sieve, {99'991'234, 99'995'678});
    expect_known_primes(high, {100'000'000'000, 100'000'100'000});
    expect_known_primes(high, {999'998'000'000, 1'000'000'000'000});
  }
  unforce_simd_level();
}

TEST(SegmentedSieve, RefusesARangeBeyondItsEnd) {
  const SegmentedSieve sieve(1000);
  EXPECT_THROW(sieve.count({0, 1001}), std::out_of_range);
  EXPECT_NO_THROW(sieve.count({0, 1000}));
  EXPECT_EQ(sieve.count({1000, 1000}), 0u);
}

TEST(MostPrimesIn, IsAnUpperBoundAndNotFarAbove) {
  const SegmentedSieve sieve(30'000'000);
  std::mt19937_64 random(23);
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t begin = random() % 3 == 0 ? random() % 40 : random() % 100000;
    const std::uint64_t size = random() % (1 + random() % 300);
    ASSERT_LE(sieve.count({begin, begin + size}), most_primes_in({begin, begin + size}));
  }
  for (const IndexRange range : {IndexRange{0, 30'000'000}, {20'000'000, 30'000'000}}) {
    EXPECT_GE(most_primes_in(range), sieve.count(range));
    EXPECT_LE(most_primes_in(range), 3 * sieve.count(range));
  }
  EXPECT_EQ(most_primes_in({5, 5}), 0u);
  EXPECT_GE(most_primes_in({0, last}), 425656284035217743u);  // pi(2^64)
}

TEST(PrimeKernels, AreInTheKernelRegistry) {
  std::vector<std::string> names;
  for (const KernelEntry& kernel : kernels()) names.push_back(kernel.name);
  EXPECT_THAT(names, testing::IsSupersetOf({"sieve", "trial_division"}));
}

}  // namespace
}  // namespace parlab
