#pragma once

// How often each key occurs: counts[key] += 1 for keys that lie in memory, in no order. What a chunk
// returns is a whole table, often larger than a cache; or all chunks share one table, and then each
// addition must be atomic, and waits for the other workers where they count the same key.
//
// Whole numbers: the counts are the same however the keys are split.
//
// Cost: 4 bytes read a key, in order, and one addition at a place that depends on the key.

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/base/index_range.hpp"

namespace parlab {

/// Adds keys [keys.begin, keys.end) of a list to `counts`, which has a place for each.
using KeyCounter = void (*)(const std::uint32_t* list, IndexRange keys, std::uint32_t* counts);

struct HistogramVariant {
  std::string name;
  std::string what;  // one line
  KeyCounter count;
  bool shares = false;  // counts may be other workers' at the same time
};

/// partials and atomic.
const std::vector<HistogramVariant>& histogram_variants();

/// Throws UsageError, with the nearest valid name, where there is none of that name.
const HistogramVariant& histogram_variant(const std::string& name);

enum class KeyChoice {
  uniform,
  skewed,  // the fourth power of a uniform number: of 65536 keys, one in 16 is 0
};

/// "uniform" or "skewed". Throws UsageError for anything else.
KeyChoice key_choice_named(const std::string& name);

/// Key number i of an example, in [0, bins): any worker can make any of them. Requires bins <= 2^32.
inline std::uint32_t example_key(std::uint64_t i, std::uint64_t bins, KeyChoice choice) {
  std::uint64_t mixed = (i + 1) * 0x9E3779B97F4A7C15;
  mixed = (mixed ^ mixed >> 32) * 0xD6E8FEB86659FD93;
  std::uint64_t fraction = (mixed ^ mixed >> 32) >> 32;  // of 2^32
  if (choice == KeyChoice::skewed)
    for (int squared = 0; squared < 2; ++squared) fraction = fraction * fraction >> 32;
  return static_cast<std::uint32_t>(fraction * bins >> 32);
}

/// What two tables share only where they are the same but for luck.
inline std::uint64_t mark_of_counts(const std::uint32_t* counts, std::uint64_t bins) {
  std::uint64_t mark = 0;
  for (std::uint64_t bin = 0; bin < bins; ++bin) mark += counts[bin] * (2 * bin + 1);
  return mark;
}

}  // namespace parlab
