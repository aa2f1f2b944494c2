// Rows of the diffusion kernels in Highway: many cells of some rows at once, for simd and tiled.
// Included once for each SIMD level.

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "kernels/numerics/arithmetic/kept_vectors-inl.hpp"
#include "kernels/numerics/diffusion/heat.hpp"

#if defined(PARLAB_DIFFUSION_ROWS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef PARLAB_DIFFUSION_ROWS_INL
#undef PARLAB_DIFFUSION_ROWS_INL
#else
#define PARLAB_DIFFUSION_ROWS_INL
#endif

HWY_BEFORE_NAMESPACE();
namespace parlab::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Doubles = hn::ScalableTag<double>;
using Vector = hn::Vec<Doubles>;
constexpr std::uint64_t lanes = lanes_of<double>;

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
  Kept<Vector> before[count];
  Kept<Vector> here[count];
};

/// One vector at column j of each row; the window moves on to the next, where rows hold `after`.
/// The indices are written out, one by one: gcc 12 keeps arrays that a loop runs over in memory.
template <bool past_cache, int count, std::size_t... k>
HWY_INLINE void update_column(const RowBlock<count>& rows, std::uint64_t j, Vector rate,
                              Window<count>& window, const Kept<Vector> (&after)[count],
                              std::index_sequence<k...>) {
  const Doubles tag;
  const Kept<Vector> column[] = {hn::LoadU(tag, rows.from[0] + j), window.here[k]...,
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
      const Kept<Vector> after[] = {hn::LoadU(tag, rows.from[k + 1] + j + lanes)...};
      update_column<past_cache>(rows, j, rates, window, after, indices);
    }
  }
  const Kept<Vector> after[] = {hn::Set(tag, rows.from[k + 1][end])...};
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

/// The inner cells of `count` rows from `row` on, which of the plate's rows are the last and the
/// first again; the next rows are fetched meanwhile.
template <int count>
void sweep_rows(ConstPlate from, Plate to, std::uint64_t row, const Sweep& sweep) {
  RowBlock<count> rows;
  for (int k = 0; k < count + 2; ++k) rows.from[k] = from[(row + from.rows - 1 + k) % from.rows];
  for (int k = 0; k < count; ++k) {
    rows.next[k] = to[row + k];
    rows.fetch[k] = from[std::min(row + count + 1 + k, from.rows - 1)];
  }
  update_rows(rows, 1, from.columns - 1, sweep.rate, sweep.bypasses_cache);
}

/// One step of the rows. Four rows at a time where they are alike in alignment: these read six, one
/// by one they would read twelve. The next four are fetched meanwhile: what the processor fetches
/// ahead by itself ends at a page, that is after 512 cells.
void sweep_once(ConstPlate from, Plate to, IndexRange rows, const Sweep& sweep) {
  for_inner_rows(from, to, rows, sweep, [](const RowNeighbours&, double*) {});
  const bool wraps = sweep.edges == Edges::periodic;
  if (from.columns <= 2 || (from.rows <= 2 && !wraps)) return;
  const std::uint64_t end = std::min(rows.end, from.rows - 1);
  const bool alike = to.stride % lanes == 0;
  std::uint64_t row = std::max<std::uint64_t>(rows.begin, 1);
  if (wraps && rows.begin == 0 && !rows.empty()) sweep_rows<1>(from, to, 0, sweep);
  if (alike)
    for (; row + rows_at_once <= end; row += rows_at_once)
      sweep_rows<rows_at_once>(from, to, row, sweep);
  for (; row < end; ++row) sweep_rows<1>(from, to, row, sweep);
  if (wraps && rows.end == from.rows && from.rows > 1)
    sweep_rows<1>(from, to, from.rows - 1, sweep);
  if (sweep.bypasses_cache) hwy::FlushStream();
}

}  // namespace
}  // namespace parlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target
