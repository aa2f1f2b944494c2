#pragma once

// Heat that spreads over a plate: each step moves every cell towards the mean of its four
// neighbours,
//
//   next = centre + rate * (((up + down) + (left + right)) - 4 * centre),
//
// and the cells of the edge keep what they have. Explicit Euler for the heat equation with rate =
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

#include "kernels/index_range.hpp"

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

struct Sweep {
  double rate = 0.1;
  int steps = 1;                // 1 to the variant's most_steps
  bool bypasses_cache = false;  // writes past the cache: for plates that do not fit in it
};

/// Computes rows [rows.begin, rows.end) of `to` as they are sweep.steps steps after `from`, which
/// has the same shape, edges included, and does not overlap `to`. Reads of `from` those rows and
/// sweep.steps more on each side, where there are such.
using DiffusionKernel = void (*)(ConstPlate from, Plate to, IndexRange rows, const Sweep& sweep);

struct DiffusionVariant {
  std::string name;
  std::string what;    // one line
  int most_steps = 1;  // that one sweep can make
  DiffusionKernel sweep;
  bool diffuses = true;  // false: only moves the same bytes, which is the bound to compare with
};

/// Most steps of one sweep of any variant. Deeper ones do not fit in the cache.
inline constexpr int most_steps_a_sweep = 64;

/// Steps of a sweep from which on more save little time, but make the rings larger.
inline constexpr int default_depth = 16;

/// Bytes of a plate from which on its rows are gone from the cache before they are read again.
inline constexpr std::size_t bytes_beyond_cache = std::size_t{64} << 20;

/// Every variant of this build, by name.
std::vector<DiffusionVariant> diffusion_variants();

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

/// Calls inner(row) for each row that has neighbours on all sides, and copies what keeps its cells:
/// the others, and the first and last cell of each.
template <class Inner>
void for_inner_rows(ConstPlate from, Plate to, IndexRange rows, const Inner& inner) {
  const std::uint64_t columns = from.columns;
  for (std::uint64_t row = rows.begin; row < rows.end; ++row) {
    if (is_edge_row(from, row) || columns <= 2) {
      for (std::uint64_t j = 0; j < columns; ++j) to[row][j] = from[row][j];
    } else {
      to[row][0] = from[row][0];
      inner(row);
      to[row][columns - 1] = from[row][columns - 1];
    }
  }
}

/// `steps` steps from `first` to `last`, in sweeps of at most `depth` steps, by way of `between`,
/// all of one shape. `first` keeps its cells. for_rows(work) calls work(IndexRange) for all rows,
/// on whatever workers, and returns when it is done: that is the barrier between two sweeps.
/// Requires steps >= 1.
template <class ForRows>
void diffuse(const DiffusionVariant& variant, ConstPlate first, Plate between, Plate last,
             double rate, std::uint64_t steps, int depth, const ForRows& for_rows) {
  const auto most = static_cast<std::uint64_t>(depth);
  const bool bypasses = first.rows * first.columns * sizeof(double) >= bytes_beyond_cache;
  // The last sweep ends in `last`; before it the two take turns.
  std::uint64_t sweeps = (steps + most - 1) / most;
  ConstPlate from = first;
  for (std::uint64_t left = steps; left > 0; --sweeps) {
    const Plate to = sweeps % 2 == 1 ? last : between;
    const std::uint64_t now = left < most ? left : most;
    const Sweep sweep{rate, static_cast<int>(now), bypasses};
    for_rows([&](IndexRange rows) { variant.sweep(from, to, rows, sweep); });
    from = to;
    left -= now;
  }
}

}  // namespace parlab
