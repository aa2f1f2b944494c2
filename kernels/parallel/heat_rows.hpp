#pragma once

// Heat on a plate, its rows split over any backend.

#include <cstdint>

#include "kernels/backends/backend.hpp"
#include "kernels/numerics/diffusion/heat.hpp"
#include "kernels/parallel/grain.hpp"

namespace parlab {

/// Where chunks meet, depth - 1 rows are computed twice: chunks of 16 times as many keep that below
/// a tenth. But no fewer chunks than workers, for each sweep ends at a barrier.
GrainLimits heat_grain(std::uint64_t rows, int depth, int workers);

/// `steps` steps from `first` to `last` by way of `between`, all of one shape and in memory that
/// the workers share, in sweeps of at most `depth` steps. `first` keeps its cells. Requires
/// steps >= 1 and chunks of all rows; `between` is used only where steps > depth. Where the backend has a
/// keeper, this makes the next of these sweeps; `last` then holds what earlier calls have left there.
void spread_heat(Backend& backend, const Chunking& rows, const DiffusionVariant& variant,
                 ConstPlate first, Plate between, Plate last, double rate, Edges edges,
                 std::uint64_t steps, int depth);

}  // namespace parlab
