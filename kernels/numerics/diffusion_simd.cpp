// simd, tiled and stream: explicit SIMD in Highway, for every level of x86-64.
//
//   simd     one step a sweep. Where the plate is beyond the cache, rows are written past it, which
//            saves reading them first.
//   tiled    several steps a sweep, as a wave: row r of the first step, then row r - 1 of the
//            second, r - 2 of the third, ... Of each step but the last only three rows are ever
//            needed again; they lie in a ring that fits in the cache of a core. Strips of columns
//            keep the ring short. Where chunks or strips meet, both compute the cells that both
//            need (steps - 1 rows or columns on each side), so nobody waits for anybody.
//   stream   moves the bytes of one step and computes nothing: the bound of all that sweeps once a
//            step (McCalpin, STREAM copy).

#include <algorithm>
#include <vector>

#include "kernels/numerics/diffusion.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/numerics/diffusion_simd.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parlab::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Doubles = hn::ScalableTag<double>;
using Vector = hn::Vec<Doubles>;
constexpr std::uint64_t lanes = HWY_LANES(double);

HWY_INLINE Vector step_of(const double* up, const double* centre, const double* down, Vector rate) {
  const Doubles tag;
  const Vector middle = hn::LoadU(tag, centre);
  const Vector around = hn::Add(hn::Add(hn::LoadU(tag, up), hn::LoadU(tag, down)),
                                hn::Add(hn::LoadU(tag, centre - 1), hn::LoadU(tag, centre + 1)));
  return hn::Add(middle, hn::Mul(rate, hn::Sub(around, hn::Mul(hn::Set(tag, 4.0), middle))));
}
HWY_INLINE double cell_of(const double* up, const double* centre, const double* down, double rate) {
  const double around = (*up + *down) + (centre[-1] + centre[1]);
  return *centre + rate * (around - 4 * *centre);
}

/// Cells [begin, end) of `count` rows one below the other: row k from from[k], from[k + 1] and
/// from[k + 2] to next[k]. The rows of next must be alike in alignment. fetch[k] are rows
/// that come soon.
///
/// A vector is stored only when the next is computed: the loads of the next touch the last cell of
/// this one, in rows that often lie a multiple of 4 KiB away, and a load that follows a store to an
/// address that agrees in its lower 12 bits waits for it.
template <int count, bool past_cache>
HWY_INLINE void update_vectors(const double* const* from, double* const* next, std::uint64_t begin,
                               std::uint64_t end, double rate, const double* const* fetch) {
  const Doubles tag;
  const Vector rates = hn::Set(tag, rate);
  Vector pending[count];
  for (int k = 0; k < count; ++k)
    pending[k] = step_of(from[k] + begin, from[k + 1] + begin, from[k + 2] + begin, rates);
  for (std::uint64_t j = begin + lanes; j < end; j += lanes) {
    HWY_UNROLL(2)
    for (int k = 0; k < count; ++k) {
      hwy::Prefetch(fetch[k] + j);
      const Vector value = step_of(from[k] + j, from[k + 1] + j, from[k + 2] + j, rates);
      if (past_cache)
        hn::Stream(pending[k], tag, next[k] + j - lanes);
      else
        hn::Store(pending[k], tag, next[k] + j - lanes);
      pending[k] = value;
    }
  }
  for (int k = 0; k < count; ++k) hn::Store(pending[k], tag, next[k] + end - lanes);
}

template <int count>
HWY_INLINE void update_rows(const double* const* from, double* const* next, std::uint64_t begin,
                            std::uint64_t end, double rate, bool past_cache,
                            const double* const* fetch) {
  const auto one = [&](std::uint64_t j) HWY_ATTR {
    for (int k = 0; k < count; ++k)
      next[k][j] = cell_of(from[k] + j, from[k + 1] + j, from[k + 2] + j, rate);
  };
  const std::uint64_t off =
      reinterpret_cast<std::uintptr_t>(next[0] + begin) / sizeof(double) % lanes;
  const std::uint64_t aligned = std::min(end, begin + (lanes - off) % lanes);
  const std::uint64_t whole_end = aligned + (end - aligned) / lanes * lanes;
  for (std::uint64_t j = begin; j < aligned; ++j) one(j);
  if (whole_end > aligned) {
    if (past_cache)
      update_vectors<count, true>(from, next, aligned, whole_end, rate, fetch);
    else
      update_vectors<count, false>(from, next, aligned, whole_end, rate, fetch);
  }
  for (std::uint64_t j = whole_end; j < end; ++j) one(j);
}

/// Bytes of the rings of one strip: half of a second-level cache of 512 KiB or more.
constexpr std::uint64_t ring_bytes = 256 << 10;

/// A strip narrower than this spends its time at its ends.
constexpr std::uint64_t least_strip = 256;  // columns

/// One strip of columns [strip.begin, strip.end) of tiled's wave.
class Wave {
 public:
  Wave(ConstPlate from, Plate to, IndexRange rows, IndexRange strip, const Sweep& sweep,
       std::vector<double>& rings)
      : from_(from), to_(to), rows_(rows), strip_(strip), sweep_(sweep), rings_(rings.data()) {
    margin_ = static_cast<std::uint64_t>(sweep.steps) - 1;
    first_column_ = strip.begin - std::min(strip.begin, margin_ + 1);
    row_length_ = ring_row_length(strip.size(), sweep.steps);
  }

  /// Doubles of a row of a ring for a strip so wide, and a line of the cache to spare.
  static std::uint64_t ring_row_length(std::uint64_t strip, int steps) {
    return strip + 2 * static_cast<std::uint64_t>(steps) + 8;
  }

  void run() {
    const auto steps = static_cast<std::uint64_t>(sweep_.steps);
    const IndexRange first = rows_of(1);
    for (std::uint64_t front = first.begin; front < rows_.end + steps; ++front)
      for (std::uint64_t step = 1; step <= steps && step - 1 <= front; ++step) {
        const std::uint64_t row = front - (step - 1);
        const IndexRange wanted = rows_of(step);
        if (row >= wanted.begin && row < wanted.end) compute(step, row);
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
    return rings_ + ((step - 1) * 3 + row % 3) * row_length_ - first_column_;
  }

  void compute(std::uint64_t step, std::uint64_t row) const {
    const bool is_last = step == margin_ + 1;
    const std::uint64_t more = margin_ + 1 - step;
    const std::uint64_t last_column = from_.columns - 1;
    const std::uint64_t begin =
        std::max<std::uint64_t>(strip_.begin - std::min(strip_.begin, more), 1);
    const std::uint64_t end = std::min(strip_.end + more, last_column);
    double* next = is_last ? to_[row] : ring_row(step, row);
    if (strip_.begin <= more) next[0] = from_[row][0];
    if (strip_.end + more > last_column) next[last_column] = from_[row][last_column];
    const double* const rows[] = {row_after(step - 1, row - 1), row_after(step - 1, row),
                                  row_after(step - 1, row + 1)};
    const double* const fetch[] = {step == 1 ? from_[std::min(row + 2, from_.rows - 1)] : rows[2]};
    update_rows<1>(rows, &next, begin, end, sweep_.rate, is_last && sweep_.bypasses_cache, fetch);
  }

  ConstPlate from_;
  Plate to_;
  IndexRange rows_, strip_;
  const Sweep& sweep_;
  double* rings_;
  std::uint64_t margin_, first_column_, row_length_;
};

}  // namespace

// Two rows at a time where they are alike in alignment, because they share two of four rows that
// they read. Each row is fetched while the two before it are computed: what the processor fetches
// ahead by itself ends at a page, that is after 512 cells.
void sweep_once(ConstPlate from, Plate to, IndexRange rows, const Sweep& sweep) {
  for_inner_rows(from, to, rows, [](std::uint64_t) {});
  if (from.columns <= 2 || from.rows <= 2) return;
  const auto row_at = [&](std::uint64_t row) { return from[std::min(row, from.rows - 1)]; };
  const std::uint64_t end = std::min(rows.end, from.rows - 1);
  const bool alike = to.stride % lanes == 0;
  for (std::uint64_t row = std::max<std::uint64_t>(rows.begin, 1); row < end;) {
    const double* const read[] = {from[row - 1], from[row], row_at(row + 1), row_at(row + 2)};
    const double* const fetch[] = {row_at(row + 3), row_at(row + 4)};
    if (alike && row + 1 < end) {
      double* const next[] = {to[row], to[row + 1]};
      update_rows<2>(read, next, 1, from.columns - 1, sweep.rate, sweep.bypasses_cache, fetch);
      row += 2;
    } else {
      double* const next = to[row];
      update_rows<1>(read, &next, 1, from.columns - 1, sweep.rate, sweep.bypasses_cache, fetch);
      ++row;
    }
  }
  if (sweep.bypasses_cache) hwy::FlushStream();
}

void sweep_tiled(ConstPlate from, Plate to, IndexRange rows, const Sweep& sweep) {
  if (sweep.steps == 1 || from.rows <= 2 || from.columns <= 2)
    return sweep_once(from, to, rows, sweep);
  const auto steps = static_cast<std::uint64_t>(sweep.steps);
  const std::uint64_t fitting = ring_bytes / (sizeof(double) * 3 * steps);
  const std::uint64_t width = std::max(least_strip, fitting / lanes * lanes);
  std::vector<double> rings(3 * steps * Wave::ring_row_length(width, sweep.steps));
  for (std::uint64_t column = 0; column < from.columns; column += width) {
    const IndexRange strip{column, std::min(from.columns, column + width)};
    Wave(from, to, rows, strip, sweep, rings).run();
  }
  for (std::uint64_t row = rows.begin; row < rows.end; ++row)
    if (is_edge_row(from, row)) std::copy_n(from[row], from.columns, to[row]);
  if (sweep.bypasses_cache) hwy::FlushStream();
}

void copy_rows(ConstPlate from, Plate to, IndexRange rows, const Sweep& sweep) {
  const Doubles tag;
  for (std::uint64_t row = rows.begin; row < rows.end; ++row) {
    const double* source = from[row];
    double* target = to[row];
    std::uint64_t j = 0;
    if (sweep.bypasses_cache) {
      const std::uint64_t off = reinterpret_cast<std::uintptr_t>(target) / sizeof(double) % lanes;
      for (; j < std::min(from.columns, (lanes - off) % lanes); ++j) target[j] = source[j];
      for (; j + lanes <= from.columns; j += lanes)
        hn::Stream(hn::LoadU(tag, source + j), tag, target + j);
    }
    std::copy(source + j, source + from.columns, target + j);
  }
  if (sweep.bypasses_cache) hwy::FlushStream();
}

}  // namespace parlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parlab {
namespace {

HWY_EXPORT(sweep_once);
HWY_EXPORT(sweep_tiled);
HWY_EXPORT(copy_rows);

const RegisterDiffusionVariant simd{{
    .name = "simd",
    .what = "one step a sweep in SIMD by Highway, written past the cache",
    .sweep = [](ConstPlate from, Plate to, IndexRange rows,
                const Sweep& sweep) { HWY_DYNAMIC_DISPATCH(sweep_once)
                                      (from, to, rows, sweep); },
}};
const RegisterDiffusionVariant tiled{{
    .name = "tiled",
    .what = "several steps a sweep, tiled in time, in SIMD by Highway",
    .most_steps = most_steps_a_sweep,
    .sweep = [](ConstPlate from, Plate to, IndexRange rows,
                const Sweep& sweep) { HWY_DYNAMIC_DISPATCH(sweep_tiled)
                                      (from, to, rows, sweep); },
}};
const RegisterDiffusionVariant stream{{
    .name = "stream",
    .what = "copies the plate each step: the bound of those that sweep once a step",
    .sweep = [](ConstPlate from, Plate to, IndexRange rows,
                const Sweep& sweep) { HWY_DYNAMIC_DISPATCH(copy_rows)
                                      (from, to, rows, sweep); },
    .diffuses = false,
}};

}  // namespace
}  // namespace parlab
#endif  // HWY_ONCE
