#include "experiments/measure/machine.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>

namespace parlab {
namespace {

namespace fs = std::filesystem;

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  return number;
}

/// The value after "name<spaces>:" of the first such line of /proc/cpuinfo and the like.
std::optional<std::string> field(const std::string& text, std::string_view name) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(':');
    if (!line.starts_with(name) || colon == std::string::npos) continue;
    if (line.find_first_not_of(" \t", name.size()) != colon) continue;
    const std::size_t value = line.find_first_not_of(" \t", colon + 1);
    return value == std::string::npos ? "" : line.substr(value);
  }
  return std::nullopt;
}

/// Where a cgroup hierarchy has this process, from a line "number:controllers:path" of
/// /proc/self/cgroup. A path outside of a container's own view counts as its top.
struct Membership {
  std::vector<std::string> controllers;  // of version 1; none in version 2
  fs::path path;
};
std::vector<Membership> memberships(const std::string& text) {
  std::vector<Membership> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    Membership membership;
    std::istringstream names(line.substr(first + 1, second - first - 1));
    for (std::string name; std::getline(names, name, ',');) membership.controllers.push_back(name);
    const std::string path = line.substr(second + 1);
    if (path.find("..") == std::string::npos) membership.path = fs::path(path).relative_path();
    found.push_back(membership);
  }
  return found;
}

/// Version 1, two files: microseconds granted (-1 is all) in each period.
std::optional<double> quota_of_cfs(std::string_view granted, std::string_view period) {
  const auto grant = parse_number(granted);
  const auto each = parse_number(period);
  if (!grant || !each || *each == 0) return std::nullopt;
  return static_cast<double>(*grant) / static_cast<double>(*each);
}

/// Version 2, one file: "150000 100000" or "max 100000".
std::optional<double> quota_of_cpu_max(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  return quota_of_cfs(text.substr(0, space), text.substr(space + 1));
}

}  // namespace

std::optional<std::string> Machine::read(const fs::path& file) const {
  std::ifstream stream(at(file));
  if (!stream) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (stream.bad()) return std::nullopt;
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

bool Machine::has(const fs::path& file) const {
  std::error_code unreadable;
  return fs::exists(at(file), unreadable);
}

std::string Machine::cpu_model() const {
  const std::string cpuinfo = read("proc/cpuinfo").value_or("");
  for (const char* name : {"model name", "Hardware", "cpu"}) {
    if (const auto model = field(cpuinfo, name); model && !model->empty()) return *model;
  }
  return "unknown";
}

bool Machine::virtual_machine() const {
  std::istringstream flags(field(read("proc/cpuinfo").value_or(""), "flags").value_or(""));
  return std::find(std::istream_iterator<std::string>(flags), {}, "hypervisor") !=
         std::istream_iterator<std::string>();
}

std::vector<int> Machine::online_cpus() const {
  std::vector<int> cpus = parse_cpu_list(read("sys/devices/system/cpu/online").value_or(""));
  if (cpus.empty()) {
    std::istringstream lines(read("proc/cpuinfo").value_or(""));
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("processor")) cpus.push_back(static_cast<int>(cpus.size()));
    }
  }
  return cpus;
}

std::vector<int> Machine::allowed_cpus() const {
  std::vector<int> online = online_cpus();
  const auto list = field(read("proc/self/status").value_or(""), "Cpus_allowed_list");
  if (!list) return online;
  // The mask may name processors that are switched off or were never there.
  const std::vector<int> mask = parse_cpu_list(*list);
  std::vector<int> allowed;
  std::set_intersection(online.begin(), online.end(), mask.begin(), mask.end(),
                        std::back_inserter(allowed));
  return allowed;
}

std::vector<fs::path> Machine::group_folders(std::string_view controller) const {
  std::vector<fs::path> folders;
  for (const Membership& membership : memberships(read("proc/self/cgroup").value_or(""))) {
    std::vector<fs::path> mounts;
    if (membership.controllers.empty()) {
      mounts = {"sys/fs/cgroup", "sys/fs/cgroup/unified"};
    } else if (std::find(membership.controllers.begin(), membership.controllers.end(),
                         controller) != membership.controllers.end()) {
      mounts = {fs::path("sys/fs/cgroup") / controller};
    }
    for (const fs::path& mount : mounts) {
      fs::path path = membership.path;
      for (; !path.empty(); path = path.parent_path()) folders.push_back(mount / path);
      folders.push_back(mount);
    }
  }
  return folders;
}

std::optional<double> Machine::cpu_quota() const {
  std::optional<double> least;
  for (const fs::path& folder : group_folders("cpu")) {
    const auto version_2 = read(folder / "cpu.max");
    const auto quota = version_2 ? quota_of_cpu_max(*version_2)
                                 : quota_of_cfs(read(folder / "cpu.cfs_quota_us").value_or(""),
                                                read(folder / "cpu.cfs_period_us").value_or(""));
    if (quota && (!least || *quota < *least)) least = quota;
  }
  return least;
}

std::optional<std::uint64_t> Machine::process_limit() const {
  std::optional<std::uint64_t> least;
  for (const fs::path& folder : group_folders("pids")) {
    const auto limit = parse_number(read(folder / "pids.max").value_or(""));  // or "max"
    if (limit && (!least || *limit < *least)) least = limit;
  }
  return least;
}

std::optional<std::uint64_t> Machine::memory_limit() const {
  std::optional<std::uint64_t> least;
  for (const fs::path& folder : group_folders("memory")) {
    for (const char* file : {"memory.max", "memory.limit_in_bytes"}) {
      const auto limit = parse_number(read(folder / file).value_or(""));  // or "max"
      if (limit && (!least || *limit < *least)) least = limit;
    }
  }
  return least;
}

int Machine::usable_cores() const {
  const int allowed = std::max(1, static_cast<int>(allowed_cpus().size()));
  const auto quota = cpu_quota();
  if (!quota || *quota >= allowed) return allowed;
  return std::max(1, static_cast<int>(std::floor(*quota)));
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
    const auto number = parse_number(size.value_or(""));
    if (!number || type == "Instruction") continue;
    const std::uint64_t unit = size->ends_with('K') ? 1024 : size->ends_with('M') ? 1024 * 1024 : 1;
    sizes["L" + *level + (type == "Data" ? "d" : "")] = *number * unit;
  }
  return sizes;
}

std::optional<std::uint64_t> Machine::memory_bytes(std::string_view name) const {
  const auto kibibytes = field(read("proc/meminfo").value_or(""), name);
  const auto number = parse_number(kibibytes.value_or(""));
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

std::vector<int> parse_cpu_list(std::string_view list) {
  std::vector<int> cpus;
  while (!list.empty()) {
    const std::string_view range = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), range.size() + 1));
    const std::size_t dash = range.find('-');
    const auto first = parse_number(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_number(range.substr(dash + 1));
    if (!first || !last) continue;
    for (std::uint64_t cpu = *first; cpu <= *last; ++cpu) cpus.push_back(static_cast<int>(cpu));
  }
  return cpus;
}

}  // namespace parlab
