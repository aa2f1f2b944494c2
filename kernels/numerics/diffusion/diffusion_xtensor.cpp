// xtensor: a row at a time as a lazy xtensor expression over views of the plate; nothing is copied.

#ifdef PARLAB_HAS_XTENSOR

#include <array>

#include "kernels/base/xtensor.hpp"
#include "kernels/numerics/diffusion/heat.hpp"

namespace parlab {
namespace {

void sweep_rows(ConstPlate from, Plate to, IndexRange rows, const Sweep& sweep) {
  const std::array<std::size_t, 1> inner = {from.columns - 2};
  const auto view = [&](const double* cells) {
    return xt::adapt(cells, inner[0], xt::no_ownership(), inner);
  };
  for_inner_rows(from, to, rows, sweep, [&](const RowNeighbours& beside, double* next) {
    const auto up = view(beside.up + 1), down = view(beside.down + 1);
    const auto left = view(beside.centre), centre = view(beside.centre + 1),
               right = view(beside.centre + 2);
    auto target = xt::adapt(next + 1, inner[0], xt::no_ownership(), inner);
    xt::noalias(target) = centre + sweep.rate * (((up + down) + (left + right)) - 4.0 * centre);
  });
}

const RegisterDiffusionVariant registered{{
    .name = "xtensor",
    .what = "rows as lazy xtensor expressions",
    .sweep = sweep_rows,
}};

}  // namespace
}  // namespace parlab

#endif  // PARLAB_HAS_XTENSOR
