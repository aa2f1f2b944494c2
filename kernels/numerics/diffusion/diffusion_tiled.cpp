// tiled: several steps of heat in one sweep through memory, in SIMD by Highway.
//
// A wave: some rows of the first step, then those one higher of the second, two higher of the
// third, ... Of each step but the last only a few rows are ever needed again; they lie in a ring
// that fits in the cache of a core. Strips of columns keep the ring short. Where chunks or strips
// meet, both compute the cells that both need (steps - 1 rows or columns on each side), so nobody
// waits for anybody.
//
// Where the plate is periodic, a strip that needs cells from beyond an edge works on a copy of what
// it reads, in which those lie beside it.

#include <algorithm>
#include <vector>

#include "kernels/numerics/diffusion/heat.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/numerics/diffusion/diffusion_tiled.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/numerics/diffusion/diffusion_rows-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace parlab::HWY_NAMESPACE {
namespace {

/// Bytes of the rings of one strip: they leave room for what streams through a cache of 512 KiB.
constexpr std::uint64_t ring_bytes = 384 << 10;

/// Rows of a step that the next one needs again.
constexpr std::uint64_t ring_rows = rows_at_once + 2;

/// A strip narrower than this spends its time at its ends.
constexpr std::uint64_t min_strip = 256;  // columns

/// One strip of columns [strip.begin, strip.end) of tiled's wave.
class Wave {
 public:
  Wave(ConstPlate from, Plate to, IndexRange rows, IndexRange strip, const Sweep& sweep,
       std::vector<double>& rings)
      : from_(from), to_(to), rows_(rows), strip_(strip), sweep_(sweep), rings_(rings.data()) {
    margin_ = static_cast<std::uint64_t>(sweep.steps) - 1;
    first_column_ = (strip.begin - std::min(strip.begin, margin_ + 1)) / lanes * lanes;
    row_length_ = ring_row_length(strip.size(), sweep.steps);
  }

  /// Doubles of a row of a ring for a strip so wide: whole vectors, so that rows are alike.
  static std::uint64_t ring_row_length(std::uint64_t strip, int steps) {
    return (strip + 2 * static_cast<std::uint64_t>(steps) + 2 * lanes) / lanes * lanes;
  }

  void run() {
    const auto steps = static_cast<std::uint64_t>(sweep_.steps);
    constexpr std::uint64_t at_once = rows_at_once;
    for (std::uint64_t front = rows_of(1).begin; front < rows_.end + steps; front += at_once)
      for (std::uint64_t step = 1; step <= steps && step - 1 < front + at_once; ++step) {
        const IndexRange wanted = rows_of(step);
        const std::uint64_t begin = std::max(wanted.begin, front - std::min(front, step - 1));
        compute(step, {begin, std::min(wanted.end, front + at_once - (step - 1))});
      }
  }

 private:
  /// Rows of a step that later ones read; those of the edge are never computed.
  IndexRange rows_of(std::uint64_t step) const {
    const std::uint64_t more = margin_ + 1 - step;
    const std::uint64_t begin =
        std::max<std::uint64_t>(rows_.begin - std::min(rows_.begin, more), 1);
    return {begin, std::max(begin, std::min(rows_.end + more, from_.rows - 1))};
  }

  /// Where row `row` lies after `step` steps, so that its cell of column j is at [j].
  const double* row_after(std::uint64_t step, std::uint64_t row) const {
    return step == 0 || is_edge_row(from_, row) ? from_[row] : ring_row(step, row);
  }
  double* ring_row(std::uint64_t step, std::uint64_t row) const {
    return rings_ + ((step - 1) * ring_rows + row % ring_rows) * row_length_ - first_column_;
  }

  void compute(std::uint64_t step, IndexRange rows) const {
    const bool is_whole_block = rows.begin + rows_at_once == rows.end;
    if (is_whole_block && to_.stride % lanes == 0)
      compute_rows<rows_at_once>(step, rows.begin);
    else
      for (std::uint64_t row = rows.begin; row < rows.end; ++row) compute_rows<1>(step, row);
  }

  template <int count>
  void compute_rows(std::uint64_t step, std::uint64_t row) const {
    const bool is_last = step == margin_ + 1;
    const std::uint64_t more = margin_ + 1 - step;
    const std::uint64_t last_column = from_.columns - 1;
    const std::uint64_t begin =
        std::max<std::uint64_t>(strip_.begin - std::min(strip_.begin, more), 1);
    const std::uint64_t end = std::min(strip_.end + more, last_column);
    RowBlock<count> rows;
    for (int k = 0; k < count + 2; ++k) rows.from[k] = row_after(step - 1, row - 1 + k);
    for (int k = 0; k < count; ++k) {
      double* next = is_last ? to_[row + k] : ring_row(step, row + k);
      if (strip_.begin <= more) next[0] = from_[row + k][0];
      if (strip_.end + more > last_column) next[last_column] = from_[row + k][last_column];
      rows.next[k] = next;
      const std::uint64_t soon = std::min(row + count + 1 + k, from_.rows - 1);
      rows.fetch[k] = step == 1 ? from_[soon] : rows.from[k];
    }
    update_rows(rows, begin, end, sweep_.rate, is_last && sweep_.bypasses_cache);
  }

  ConstPlate from_;
  Plate to_;
  IndexRange rows_, strip_;
  const Sweep& sweep_;
  double* rings_;
  std::uint64_t margin_, first_column_, row_length_;
};

/// The rows and columns of a strip with `margin` more on each side, where those beyond an edge are
/// the ones at the opposite edge. Lies in `memory`.
ConstPlate wrapped_copy(ConstPlate from, IndexRange rows, IndexRange strip, std::uint64_t margin,
                        std::vector<double>& memory) {
  const Plate copy{nullptr, rows.size() + 2 * margin, strip.size() + 2 * margin,
                   strip.size() + 2 * margin};
  memory.resize(copy.rows * copy.stride);
  const auto before = [margin](std::uint64_t begin, std::uint64_t size) {
    return (begin + size - margin % size) % size;
  };
  for (std::uint64_t i = 0, row = before(rows.begin, from.rows); i < copy.rows; ++i) {
    double* next = memory.data() + i * copy.stride;
    for (std::uint64_t left = copy.columns, j = before(strip.begin, from.columns); left > 0;
         j = 0) {
      const std::uint64_t some = std::min(left, from.columns - j);
      next = std::copy_n(from[row] + j, some, next);
      left -= some;
    }
    row = row + 1 == from.rows ? 0 : row + 1;
  }
  return {memory.data(), copy.rows, copy.columns, copy.stride};
}

/// Computes parts of a strip, whose rings are at hand, by whatever way.
class StripOfTiles {
 public:
  StripOfTiles(ConstPlate from, Plate to, IndexRange strip, const Sweep& sweep,
               std::vector<double>& rings, std::vector<double>& copy)
      : from_(from), to_(to), strip_(strip), sweep_(sweep), rings_(rings), copy_(copy) {}

  void compute(IndexRange rows) const {
    if (!rows.empty()) Wave(from_, to_, rows, strip_, sweep_, rings_).run();
  }

  /// On a periodic plate: cells beyond an edge by way of a copy.
  void compute_wrapping(IndexRange rows) const {
    const auto steps = static_cast<std::uint64_t>(sweep_.steps);
    const bool crosses_columns = strip_.begin < steps || strip_.end + steps > from_.columns;
    if (crosses_columns) return compute_copied(rows);
    const std::uint64_t first_inner = std::min(steps, from_.rows);
    const std::uint64_t last_inner = std::max(first_inner, from_.rows - first_inner);
    const auto within = [&](std::uint64_t begin, std::uint64_t end) -> IndexRange {
      begin = std::max(begin, rows.begin);
      return {begin, std::max(begin, std::min(end, rows.end))};
    };
    compute_copied(within(0, first_inner));
    compute(within(first_inner, last_inner));
    compute_copied(within(last_inner, from_.rows));
  }

 private:
  /// Some rows at a time: as many as keep small what is computed twice, and few enough for a cache.
  void compute_copied(IndexRange rows) const {
    const auto steps = static_cast<std::uint64_t>(sweep_.steps);
    while (!rows.empty()) {
      const IndexRange some{rows.begin, std::min(rows.end, rows.begin + 16 * steps)};
      const ConstPlate copy = wrapped_copy(from_, some, strip_, steps, copy_);
      // Cell [steps][steps] of the copy is the first of the strip.
      Plate target = to_;
      target.cells = to_[some.begin] + strip_.begin - steps * to_.stride - steps;
      Wave(copy, target, {steps, steps + some.size()}, {steps, steps + strip_.size()}, sweep_,
           rings_)
          .run();
      rows.begin = some.end;
    }
  }

  ConstPlate from_;
  Plate to_;
  IndexRange strip_;
  const Sweep& sweep_;
  std::vector<double>& rings_;
  std::vector<double>& copy_;
};

}  // namespace

void sweep_tiled(ConstPlate from, Plate to, IndexRange rows, const Sweep& sweep) {
  const bool wraps = sweep.edges == Edges::periodic;
  if (sweep.steps == 1 || (!wraps && (from.rows <= 2 || from.columns <= 2)))
    return sweep_once(from, to, rows, sweep);
  const auto steps = static_cast<std::uint64_t>(sweep.steps);
  const std::uint64_t fitting = ring_bytes / (sizeof(double) * ring_rows * steps);
  const std::uint64_t width = std::max(min_strip, fitting / lanes * lanes);
  std::vector<double> rings(ring_rows * steps * Wave::ring_row_length(width, sweep.steps));
  std::vector<double> copy;
  for (std::uint64_t column = 0; column < from.columns; column += width) {
    const IndexRange columns{column, std::min(from.columns, column + width)};
    const StripOfTiles strip(from, to, columns, sweep, rings, copy);
    if (wraps)
      strip.compute_wrapping(rows);
    else
      strip.compute(rows);
  }
  if (!wraps)
    for (std::uint64_t row = rows.begin; row < rows.end; ++row)
      if (is_edge_row(from, row)) std::copy_n(from[row], from.columns, to[row]);
  if (sweep.bypasses_cache) hwy::FlushStream();
}

}  // namespace parlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parlab {
namespace {

HWY_EXPORT(sweep_tiled);

const RegisterDiffusionVariant tiled{{
    .name = "tiled",
    .what = "several steps a sweep, tiled in time, in SIMD by Highway",
    .max_steps = max_steps_per_sweep,
    .sweep =
        [](ConstPlate from, Plate to, IndexRange rows, const Sweep& sweep) {
          HWY_DYNAMIC_DISPATCH(sweep_tiled)
          (from, to, rows, sweep);
        },
}};

}  // namespace
}  // namespace parlab
#endif  // HWY_ONCE
