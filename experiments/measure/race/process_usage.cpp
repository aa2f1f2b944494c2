#include "experiments/measure/race/process_usage.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace parlab {

ProcessUsage process_usage() {
  ProcessUsage total;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage used{};
    getrusage(who, &used);
    for (const timeval& time : {used.ru_utime, used.ru_stime})
      total.cpu_seconds +=
          static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    total.context_switches += static_cast<std::uint64_t>(used.ru_nvcsw + used.ru_nivcsw);
    total.peak_rss_bytes =
        std::max(total.peak_rss_bytes, static_cast<std::uint64_t>(used.ru_maxrss) * 1024);
  }
  return total;
}

}  // namespace parlab
