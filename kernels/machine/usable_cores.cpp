#include "kernels/machine/usable_cores.hpp"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <sstream>

#include "kernels/machine/cgroup.hpp"
#include "kernels/machine/kernel_files.hpp"

namespace parlab {
namespace {

namespace fs = std::filesystem;

/// For a place without /proc, and at most 1024 processors.
int cores_of_system_call() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  return sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
}

}  // namespace

std::vector<int> online_cpus(const fs::path& root) {
  std::vector<int> cpus =
      parse_cpu_list(read_kernel_file(root / "sys/devices/system/cpu/online").value_or(""));
  if (cpus.empty()) {
    std::istringstream lines(read_kernel_file(root / "proc/cpuinfo").value_or(""));
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with("processor")) cpus.push_back(static_cast<int>(cpus.size()));
  }
  return cpus;
}

std::vector<int> allowed_cpus(const fs::path& root) {
  std::vector<int> online = online_cpus(root);
  auto status = read_kernel_file(root / "proc/thread-self/status");
  if (!status) status = read_kernel_file(root / "proc/self/status");
  const auto list = field_of(status.value_or(""), "Cpus_allowed_list");
  if (!list) return online;
  // The mask may name processors that are switched off or were never there.
  const std::vector<int> mask = parse_cpu_list(*list);
  std::vector<int> allowed;
  std::set_intersection(online.begin(), online.end(), mask.begin(), mask.end(),
                        std::back_inserter(allowed));
  return allowed;
}

int usable_cores(const fs::path& root) {
  int cores = static_cast<int>(allowed_cpus(root).size());
  if (cores == 0) cores = root == "/" ? cores_of_system_call() : 1;
  const double quota = cpu_quota(root).value_or(cores);
  return quota >= cores ? cores : std::max(1, static_cast<int>(std::floor(quota)));
}

}  // namespace parlab
