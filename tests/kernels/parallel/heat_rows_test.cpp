#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/backends/backend_registry.hpp"
#include "kernels/posix/shared_mapping.hpp"
#include "tests/kernels/numerics/diffusion/own_plate.hpp"

namespace parlab {
namespace {

class DiffusionOnBackends : public testing::TestWithParam<DiffusionVariant> {};

TEST_P(DiffusionOnBackends, GivesTheSameBitsOnEachOfThem) {
  constexpr double rate = 0.23;
  constexpr std::uint64_t rows = 40, columns = 300, steps = 11;
  const SharedMapping memory(2 * rows * columns * sizeof(double));
  auto* cells = reinterpret_cast<double*>(memory.data());
  const Plate between{cells, rows, columns, columns};
  const Plate last{cells + rows * columns, rows, columns, columns};
  for (const Edges edges : {Edges::fixed, Edges::periodic}) {
    OwnPlate start(rows, columns);
    start.fill(5);
    OwnPlate wanted = steps_by_definition(start, rate, steps, edges);
    for (const BackendEntry& entry : backends())
      for (const int workers : {1, 3}) {
        if (!entry.shares_memory() || (workers > 1 && !entry.parallel)) continue;
        const auto backend = make_backend({entry.name, "", workers});
        std::fill_n(last.cells, rows * columns, 0.0);
        diffuse(GetParam(), start.plate(), between, last, rate, edges, steps,
                std::min(4, GetParam().max_steps), [&](const auto& work) {
                  backend->for_chunks(Chunking({0, rows}, 7), work);
                });
        for (std::uint64_t row = 0; row < rows; ++row)
          for (std::uint64_t j = 0; j < columns; ++j)
            ASSERT_EQ(last[row][j], wanted.plate()[row][j])
                << entry.name << " x" << workers << " at " << row << ", " << j;
      }
  }
}

std::vector<DiffusionVariant> variants() {
  std::vector<DiffusionVariant> diffusing;
  for (const DiffusionVariant& variant : diffusion_variants())
    if (variant.diffuses) diffusing.push_back(variant);
  return diffusing;
}
INSTANTIATE_TEST_SUITE_P(Variants, DiffusionOnBackends, testing::ValuesIn(variants()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace parlab
