// eigen: a row at a time as an Eigen array expression over views of the plate; nothing is copied.

#ifdef PARLAB_HAS_EIGEN

#include <Eigen/Core>

#include "kernels/numerics/diffusion.hpp"

namespace parlab {
namespace {

void sweep_rows(ConstPlate from, Plate to, IndexRange rows, const Sweep& sweep) {
  using Row = Eigen::Map<const Eigen::ArrayXd>;
  for_inner_rows(from, to, rows, sweep, [&](const RowNeighbours& beside, double* next) {
    const auto inner = static_cast<Eigen::Index>(from.columns - 2);
    const Row up(beside.up + 1, inner), down(beside.down + 1, inner);
    const Row left(beside.centre, inner), centre(beside.centre + 1, inner),
        right(beside.centre + 2, inner);
    Eigen::Map<Eigen::ArrayXd>(next + 1, inner) =
        centre + sweep.rate * (((up + down) + (left + right)) - 4.0 * centre);
  });
}

const RegisterDiffusionVariant registered{{
    .name = "eigen",
    .what = "rows as Eigen array expressions",
    .sweep = sweep_rows,
}};

}  // namespace
}  // namespace parlab

#endif  // PARLAB_HAS_EIGEN
