#include "kernels/machine/usable_cores.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <sstream>

#include "kernels/machine/cgroup.hpp"
#include "kernels/machine/kernel_files.hpp"
#include "kernels/machine/processors/processor_set.hpp"

namespace parlab {

namespace fs = std::filesystem;

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
  if (root == "/") {
    const std::vector<int> mask = processors_of_thread().numbers();
    return mask.empty() ? online : mask;
  }
  const auto status = read_kernel_file(root / "proc/self/status");
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
  const int cores = std::max(1, static_cast<int>(allowed_cpus(root).size()));
  const double quota = cpu_quota(root).value_or(cores);
  return quota >= cores ? cores : std::max(1, static_cast<int>(std::floor(quota)));
}

}  // namespace parlab
