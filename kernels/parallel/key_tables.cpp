#include "kernels/parallel/key_tables.hpp"

#include <algorithm>

namespace parlab {
namespace {

/// Keys that a chunk counts for each bin of its table, which is cleared, and read when it is added.
constexpr std::uint64_t keys_per_bin = 8;

/// Bins that a worker clears or adds up at once: whole pages.
constexpr std::uint64_t min_bins = 4096;

Chunking bins_for(const Backend& backend, std::uint64_t bins) {
  return {{0, bins}, automatic_grain(bins, backend.workers(), {.min = min_bins})};
}

}  // namespace

GrainLimits histogram_grain(const HistogramVariant& variant, std::uint64_t bins) {
  constexpr std::uint64_t some_10_us = 1 << 14;
  return {.min = variant.shares ? some_10_us : std::max(keys_per_bin * bins, some_10_us)};
}

std::uint64_t tables_for(const HistogramVariant& variant, const Chunking& keys) {
  return variant.shares ? 0 : keys.chunks();
}

void count_all_keys(Backend& backend, const Chunking& keys, const HistogramVariant& variant,
                    const std::uint32_t* list, std::uint64_t bins, std::uint32_t* tables,
                    std::uint32_t* counts) {
  const Chunking all_bins = bins_for(backend, bins);
  const std::uint64_t count = tables_for(variant, keys);
  if (variant.shares) {
    backend.for_chunks(
        all_bins, [&](IndexRange some) { std::fill(counts + some.begin, counts + some.end, 0); });
    backend.for_chunks(keys, [&](IndexRange some) { variant.count(list, some, counts); });
    return;
  }
  backend.for_chunks(keys, [&](IndexRange some) {
    std::uint32_t* table = tables + (some.begin - keys.range().begin) / keys.grain() * bins;
    std::fill(table, table + bins, 0);
    variant.count(list, some, table);
  });
  backend.for_chunks(all_bins, [&](IndexRange some) {
    std::fill(counts + some.begin, counts + some.end, 0);
    for (std::uint64_t table = 0; table < count; ++table)
      for (std::uint64_t bin = some.begin; bin < some.end; ++bin)
        counts[bin] += tables[table * bins + bin];
  });
}

}  // namespace parlab
