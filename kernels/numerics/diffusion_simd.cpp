// simd, tiled and stream: explicit SIMD in Highway, for every level of x86-64.
//
//   simd     one step a sweep. Where the plate is beyond the cache, rows are written past it, which
//            saves reading them first.
//   tiled    several steps a sweep, as a wave: some rows of the first step, then those one higher
//            of the second, two higher of the third, ... Of each step but the last only a few rows
//            are ever needed again; they lie in a ring that fits in the cache of a core. Strips of
//            columns keep the ring short. Where chunks or strips meet, both compute the cells that
//            both need (steps - 1 rows or columns on each side), so nobody waits for anybody.
//   stream   moves the bytes of one step and computes nothing: the bound of all that sweeps once a
//            step (McCalpin, STREAM copy).

#include <algorithm>
#include <utility>
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

/// The lanes from `by` on of `low`, then the first `by` of `high`: of vectors that follow each
/// other in a row, the one that begins `by` cells after the first.
template <int by>
HWY_INLINE Vector straddling(Vector low, Vector high) {
#if HWY_TARGET == HWY_SCALAR
  return by == 0 ? low : high;
#elif HWY_TARGET <= HWY_AVX3  // one instruction, which Highway 1.0 has no name for
  return Vector{_mm512_castsi512_pd(
      _mm512_alignr_epi64(_mm512_castpd_si512(high.raw), _mm512_castpd_si512(low.raw), by))};
#else
  const Doubles tag;
  HWY_ALIGN std::int64_t places[lanes];
  for (std::uint64_t i = 0; i < lanes; ++i) places[i] = static_cast<std::int64_t>((i + by) % lanes);
  const auto rotation = hn::SetTableIndices(tag, places);
  return hn::IfThenElse(hn::FirstN(tag, lanes - by), hn::TableLookupLanes(low, rotation),
                        hn::TableLookupLanes(high, rotation));
#endif
}

HWY_INLINE Vector step_of(Vector up, Vector down, Vector left, Vector right, Vector centre,
                          Vector rate) {
  const Vector around = hn::Add(hn::Add(up, down), hn::Add(left, right));
  const Vector four = hn::Set(Doubles(), 4.0);
  return hn::Add(centre, hn::Mul(rate, hn::Sub(around, hn::Mul(four, centre))));
}
HWY_INLINE double cell_of(const double* up, const double* centre, const double* down, double rate) {
  const double around = (*up + *down) + (centre[-1] + centre[1]);
  return *centre + rate * (around - 4 * *centre);
}

/// Rows one below the other: row k is computed from from[k], from[k + 1] and from[k + 2] to
/// next[k]. The rows of next must be alike in alignment. fetch[k] are rows that come soon.
template <int count>
struct RowBlock {
  const double* from[count + 2];
  double* next[count];
  const double* fetch[count];
};

/// What is known of from[k + 1] while column j is computed: its vectors left of j, and at j.
template <int count>
struct Window {
  Vector before[count];
  Vector here[count];
};

/// One vector at column j of each row; the window moves on to the next, where rows hold `after`.
/// The indices are written out, one by one: gcc 12 keeps arrays that a loop runs over in memory.
template <bool past_cache, int count, std::size_t... k>
HWY_INLINE void update_column(const RowBlock<count>& rows, std::uint64_t j, Vector rate,
                              Window<count>& window, const Vector (&after)[count],
                              std::index_sequence<k...>) {
  const Doubles tag;
  const Vector column[] = {hn::LoadU(tag, rows.from[0] + j), window.here[k]...,
                           hn::LoadU(tag, rows.from[count + 1] + j)};
  const auto put = [j](Vector value, double* row) HWY_ATTR {
    if constexpr (past_cache)
      hn::Stream(value, Doubles(), row + j);
    else
      hn::Store(value, Doubles(), row + j);
  };
  (put(step_of(column[k], column[k + 2], straddling<lanes - 1>(window.before[k], column[k + 1]),
               straddling<1>(column[k + 1], after[k]), column[k + 1], rate),
       rows.next[k]),
   ...);
  ((window.before[k] = window.here[k], window.here[k] = after[k]), ...);
}

/// Cells [begin, end) of the rows: whole vectors, aligned in next.
///
/// Each cell is loaded once and its neighbours come from registers: loaded at addresses one cell
/// apart most of them would straddle two lines of the cache. Rows are fetched one after the other,
/// as a copy would: from `count` places of memory at a time it takes longer.
template <bool past_cache, int count, std::size_t... k>
HWY_INLINE void update_vectors(const RowBlock<count>& rows, std::uint64_t begin, std::uint64_t end,
                               double rate, std::index_sequence<k...> indices) {
  const Doubles tag;
  const Vector rates = hn::Set(tag, rate);
  Window<count> window = {{hn::Set(tag, rows.from[k + 1][begin - 1])...},
                          {hn::LoadU(tag, rows.from[k + 1] + begin)...}};
  const std::uint64_t last = end - lanes;
  const std::uint64_t part = ((last - begin) / count + lanes) / lanes * lanes;
  std::uint64_t j = begin;
  for (const double* fetched : rows.fetch) {
    const double* soon = fetched + begin;
    for (const std::uint64_t stop = std::min(last, j + part); j < stop; j += lanes) {
      (hwy::Prefetch(soon + k * lanes), ...);
      soon += count * lanes;
      const Vector after[] = {hn::LoadU(tag, rows.from[k + 1] + j + lanes)...};
      update_column<past_cache>(rows, j, rates, window, after, indices);
    }
  }
  const Vector after[] = {hn::Set(tag, rows.from[k + 1][end])...};
  update_column<past_cache>(rows, last, rates, window, after, indices);
}

/// Cells [begin, end) of the rows.
template <int count>
HWY_INLINE void update_rows(const RowBlock<count>& rows, std::uint64_t begin, std::uint64_t end,
                            double rate, bool past_cache) {
  const auto one = [&](std::uint64_t j) HWY_ATTR {
    for (int k = 0; k < count; ++k)
      rows.next[k][j] = cell_of(rows.from[k] + j, rows.from[k + 1] + j, rows.from[k + 2] + j, rate);
  };
  const std::uint64_t off =
      reinterpret_cast<std::uintptr_t>(rows.next[0] + begin) / sizeof(double) % lanes;
  const std::uint64_t aligned = std::min(end, begin + (lanes - off) % lanes);
  const std::uint64_t whole_end = aligned + (end - aligned) / lanes * lanes;
  for (std::uint64_t j = begin; j < aligned; ++j) one(j);
  if (whole_end > aligned) {
    constexpr auto indices = std::make_index_sequence<count>();
    if (past_cache)
      update_vectors<true>(rows, aligned, whole_end, rate, indices);
    else
      update_vectors<false>(rows, aligned, whole_end, rate, indices);
  }
  for (std::uint64_t j = whole_end; j < end; ++j) one(j);
}

/// Rows that simd computes at a time: what they need beside each other fits in 32 registers.
constexpr int rows_at_once = 4;

/// The inner cells of `count` rows from `row` on; the next rows are fetched meanwhile.
template <int count>
void sweep_rows(ConstPlate from, Plate to, std::uint64_t row, const Sweep& sweep) {
  RowBlock<count> rows;
  for (int k = 0; k < count + 2; ++k) rows.from[k] = from[row - 1 + k];
  for (int k = 0; k < count; ++k) {
    rows.next[k] = to[row + k];
    rows.fetch[k] = from[std::min(row + count + 1 + k, from.rows - 1)];
  }
  update_rows(rows, 1, from.columns - 1, sweep.rate, sweep.bypasses_cache);
}

/// Bytes of the rings of one strip: they leave room for what streams through a cache of 512 KiB.
constexpr std::uint64_t ring_bytes = 384 << 10;

/// Rows of a step that the next one needs again.
constexpr std::uint64_t ring_rows = rows_at_once + 2;

/// A strip narrower than this spends its time at its ends.
constexpr std::uint64_t least_strip = 256;  // columns

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

}  // namespace

// Four rows at a time where they are alike in alignment: these read six, one by one they would read
// twelve. The next four are fetched meanwhile: what the processor fetches ahead by itself ends at a
// page, that is after 512 cells.
void sweep_once(ConstPlate from, Plate to, IndexRange rows, const Sweep& sweep) {
  for_inner_rows(from, to, rows, [](std::uint64_t) {});
  if (from.columns <= 2 || from.rows <= 2) return;
  const std::uint64_t end = std::min(rows.end, from.rows - 1);
  const bool alike = to.stride % lanes == 0;
  std::uint64_t row = std::max<std::uint64_t>(rows.begin, 1);
  if (alike)
    for (; row + rows_at_once <= end; row += rows_at_once)
      sweep_rows<rows_at_once>(from, to, row, sweep);
  for (; row < end; ++row) sweep_rows<1>(from, to, row, sweep);
  if (sweep.bypasses_cache) hwy::FlushStream();
}

void sweep_tiled(ConstPlate from, Plate to, IndexRange rows, const Sweep& sweep) {
  if (sweep.steps == 1 || from.rows <= 2 || from.columns <= 2)
    return sweep_once(from, to, rows, sweep);
  const auto steps = static_cast<std::uint64_t>(sweep.steps);
  const std::uint64_t fitting = ring_bytes / (sizeof(double) * ring_rows * steps);
  const std::uint64_t width = std::max(least_strip, fitting / lanes * lanes);
  std::vector<double> rings(ring_rows * steps * Wave::ring_row_length(width, sweep.steps));
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
    .sweep =
        [](ConstPlate from, Plate to, IndexRange rows, const Sweep& sweep) {
          HWY_DYNAMIC_DISPATCH(sweep_once)
          (from, to, rows, sweep);
        },
}};
const RegisterDiffusionVariant tiled{{
    .name = "tiled",
    .what = "several steps a sweep, tiled in time, in SIMD by Highway",
    .most_steps = most_steps_a_sweep,
    .sweep =
        [](ConstPlate from, Plate to, IndexRange rows, const Sweep& sweep) {
          HWY_DYNAMIC_DISPATCH(sweep_tiled)
          (from, to, rows, sweep);
        },
}};
const RegisterDiffusionVariant stream{{
    .name = "stream",
    .what = "copies the plate each step: the bound of those that sweep once a step",
    .sweep =
        [](ConstPlate from, Plate to, IndexRange rows, const Sweep& sweep) {
          HWY_DYNAMIC_DISPATCH(copy_rows)
          (from, to, rows, sweep);
        },
    .diffuses = false,
}};

}  // namespace
}  // namespace parlab
#endif  // HWY_ONCE
