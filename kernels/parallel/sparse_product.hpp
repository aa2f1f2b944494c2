#pragma once

// A sparse matrix times a vector on any backend.

#include <cstdint>
#include <string>

#include "kernels/backends/backend.hpp"
#include "kernels/numerics/sparse/sparse_rows.hpp"
#include "kernels/parallel/grain.hpp"

namespace parlab {

/// How a product is cut into chunks.
enum class SparseSplit {
  rows,    // as many rows each
  places,  // as many rows and nonzeros each: the same work, but for a row that is longer
};

/// What a chunking of the product counts.
std::uint64_t indices_of(const SparseSize& size, SparseSplit split);

/// Some 10 us.
GrainLimits sparse_grain(const SparseSize& size, SparseSplit split);

/// y = matrix x, in memory that the workers share. Requires chunks of all indices_of().
void multiply(Backend& backend, const Chunking& chunks, SparseSplit split, const SparseRows& matrix,
              const double* x, double* y);

}  // namespace parlab
