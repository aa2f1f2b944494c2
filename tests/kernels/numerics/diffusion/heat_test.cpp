#include "kernels/numerics/diffusion/heat.hpp"

#include <gmock/gmock.h>

#include <random>
#include <vector>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/base/errors.hpp"
#include "kernels/machine/simd_level.hpp"
#include "kernels/posix/shared_mapping.hpp"

namespace parlab {
namespace {

constexpr double rate = 0.23;

/// A plate with memory of its own. Beyond each row, up to the stride, lies a value that no variant
/// may read or write.
class OwnPlate {
 public:
  OwnPlate(std::uint64_t rows, std::uint64_t columns, std::uint64_t spare = 0)
      : rows_(rows),
        columns_(columns),
        stride_(columns + spare),
        cells_(rows * stride_ + 1, -1e9) {}
  // From the second cell of the memory on, so that rows are not aligned.
  Plate plate() { return {cells_.data() + 1, rows_, columns_, stride_}; }
  void fill(unsigned seed) {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> heat(-1, 1);
    for (std::uint64_t row = 0; row < rows_; ++row)
      for (std::uint64_t j = 0; j < columns_; ++j) plate()[row][j] = heat(random);
  }
  const std::vector<double>& cells() const { return cells_; }

 private:
  std::uint64_t rows_, columns_, stride_;
  std::vector<double> cells_;
};

/// The formula, cell by cell, over the whole plate.
OwnPlate steps_by_definition(const OwnPlate& start, std::uint64_t steps, Edges edges) {
  OwnPlate now = start;
  const std::uint64_t kept = edges == Edges::fixed ? 1 : 0;
  for (std::uint64_t step = 0; step < steps; ++step) {
    OwnPlate next = now;
    const Plate from = now.plate();
    const Plate to = next.plate();
    const auto cell = [&](std::uint64_t i, std::uint64_t j) {
      return from[i % from.rows][j % from.columns];
    };
    for (std::uint64_t i = kept; i + kept < from.rows; ++i)
      for (std::uint64_t j = kept; j + kept < from.columns; ++j) {
        const double up = cell(i + from.rows - 1, j), down = cell(i + 1, j);
        const double left = cell(i, j + from.columns - 1), right = cell(i, j + 1);
        to[i][j] = from[i][j] + rate * (((up + down) + (left + right)) - 4 * from[i][j]);
      }
    now = next;
  }
  return now;
}

struct Case {
  DiffusionVariant variant;
  std::string level;  // of SIMD; empty: as it comes
};

std::vector<Case> cases_of(int min_steps_per_sweep, bool on_each_level = true) {
  std::vector<Case> cases;
  for (const DiffusionVariant& variant : diffusion_variants()) {
    if (!variant.diffuses || variant.max_steps < min_steps_per_sweep) continue;
    cases.push_back({variant, ""});
    if (!on_each_level || (variant.name != "simd" && variant.name != "tiled")) continue;
    for (const std::string& level : supported_simd_levels()) cases.push_back({variant, level});
  }
  return cases;
}

class Diffusion : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (!GetParam().level.empty()) force_simd_level(GetParam().level);
  }
  void TearDown() override { unforce_simd_level(); }

  /// One sweep of the whole plate in chunks of `grain` rows, against the definition, with edges of
  /// either kind.
  void expect_definition(std::uint64_t rows, std::uint64_t columns, Sweep sweep,
                         std::uint64_t grain, std::uint64_t spare = 0) const {
    for (const Edges edges : {Edges::fixed, Edges::periodic}) {
      sweep.edges = edges;
      expect_definition_with_edges(rows, columns, sweep, grain, spare);
    }
  }

 private:
  static void expect_definition_with_edges(std::uint64_t rows, std::uint64_t columns,
                                           const Sweep& sweep, std::uint64_t grain,
                                           std::uint64_t spare) {
    OwnPlate start(rows, columns, spare);
    start.fill(static_cast<unsigned>(rows * 1000 + columns));
    OwnPlate end(rows, columns, spare);
    const Chunking chunking({0, rows}, grain);
    for (std::uint64_t chunk = 0; chunk < chunking.chunks(); ++chunk)
      GetParam().variant.sweep(start.plate(), end.plate(), chunking[chunk], sweep);
    ASSERT_EQ(end.cells(), steps_by_definition(start, sweep.steps, sweep.edges).cells())
        << rows << " x " << columns << " + " << spare << ", grain " << grain << ", " << sweep.steps
        << " steps" << (sweep.edges == Edges::periodic ? ", periodic" : "");
  }
};

TEST_P(Diffusion, FollowsTheDefinitionBitForBitOnPlatesOfEverySize) {
  for (std::uint64_t rows = 1; rows < 7; ++rows)
    for (std::uint64_t columns = 1; columns < 40; columns += columns < 5 ? 1 : 7)
      for (const bool bypasses : {false, true})
        expect_definition(rows, columns, {rate, 1, bypasses}, rows);
  expect_definition(37, 301, {rate, 1, false}, 5);
  expect_definition(37, 301, {rate, 1, true}, 37, 3);
  for (std::uint64_t rows = 3; rows < 14; ++rows)
    expect_definition(rows, 64, {rate, 1, true}, rows);
}

class DiffusionInTime : public Diffusion {};

TEST_P(DiffusionInTime, MakesSeveralStepsInASweepHoweverTheRowsAreSplit) {
  for (const int steps : {2, 3, 7, GetParam().variant.max_steps})
    for (const std::uint64_t grain : {1u, 2u, 5u, 16u, 50u}) {
      expect_definition(23, 61, {rate, steps, false}, grain);
      expect_definition(3, 9, {rate, steps, true}, grain, 2);
    }
  // Smaller than the steps reach: around a periodic plate more than once.
  for (const std::uint64_t rows : {1u, 2u, 5u})
    for (const std::uint64_t columns : {1u, 2u, 3u, 7u}) {
      expect_definition(rows, columns, {rate, 2, false}, 1);
      expect_definition(rows, columns, {rate, GetParam().variant.max_steps, false}, 2, 1);
    }
  // Wider than a strip, so that strips meet.
  expect_definition(12, 1100, {rate, 9, false}, 5);
  expect_definition(70, 2300, {rate, 8, true}, 33, 1);
  // Rows alike in alignment, which are computed some at a time.
  for (const std::uint64_t grain : {1u, 4u, 7u, 70u}) {
    expect_definition(70, 2300, {rate, 8, true}, grain, 4);
    expect_definition(23, 64, {rate, 5, false}, grain);
  }
}

class DiffusionOnBackends : public Diffusion {};

TEST_P(DiffusionOnBackends, GivesTheSameBitsOnEachOfThem) {
  constexpr std::uint64_t rows = 40, columns = 300, steps = 11;
  const SharedMapping memory(2 * rows * columns * sizeof(double));
  auto* cells = reinterpret_cast<double*>(memory.data());
  const Plate between{cells, rows, columns, columns};
  const Plate last{cells + rows * columns, rows, columns, columns};
  for (const Edges edges : {Edges::fixed, Edges::periodic}) {
    OwnPlate start(rows, columns);
    start.fill(5);
    OwnPlate wanted = steps_by_definition(start, steps, edges);
    for (const BackendEntry& entry : backends())
      for (const int workers : {1, 3}) {
        if (!entry.shares_memory || (workers > 1 && !entry.parallel)) continue;
        const auto backend = make_backend({entry.name, "", workers});
        std::fill_n(last.cells, rows * columns, 0.0);
        diffuse(GetParam().variant, start.plate(), between, last, rate, edges, steps,
                std::min(4, GetParam().variant.max_steps), [&](const auto& work) {
                  backend->for_chunks(Chunking({0, rows}, 7), work);
                });
        for (std::uint64_t row = 0; row < rows; ++row)
          for (std::uint64_t j = 0; j < columns; ++j)
            ASSERT_EQ(last[row][j], wanted.plate()[row][j])
                << entry.name << " x" << workers << " at " << row << ", " << j;
      }
  }
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
  return info.param.variant.name + (info.param.level.empty() ? "" : "_" + info.param.level);
}
INSTANTIATE_TEST_SUITE_P(Variants, Diffusion, testing::ValuesIn(cases_of(1)), name_of);
INSTANTIATE_TEST_SUITE_P(Variants, DiffusionOnBackends, testing::ValuesIn(cases_of(1, false)),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Variants, DiffusionInTime, testing::ValuesIn(cases_of(2)), name_of);

TEST(DiffusionVariants, CallStreamTheBoundAndMoveTheBytes) {
  const DiffusionVariant stream = diffusion_variant("stream");
  EXPECT_FALSE(stream.diffuses);
  OwnPlate from(9, 33, 2), to(9, 33, 2);
  from.fill(1);
  for (const bool bypasses : {false, true}) {
    stream.sweep(from.plate(), to.plate(), {0, 9}, {rate, 1, bypasses});
    EXPECT_EQ(to.cells(), from.cells());
  }
}

TEST(DiffusionVariants, AreRefusedWithTheNearestName) {
  EXPECT_THROW(diffusion_variant("tield"), UsageError);
}

TEST(DiffusionEdges, AreFixedOrPeriodic) {
  EXPECT_EQ(edges_named("fixed"), Edges::fixed);
  EXPECT_EQ(edges_named("periodic"), Edges::periodic);
  EXPECT_THROW(edges_named("periodical"), UsageError);
  EXPECT_THROW(edges_named(""), UsageError);
}

}  // namespace
}  // namespace parlab
