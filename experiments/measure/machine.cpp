#include "experiments/measure/machine.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <sstream>

#include "kernels/machine/cgroup.hpp"
#include "kernels/machine/kernel_files.hpp"
#include "kernels/machine/usable_cores.hpp"

namespace parlab {

namespace fs = std::filesystem;

std::optional<std::string> Machine::read(const fs::path& file) const {
  return read_kernel_file(at(file));
}

bool Machine::has(const fs::path& file) const {
  std::error_code unreadable;
  return fs::exists(at(file), unreadable);
}

std::string Machine::cpu_model() const {
  const std::string cpuinfo = read("proc/cpuinfo").value_or("");
  for (const char* name : {"model name", "Hardware", "cpu"}) {
    if (const auto model = field_of(cpuinfo, name); model && !model->empty()) return *model;
  }
  return "unknown";
}

bool Machine::virtual_machine() const {
  std::istringstream flags(field_of(read("proc/cpuinfo").value_or(""), "flags").value_or(""));
  return std::find(std::istream_iterator<std::string>(flags), {}, "hypervisor") !=
         std::istream_iterator<std::string>();
}

std::vector<int> Machine::online_cpus() const { return parlab::online_cpus(root_); }

std::vector<int> Machine::allowed_cpus() const { return parlab::allowed_cpus(root_); }

std::optional<double> Machine::cpu_quota() const { return parlab::cpu_quota(root_); }

int Machine::usable_cores() const { return parlab::usable_cores(root_); }

std::optional<std::uint64_t> Machine::process_limit() const {
  std::optional<std::uint64_t> least;
  for (const fs::path& folder : cgroup_folders("pids", root_)) {
    const auto limit =
        leading_number(read_kernel_file(folder / "pids.max").value_or(""));  // or "max"
    if (limit && (!least || *limit < *least)) least = limit;
  }
  return least;
}

std::optional<std::uint64_t> Machine::memory_limit() const {
  std::optional<std::uint64_t> least;
  for (const fs::path& folder : cgroup_folders("memory", root_)) {
    for (const char* file : {"memory.max", "memory.limit_in_bytes"}) {
      const auto limit = leading_number(read_kernel_file(folder / file).value_or(""));  // or "max"
      if (limit && (!least || *limit < *least)) least = limit;
    }
  }
  return least;
}

std::set<std::string> Machine::governors() const {
  std::set<std::string> names;
  for (const int cpu : online_cpus()) {
    const auto governor =
        read(fmt::format("sys/devices/system/cpu/cpu{}/cpufreq/scaling_governor", cpu));
    if (governor) names.insert(*governor);
  }
  return names;
}

std::map<std::string, std::uint64_t> Machine::caches() const {
  std::map<std::string, std::uint64_t> sizes;
  const std::vector<int> cpus = allowed_cpus();
  const int cpu = cpus.empty() ? 0 : cpus.front();
  for (int index = 0;; ++index) {
    const fs::path cache = fmt::format("sys/devices/system/cpu/cpu{}/cache/index{}", cpu, index);
    const auto level = read(cache / "level");
    const auto type = read(cache / "type");
    const auto size = read(cache / "size");
    if (!level) break;
    const auto number = leading_number(size.value_or(""));
    if (!number || type == "Instruction") continue;
    const std::uint64_t unit = size->ends_with('K') ? 1024 : size->ends_with('M') ? 1024 * 1024 : 1;
    sizes["L" + *level + (type == "Data" ? "d" : "")] = *number * unit;
  }
  return sizes;
}

std::optional<std::uint64_t> Machine::memory_bytes(std::string_view name) const {
  const auto kibibytes = field_of(read("proc/meminfo").value_or(""), name);
  const auto number = leading_number(kibibytes.value_or(""));
  if (!number) return std::nullopt;
  return *number * 1024;
}

std::optional<std::array<double, 3>> Machine::load() const {
  std::istringstream words(read("proc/loadavg").value_or(""));
  std::array<double, 3> averages{};
  if (words >> averages[0] >> averages[1] >> averages[2]) return averages;
  return std::nullopt;
}

std::optional<Machine::ProcessorTime> Machine::processor_time() const {
  // "cpu user nice system idle iowait irq softirq steal guest guest_nice"; guests are in user
  // already.
  std::istringstream words(read("proc/stat").value_or(""));
  std::string name;
  std::array<double, 8> ticks{};
  words >> name;
  for (double& count : ticks) words >> count;
  if (!words || name != "cpu") return std::nullopt;
  const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  double wanted = 0;
  for (const double count : ticks) wanted += count;
  wanted -= ticks[3] + ticks[4];
  return ProcessorTime{ticks[7] / ticks_per_second, wanted / ticks_per_second};
}

}  // namespace parlab
