// scalar: cell by cell, as one would write it by hand. What the compiler makes of it is its affair.

#include "kernels/numerics/diffusion.hpp"

namespace parlab {
namespace {

void sweep_rows(ConstPlate from, Plate to, IndexRange rows, const Sweep& sweep) {
  for_inner_rows(from, to, rows, sweep, [&](const RowNeighbours& beside, double* next) {
    const auto [up, centre, down] = beside;
    for (std::uint64_t j = 1; j + 1 < from.columns; ++j) {
      const double around = (up[j] + down[j]) + (centre[j - 1] + centre[j + 1]);
      next[j] = centre[j] + sweep.rate * (around - 4 * centre[j]);
    }
  });
}

const RegisterDiffusionVariant registered{{
    .name = "scalar",
    .what = "cell by cell",
    .sweep = sweep_rows,
}};

}  // namespace
}  // namespace parlab
