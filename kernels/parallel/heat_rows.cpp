#include "kernels/parallel/heat_rows.hpp"

#include <algorithm>

namespace parlab {

GrainLimits heat_grain(std::uint64_t rows, int depth, int workers) {
  const auto share = static_cast<std::uint64_t>(workers);
  const std::uint64_t even = rows / share + (rows % share != 0 ? 1 : 0);
  const std::uint64_t again = 16 * static_cast<std::uint64_t>(depth);
  return {.min = std::clamp<std::uint64_t>(again, 1, std::max<std::uint64_t>(rows / share, 1)),
          .max = std::max<std::uint64_t>(even, 1)};
}

void spread_heat(Backend& backend, const Chunking& rows, const DiffusionVariant& variant,
                 ConstPlate first, Plate between, Plate last, double rate, Edges edges,
                 std::uint64_t steps, int depth) {
  diffuse(variant, first, between, last, rate, edges, steps, depth,
          [&](const auto& work) { backend.for_chunks(rows, work); });
}

}  // namespace parlab
