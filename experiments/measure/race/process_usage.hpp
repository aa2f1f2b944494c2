#pragma once

#include <cstdint>

namespace parlab {

struct ProcessUsage {
  double cpu_seconds = 0;
  std::uint64_t context_switches = 0;
  std::uint64_t peak_rss_bytes = 0;  // of the largest
};

/// What this process has used so far, and its children that have ended.
ProcessUsage process_usage();

}  // namespace parlab
