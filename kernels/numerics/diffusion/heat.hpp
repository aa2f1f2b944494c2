#pragma once

// Heat that spreads over a plate: each step moves every cell towards the mean of its four
// neighbours,
//
//   next = centre + rate * (((up + down) + (left + right)) - 4 * centre),
//
// and the cells of the edge keep what they have, or, where the plate is periodic, have for
// neighbours those of the opposite edge. Explicit Euler for the heat equation with rate =
// D dt / dx^2; stable for rate <= 1/4.
//
// Seven operations a cell against sixteen bytes of memory: where the plate does not fit in the
// cache, a step takes as long as reading it and writing it, whatever the code. Only going through
// memory less often is faster: `tiled` makes several steps in one sweep.
//
// All variants do the operations of the formula in its order and fuse none, so the cells are the
// same, bit for bit, on every SIMD level, for any tiling, and however the rows are split.
//
// Source: Gorelick and Ozsvald, High Performance Python, chapter 6; Wonnacott, "Time skewing for
// parallel computers", LCPC 1999, for the order of `tiled`.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/base/index_range.hpp"

namespace parlab {

/// A view of rows x columns doubles, each row contiguous, rows `stride` doubles apart. Owns
/// nothing.
template <class Cell>
struct Rows {
  Cell* cells = nullptr;
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;
  std::uint64_t stride = 0;

  Cell* operator[](std::uint64_t row) const { return cells + row * stride; }
  operator Rows<const Cell>() const { return {cells, rows, columns, stride}; }
};
using Plate = Rows<double>;
using ConstPlate = Rows<const double>;

enum class Edges {
  fixed,     // the cells of the edge keep what they have
  periodic,  // beyond an edge lies the opposite one
};

struct Sweep {
  double rate = 0.1;
  int steps = 1;                // 1 to the variant's max_steps
  bool bypasses_cache = false;  // writes past the cache: for plates that do not fit in it
  Edges edges = Edges::fixed;
};

/// Computes rows [rows.begin, rows.end) of `to` as they are sweep.steps steps after `from`, which
/// has the same shape, edges included, and does not overlap `to`. Reads of `from` those rows and
/// sweep.steps more on each side: where there are such, or, on a periodic plate, beyond the edges.
using DiffusionKernel = void (*)(ConstPlate from, Plate to, IndexRange rows, const Sweep& sweep);

struct DiffusionVariant {
  std::string name;
  std::string what;   // one line
  int max_steps = 1;  // that one sweep can make
  DiffusionKernel sweep;
  bool diffuses = true;  // false: only moves the same bytes, which is the bound to compare with
};

/// Most steps of one sweep of any variant. Deeper ones do not fit in the cache.
inline constexpr int max_steps_per_sweep = 64;

/// Steps of a sweep from which on more save little time, but make the rings larger.
inline constexpr int default_depth = 16;

/// Bytes of a plate from which on its rows are gone from the cache before they are read again.
inline constexpr std::size_t bytes_beyond_cache = std::size_t{64} << 20;

/// Every variant of this build, by name.
std::vector<DiffusionVariant> diffusion_variants();

/// "fixed" or "periodic". Throws UsageError for anything else.
Edges edges_named(const std::string& name);

/// Throws UsageError, with the nearest valid name, where there is none of that name.
DiffusionVariant diffusion_variant(const std::string& name);

/// A static one in its source file adds a variant, here and to the KernelRegistry ("diffusion").
class RegisterDiffusionVariant {
 public:
  explicit RegisterDiffusionVariant(DiffusionVariant variant);
};

/// Whether a row is one of the edge's, which only keeps its cells.
inline bool is_edge_row(const ConstPlate& plate, std::uint64_t row) {
  return row == 0 || row + 1 == plate.rows;
}

/// A row between the two beside it.
struct RowNeighbours {
  const double* up;
  const double* centre;
  const double* down;
};

/// A cell of a periodic row.
inline double wrapped_cell(const RowNeighbours& rows, std::uint64_t j, std::uint64_t columns,
                           double rate) {
  const double left = rows.centre[j == 0 ? columns - 1 : j - 1];
  const double right = rows.centre[j + 1 == columns ? 0 : j + 1];
  const double around = (rows.up[j] + rows.down[j]) + (left + right);
  return rows.centre[j] + rate * (around - 4 * rows.centre[j]);
}

/// Calls inner(RowNeighbours, next) for each row that has neighbours on all sides, to compute all
/// cells but the first and last. Does the rest: these two, and the rows of a fixed edge.
template <class Inner>
void for_inner_rows(ConstPlate from, Plate to, IndexRange rows, const Sweep& sweep,
                    const Inner& inner) {
  const std::uint64_t columns = from.columns;
  if (columns == 0) return;
  const bool wraps = sweep.edges == Edges::periodic;
  for (std::uint64_t row = rows.begin; row < rows.end; ++row) {
    double* next = to[row];
    if (!wraps && (is_edge_row(from, row) || columns <= 2)) {
      for (std::uint64_t j = 0; j < columns; ++j) next[j] = from[row][j];
      continue;
    }
    const RowNeighbours beside{from[row == 0 ? from.rows - 1 : row - 1], from[row],
                               from[row + 1 == from.rows ? 0 : row + 1]};
    if (columns > 2) inner(beside, next);
    for (const std::uint64_t j : {std::uint64_t{0}, columns - 1})
      next[j] = wraps ? wrapped_cell(beside, j, columns, sweep.rate) : beside.centre[j];
  }
}

/// `steps` steps from `first` to `last`, in sweeps of at most `depth` steps, by way of `between`,
/// all of one shape. `first` keeps its cells. for_rows(work) calls work(IndexRange) for all rows,
/// on whatever workers, and returns when it is done: that is the barrier between two sweeps.
/// Requires steps >= 1.
template <class ForRows>
void diffuse(const DiffusionVariant& variant, ConstPlate first, Plate between, Plate last,
             double rate, Edges edges, std::uint64_t steps, int depth, const ForRows& for_rows) {
  const auto most = static_cast<std::uint64_t>(depth);
  const bool bypasses = first.rows * first.columns * sizeof(double) >= bytes_beyond_cache;
  // The last sweep ends in `last`; before it the two take turns.
  std::uint64_t sweeps = (steps + most - 1) / most;
  ConstPlate from = first;
  for (std::uint64_t left = steps; left > 0; --sweeps) {
    const Plate to = sweeps % 2 == 1 ? last : between;
    const std::uint64_t now = left < most ? left : most;
    const Sweep sweep{rate, static_cast<int>(now), bypasses, edges};
    for_rows([&](IndexRange rows) { variant.sweep(from, to, rows, sweep); });
    from = to;
    left -= now;
  }
}

}  // namespace parlab
