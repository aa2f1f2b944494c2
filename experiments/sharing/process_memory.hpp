#pragma once

// Memory of this process as the kernel counts it.

#include <cstdint>

namespace parlab {

/// Bytes. A page that k processes map counts in full in rss, and 1/k in pss: where nothing was
/// copied, the processes' pss adds up to the pages that there are.
struct ProcessMemory {
  std::uint64_t rss_bytes;
  std::uint64_t pss_bytes;
  std::uint64_t private_bytes;  // pages that nobody else maps: what a copy would add
};

/// From /proc/self/smaps_rollup (proc(5)). Throws std::runtime_error where the kernel has none.
ProcessMemory process_memory();

}  // namespace parlab
