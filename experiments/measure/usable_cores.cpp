#include "experiments/measure/usable_cores.hpp"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

namespace parlab {
namespace {

/// Cores' worth of time that the container may use, rounded up; 0 where nothing bounds it.
int cgroup_quota() {
  std::ifstream v2("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (v2 >> quota >> period && quota != "max" && period > 0)
    return static_cast<int>(std::ceil(std::stod(quota) / period));
  std::ifstream v1_quota("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  std::ifstream v1_period("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  double quota_us = -1;
  if (v1_quota >> quota_us && v1_period >> period && quota_us > 0 && period > 0)
    return static_cast<int>(std::ceil(quota_us / period));
  return 0;
}

}  // namespace

int usable_cores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  int count = sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
  const int quota = cgroup_quota();
  if (quota > 0) count = std::min(count, quota);
  return std::max(count, 1);
}

std::string worker_counts() {
  const int cores = usable_cores();
  std::string counts;
  for (int workers = 1; workers < cores; workers *= 2) counts += std::to_string(workers) + ",";
  return counts + std::to_string(cores);
}

}  // namespace parlab
