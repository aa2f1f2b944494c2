#include "kernels/parallel/heat_rows.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

namespace parlab {
namespace {

/// Where a plate's cells lie.
FoldState state_of(const Plate& plate) {
  FoldState state{{}, true};
  for (std::uint64_t row = 0; row < plate.rows; ++row)
    state.parts.push_back(std::as_writable_bytes(std::span(plate[row], plate.columns)));
  return state;
}

/// Sweeps between two moments at which the heat lies in `last`, where every piece begins and ends.
constexpr std::uint64_t sweeps_per_piece = 2;

}  // namespace

GrainLimits heat_grain(std::uint64_t rows, int depth, int workers) {
  const auto share = static_cast<std::uint64_t>(workers);
  const std::uint64_t even = rows / share + (rows % share != 0 ? 1 : 0);
  const std::uint64_t again = 16 * static_cast<std::uint64_t>(depth);
  return {.min = std::clamp<std::uint64_t>(again, 1, std::max<std::uint64_t>(rows / share, 1)),
          .max = std::max<std::uint64_t>(even, 1)};
}

void spread_heat(Backend& backend, const Chunking& rows, const DiffusionVariant& variant,
                 ConstPlate first, Plate between, Plate last, double rate, Edges edges,
                 std::uint64_t steps, int depth) {
  const auto spread = [&](ConstPlate from, Plate by, Plate to, std::uint64_t count) {
    if (count > 0)
      diffuse(variant, from, by, to, rate, edges, count, depth,
              [&](const auto& work) { backend.for_chunks(rows, work); });
  };
  FoldKeeper* const keeper = backend.keeper();
  if (keeper == nullptr) return spread(first, between, last, steps);
  const auto sweep = static_cast<std::uint64_t>(depth);
  const Chunking pieces({0, steps}, sweeps_per_piece * sweep);
  const FoldState state = state_of(last);
  const IndexRange next = keeper->begin(pieces.chunks(), state);
  if (!next.empty()) {
    const std::uint64_t begin = pieces[next.begin].begin, end = pieces[next.end - 1].end;
    const std::uint64_t sweeps = (end - begin + sweep - 1) / sweep;
    if (begin == 0) {
      spread(first, between, last, end);
    } else if (sweeps % 2 == 0) {
      spread(last, between, last, end - begin);
    } else {  // of the last piece only
      const std::uint64_t even = (sweeps - 1) * sweep;
      spread(last, between, last, even);
      spread(last, last, between, end - begin - even);
      for (std::uint64_t row = 0; row < last.rows; ++row)
        std::copy_n(between[row], last.columns, last[row]);
    }
  }
  keeper->end(state);
}

}  // namespace parlab
