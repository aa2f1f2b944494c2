#pragma once

// How often each key occurs, on any backend.

#include <cstdint>

#include "kernels/backends/backend.hpp"
#include "kernels/numerics/histogram/key_counts.hpp"
#include "kernels/parallel/grain.hpp"

namespace parlab {

/// Where each chunk has its own table: no fewer keys than make it worth clearing and adding.
GrainLimits histogram_grain(const HistogramVariant& variant, std::uint64_t bins);

/// Tables that count_all_keys() needs beside the counts.
std::uint64_t tables_for(const HistogramVariant& variant, const Chunking& keys);

/// Writes the number of each key of the list to counts[0, bins). All memory is shared by the
/// workers; `tables` holds tables_for(...) * bins numbers, whatever they are. Tables are added up by
/// all workers, each some of the bins. Requires fewer than 2^32 keys.
void count_all_keys(Backend& backend, const Chunking& keys, const HistogramVariant& variant,
                    const std::uint32_t* list, std::uint64_t bins, std::uint32_t* tables,
                    std::uint32_t* counts);

}  // namespace parlab
