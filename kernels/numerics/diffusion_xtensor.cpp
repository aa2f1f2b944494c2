// xtensor: a row at a time as a lazy xtensor expression over views of the plate; nothing is copied.

#ifdef PARLAB_HAS_XTENSOR

#include <array>
#include <xtensor/xadapt.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xnoalias.hpp>

#include "kernels/numerics/diffusion.hpp"

namespace parlab {
namespace {

void sweep_rows(ConstPlate from, Plate to, IndexRange rows, const Sweep& sweep) {
  const std::array<std::size_t, 1> inner = {from.columns - 2};
  const auto view = [&](const double* cells) {
    return xt::adapt(cells, inner[0], xt::no_ownership(), inner);
  };
  for_inner_rows(from, to, rows, [&](std::uint64_t row) {
    const auto up = view(from[row - 1] + 1), down = view(from[row + 1] + 1);
    const auto left = view(from[row]), centre = view(from[row] + 1), right = view(from[row] + 2);
    auto next = xt::adapt(to[row] + 1, inner[0], xt::no_ownership(), inner);
    xt::noalias(next) = centre + sweep.rate * (((up + down) + (left + right)) - 4.0 * centre);
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
