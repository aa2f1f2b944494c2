#include "kernels/numerics/diffusion/heat.hpp"

#include <gmock/gmock.h>

#include <vector>

#include "kernels/base/errors.hpp"
#include "kernels/machine/simd_level.hpp"
#include "tests/kernels/numerics/diffusion/own_plate.hpp"

namespace parlab {
namespace {

constexpr double rate = 0.23;

struct Case {
  DiffusionVariant variant;
  std::string level;  // of SIMD; empty: as it comes
};

std::vector<Case> cases_of(int min_steps_per_sweep) {
  std::vector<Case> cases;
  for (const DiffusionVariant& variant : diffusion_variants()) {
    if (!variant.diffuses || variant.max_steps < min_steps_per_sweep) continue;
    cases.push_back({variant, ""});
    if (variant.name != "simd" && variant.name != "tiled") continue;
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
    ASSERT_EQ(end.cells(), steps_by_definition(start, sweep.rate, sweep.steps, sweep.edges).cells())
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

std::string name_of(const testing::TestParamInfo<Case>& info) {
  return info.param.variant.name + (info.param.level.empty() ? "" : "_" + info.param.level);
}
INSTANTIATE_TEST_SUITE_P(Variants, Diffusion, testing::ValuesIn(cases_of(1)), name_of);
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
