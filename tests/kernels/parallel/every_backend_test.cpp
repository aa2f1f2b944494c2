// Each kernel of kernels/parallel on every backend and schedule of this build: the serial answer,
// bit for bit, however the range is cut.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/numerics/factors/trial_division.hpp"
#include "kernels/numerics/primality/primality.hpp"
#include "kernels/numerics/stream/pointer_chase.hpp"
#include "kernels/numerics/stream/stream_operations.hpp"
#include "kernels/parallel/darts.hpp"
#include "kernels/parallel/factor_ranges.hpp"
#include "kernels/parallel/heat_rows.hpp"
#include "kernels/parallel/julia_rows.hpp"
#include "kernels/parallel/key_tables.hpp"
#include "kernels/parallel/leaf_counts.hpp"
#include "kernels/parallel/prime_ranges.hpp"
#include "kernels/parallel/sparse_product.hpp"
#include "kernels/posix/shared_elements.hpp"
#include "kernels/posix/shared_mapping.hpp"

namespace parlab {
namespace {

std::vector<BackendSpec> specs() {
  std::vector<BackendSpec> all;
  for (const BackendEntry& entry : backends()) {
    if (!entry.shares_memory()) continue;  // what starts their workers is tested with them
    const int workers = entry.parallel ? 3 : 1;
    if (entry.schedules.empty()) all.push_back({entry.name, "", workers});
    for (const std::string& schedule : entry.schedules)
      all.push_back({entry.name, schedule, workers});
  }
  return all;
}

class OnEveryBackend : public testing::TestWithParam<BackendSpec> {
 protected:
  std::unique_ptr<Backend> backend = make_backend(GetParam());
};

TEST_P(OnEveryBackend, CountsTheDartsThatLieInside) {
  const DartVariant& simd = dart_variant("simd");
  const std::uint64_t whole = simd.count_inside({5, 100'005}, 7);
  for (const std::uint64_t grain : {1'000'000u, 4096u, 777u})
    EXPECT_EQ(count_darts(*backend, Chunking({5, 100'005}, grain), simd.count_inside, 7), whole);
  EXPECT_EQ(count_darts(*backend, Chunking({5, 5}, 1), simd.count_inside, 7), 0u);
}

TEST_P(OnEveryBackend, CountsThePrimesOfARangeByEachAlgorithmInAnyOrder) {
  const Chunking range({999'000, 1'010'000}, 1000);
  std::vector<std::uint64_t> order(range.chunks());
  std::iota(order.rbegin(), order.rend(), std::uint64_t{0});
  std::shuffle(order.begin(), order.end(), std::mt19937_64(3));
  for (const PrimeAlgorithm& algorithm : prime_algorithms) {
    const std::uint64_t whole = count_primes_by_trial(range.range());
    EXPECT_EQ(count_primes(*backend, range, algorithm), whole) << algorithm.name;
    EXPECT_EQ(count_primes(*backend, range, algorithm, order), whole) << algorithm.name;
    EXPECT_EQ(count_primes(*backend, Chunking({0, 1000}, 64), algorithm), 168u) << algorithm.name;
    EXPECT_EQ(count_primes(*backend, Chunking({24, 24}, 64), algorithm), 0u) << algorithm.name;
  }
}

TEST_P(OnEveryBackend, CountsThePrimesOfAHighRangeThatItsWorkersStartTogether) {
  const IndexRange range{10'000'000'000'000'000, 10'000'000'100'000'000};
  static const std::uint64_t whole = SegmentedSieve(range.end).count(range);
  for (const std::uint64_t grain : {50'000'000u, 70'000'001u})
    EXPECT_EQ(count_primes(*backend, Chunking(range, grain), prime_algorithm("sieve")), whole);
}

// Shorter than the largest primes that are no large ones anywhere else.
TEST_P(OnEveryBackend, CountsThePrimesOfShortHighRangesInChunks) {
  for (const IndexRange range : {IndexRange{38'737'073'197'369'599, 38'737'073'197'454'603},
                                 {288'230'376'151'711'198, 288'230'376'151'770'792}}) {
    const std::uint64_t whole = count_primes_by_batch(range);
    for (const std::uint64_t grain : {4251u, 30'000u})
      EXPECT_EQ(count_primes(*backend, Chunking(range, grain), prime_algorithm("sieve")), whole)
          << range.begin << " " << grain;
  }
}

TEST_P(OnEveryBackend, SaysWhatItsWorkersShare) {
  std::atomic<int> written = 0;
  const SharedMapping mapping(sizeof(std::atomic<int>));
  auto& mapped = *new (mapping.data()) std::atomic<int>(0);
  backend->for_chunks(Chunking({0, 100}, 1), [&](IndexRange) {
    ++written;
    ++mapped;
  });
  const SharedMemory shared = backend->shared_memory();
  EXPECT_EQ(written == 100, shared == SharedMemory::all);
  EXPECT_EQ(mapped == 100, shared != SharedMemory::none);
}

TEST_P(OnEveryBackend, CountsPrimesByLeaves) {
  for (const std::uint64_t grain : {40'000'000u, 7'654'321u})
    EXPECT_EQ(count_primes_by_leaves(*backend, Chunking({0, 100'000'000}, grain)), 5'761'455u);
  EXPECT_EQ(count_primes_by_leaves(*backend, Chunking({2, 1'000'000}, 99'999)), 78'498u);
  EXPECT_EQ(count_primes_by_leaves(*backend, Chunking({1, 1000}, 100)), 168u);
  for (std::uint64_t end = 0; end < 4; ++end)
    EXPECT_EQ(count_primes_by_leaves(*backend, Chunking({0, end}, 1)), end == 3 ? 1u : 0u) << end;
}

TEST_P(OnEveryBackend, ListsThePrimesOfARangeInOrder) {
  for (const PrimeAlgorithm& algorithm : prime_algorithms) {
    std::vector<std::uint64_t> primes(most_primes_in({90, 140}));
    primes.resize(list_primes(*backend, Chunking({90, 140}, 7), algorithm, primes.data()));
    EXPECT_THAT(primes, testing::ElementsAre(97, 101, 103, 107, 109, 113, 127, 131, 137, 139))
        << algorithm.name;
  }
}

TEST_P(OnEveryBackend, FindsTheSmallestFactor) {
  const auto smallest = [&](std::uint64_t n, std::uint64_t grain) {
    return smallest_factor(*backend, Chunking(divisors_of(n), grain), factor_search("vector"), n,
                           [] { return false; });
  };
  for (const std::uint64_t grain : {100u, 12'345u, 100'000'000u}) {
    EXPECT_EQ(smallest(2, grain), 2u);
    EXPECT_EQ(smallest(9, grain), 3u);
    EXPECT_EQ(smallest(1'000'003, grain), 1'000'003u);
    EXPECT_EQ(smallest(999'983ull * 999'983, grain), 999'983u);
    EXPECT_EQ(smallest(10'007ull * 10'009 * 10'037, grain), 10'007u);
  }
}

TEST_P(OnEveryBackend, DrawsAJuliaSetIntoRowsThatLieTogetherOrApart) {
  const JuliaImage image{.width = 37, .height = 29, .step = 0.1};
  const JuliaKernel kernel = julia_variant("simd").count_steps;
  std::vector<std::uint32_t> whole(image.pixels());
  const std::uint64_t steps = kernel(image, {0, image.pixels()}, whole.data());
  for (const std::uint64_t stride : {37u, 50u}) {
    const SharedMapping memory(stride * image.height * sizeof(std::uint32_t));
    auto* counts = reinterpret_cast<std::uint32_t*>(memory.data());
    EXPECT_EQ(
        draw_julia(*backend, Chunking({0, image.pixels()}, 100), image, kernel, {counts, stride}),
        steps);
    for (std::uint64_t row = 0; row < image.height; ++row)
      EXPECT_EQ(0, std::memcmp(counts + row * stride, &whole[row * image.width],
                               image.width * sizeof(std::uint32_t)))
          << "row " << row << ", stride " << stride;
  }
}

TEST_P(OnEveryBackend, SpreadsHeatWithTheBitsOfOneWorker) {
  constexpr std::uint64_t rows = 40, columns = 33;
  const auto spread = [&](Backend& who, std::uint64_t grain, Edges edges) {
    const SharedMapping memory(3 * rows * columns * sizeof(double));
    auto* cells = reinterpret_cast<double*>(memory.data());
    Plate plates[3];
    for (int i = 0; i < 3; ++i) plates[i] = {cells + i * rows * columns, rows, columns, columns};
    for (std::uint64_t i = 0; i < rows * columns; ++i) cells[i] = static_cast<double>(i * i % 101);
    spread_heat(who, Chunking({0, rows}, grain), diffusion_variant("tiled"), plates[0], plates[1],
                plates[2], 0.2, edges, 11, 4);
    return std::vector<double>(plates[2].cells, plates[2].cells + rows * columns);
  };
  const auto serial = make_backend({"serial", "", 1});
  for (const Edges edges : {Edges::fixed, Edges::periodic})
    for (const std::uint64_t grain : {1u, 7u, 40u})
      EXPECT_EQ(spread(*backend, grain, edges), spread(*serial, rows, edges)) << grain;
}

TEST_P(OnEveryBackend, MovesMemoryWithTheBitsOfOneWorker) {
  constexpr std::uint64_t count = 10'007;
  for (const StreamOperation& operation : stream_operations())
    for (const Stores stores : {Stores::plain, Stores::bypass})
      for (const std::uint64_t grain : {1000u, 333u, 20'000u}) {
        const SharedElements<double> many(3 * count), one(3 * count);
        for (std::uint64_t i = 0; i < 3 * count; ++i)
          many[i] = one[i] = 1 / (1.0 + static_cast<double>(i));
        const auto arrays = [](double* a) { return StreamArrays{a, a + count, a + 2 * count}; };
        backend->for_chunks(Chunking({0, count}, grain), [&](IndexRange some) {
          operation.run(arrays(many.data()), some, stores);
        });
        operation.run(arrays(one.data()), {0, count}, Stores::plain);
        EXPECT_TRUE(std::equal(many.data(), many.data() + 3 * count, one.data()))
            << operation.name << " " << grain;
      }
}

TEST_P(OnEveryBackend, ChasesPointersThroughTheWholeList) {
  const ChaseOrder order(12);
  const SharedElements<ChaseCell> cells(order.cells());
  const Chunking steps({0, order.cells()}, 777);
  backend->for_chunks(steps, [&](IndexRange some) { link_cells(order, some, cells.data()); });
  EXPECT_EQ(map_reduce(
                *backend, steps, std::uint64_t{0},
                [&](IndexRange some) { return chase(order, some, cells.data()); }, std::plus<>()),
            4096u * 4095 / 2);
}

TEST_P(OnEveryBackend, CountsKeysByEachVariant) {
  constexpr std::uint64_t count = 50'000;
  for (const std::uint64_t bins : {1u, 7u, 5000u})
    for (const KeyChoice choice : {KeyChoice::uniform, KeyChoice::skewed}) {
      const SharedElements<std::uint32_t> keys(count);
      std::vector<std::uint32_t> expected(bins);
      for (std::uint64_t i = 0; i < count; ++i) ++expected[keys[i] = example_key(i, bins, choice)];
      for (const HistogramVariant& variant : histogram_variants())
        for (const std::uint64_t grain : {1000u, 7777u, 100'000u}) {
          const Chunking chunking({0, count}, grain);
          const std::uint64_t places = tables_for(variant, chunking) * bins;
          const SharedElements<std::uint32_t> tables(places), counts(bins);
          for (std::uint64_t i = 0; i < places; ++i) tables[i] = 77;  // of an earlier run
          for (std::uint64_t i = 0; i < bins; ++i) counts[i] = 77;
          count_all_keys(*backend, chunking, variant, keys.data(), bins, tables.data(),
                         counts.data());
          EXPECT_EQ(std::vector(counts.data(), counts.data() + bins), expected)
              << variant.name << ", " << bins << " bins, grain " << grain;
        }
    }
}

TEST_P(OnEveryBackend, MultipliesASparseMatrixWithTheBitsOfOneWorker) {
  for (const RowLengths lengths : {RowLengths::even, RowLengths::uneven}) {
    const SparseExample example{3000, 6, lengths};
    const SharedElements<std::int32_t> begins(example.rows + 1);
    example.write_begins(begins.data());
    const auto nonzeros = static_cast<std::uint64_t>(begins[example.rows]);
    const SharedElements<std::int32_t> columns(nonzeros);
    const SharedElements<double> values(nonzeros), x(example.rows);
    example.write_rows({0, example.rows}, begins.data(), columns.data(), values.data());
    for (std::uint64_t i = 0; i < nonzeros; ++i) values[i] = 1 / (values[i] + 2);  // that round
    for (std::uint64_t i = 0; i < example.rows; ++i) x[i] = 1 / (3.0 + static_cast<double>(i));
    const SparseRows matrix{begins.data(), columns.data(), values.data(), example.rows};
    std::vector<double> expected(example.rows);
    multiply_rows(matrix, x.data(), {0, example.rows}, expected.data());
    for (const SparseSplit split : {SparseSplit::rows, SparseSplit::places})
      for (const std::uint64_t grain : {7u, 1000u, 100'000u}) {
        const SharedElements<double> y(example.rows);
        multiply(*backend, Chunking({0, indices_of(matrix.size(), split)}, grain), split, matrix,
                 x.data(), y.data());
        EXPECT_EQ(0, std::memcmp(y.data(), expected.data(), example.rows * sizeof(double)))
            << grain;
      }
  }
}

std::string name_of(const testing::TestParamInfo<BackendSpec>& info) {
  return info.param.backend + (info.param.schedule.empty() ? "" : "_" + info.param.schedule);
}

INSTANTIATE_TEST_SUITE_P(All, OnEveryBackend, testing::ValuesIn(specs()), name_of);

TEST(AutomaticGrain, GivesEachWorkerSixteenChunksWithinTheLimits) {
  EXPECT_EQ(automatic_grain(3200, 2, {}), 100u);
  EXPECT_EQ(automatic_grain(3201, 2, {}), 101u);
  EXPECT_EQ(automatic_grain(0, 2, {}), 1u);
  EXPECT_EQ(automatic_grain(3200, 2, {.min = 500}), 534u) << "3 chunks each; of 500 one has 4";
  EXPECT_EQ(automatic_grain(1200, 2, {.min = 500}), 600u);
  EXPECT_EQ(automatic_grain(1201, 2, {.min = 500}), 601u);
  EXPECT_EQ(automatic_grain(600, 2, {.min = 500}), 500u) << "never below min";
  EXPECT_EQ(automatic_grain(100, 2, {.min = 500}), 500u);
  EXPECT_EQ(automatic_grain(1001, 1, {.min = 500}), 501u);
  EXPECT_EQ(automatic_grain(3200, 2, {.max = 30}), 30u);
  EXPECT_EQ(automatic_grain(3200, 2, {.min = 50, .max = 30}), 50u);
  EXPECT_EQ(automatic_grain(3200, 2, {.step = 64}), 128u);
  constexpr std::uint64_t largest = ~std::uint64_t{0};
  EXPECT_EQ(automatic_grain(largest, 1, {.min = largest, .step = 64}), largest);
}

TEST(LookUp, NamesTheNearestVariant) {
  EXPECT_EQ(prime_algorithm("sieve").name, std::string("sieve"));
  for (const auto& look : {+[] { prime_algorithm("seive"); }, +[] { dart_variant("smid"); },
                           +[] { factor_search("vectro"); }})
    EXPECT_THROW(look(), UsageError);
}

}  // namespace
}  // namespace parlab
