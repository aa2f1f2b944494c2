#include "kernels/parallel/sparse_product.hpp"

#include <algorithm>

namespace parlab {

std::uint64_t indices_of(const SparseSize& size, SparseSplit split) {
  return split == SparseSplit::rows ? size.rows : size.places();
}

GrainLimits sparse_grain(const SparseSize& size, SparseSplit split) {
  constexpr std::uint64_t places = 1 << 13;
  if (split == SparseSplit::places) return {.min = places};
  const std::uint64_t each = size.places() / std::max<std::uint64_t>(size.rows, 1);
  return {.min = std::max<std::uint64_t>(places / std::max<std::uint64_t>(each, 1), 1)};
}

void multiply(Backend& backend, const Chunking& chunks, SparseSplit split, const SparseRows& matrix,
              const double* x, double* y) {
  backend.for_chunks(chunks, [&](IndexRange some) {
    multiply_rows(matrix, x, split == SparseSplit::rows ? some : rows_that_begin_in(matrix, some),
                  y);
  });
}

}  // namespace parlab
