#include "experiments/doctor/system_checks.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <sstream>
#include <string_view>

#include "kernels/backends/backend_registry.hpp"

namespace parlab {
namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1024} * 1024;
constexpr std::uint64_t min_memory = 1024 * mebibyte;
constexpr std::uint64_t min_shared_memory = 256 * mebibyte;

/// Pages that an idle system swaps out and never needs.
constexpr std::uint64_t idle_swap = 64 * mebibyte;

/// What a process needs besides one descriptor, or one process, for each worker.
constexpr std::uint64_t besides_workers = 256;
constexpr std::uint64_t needed_for_workers = std::uint64_t{max_workers} + besides_workers;

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

/// Clocks that are read without entering the kernel.
constexpr std::string_view fast_clocks[] = {
    "tsc",     "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter", "riscv_clocksource",
    "timebase"};

std::string in_mebibytes(std::uint64_t bytes) { return fmt::format("{} MiB", bytes / mebibyte); }

/// The soft limit of a line of /proc/self/limits: "Max open files   1024   524288   files".
std::optional<std::uint64_t> soft_limit(const Machine& machine, std::string_view name) {
  std::istringstream lines(machine.read("proc/self/limits").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name)) continue;
    std::istringstream words(line.substr(name.size()));
    std::string word;
    words >> word;
    if (word == "unlimited") return unlimited;
    std::uint64_t limit = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), limit);
    if (error == std::errc{}) return limit;
  }
  return std::nullopt;
}

std::string describe_limit(std::uint64_t limit) {
  return limit == unlimited ? "unlimited" : std::to_string(limit);
}

}  // namespace

Finding check_memory(const Machine& machine) {
  constexpr char check[] = "free memory";
  const auto available = machine.memory_bytes("MemAvailable");
  const auto total = machine.memory_bytes("MemTotal");
  if (!available || !total)
    return Finding::unknown(check, "not reported", "Look at `free -m` before large runs.");
  const std::string found =
      fmt::format("{} of {} available", in_mebibytes(*available), in_mebibytes(*total));
  if (*available >= min_memory && *available >= *total / 10) return Finding::ok(check, found);
  return Finding::warning(
      check, found, "Close what holds it (`ps aux --sort=-rss | head`), or choose smaller sizes.");
}

Finding check_swap(const Machine& machine) {
  constexpr char check[] = "swap";
  const auto total = machine.memory_bytes("SwapTotal");
  const auto free = machine.memory_bytes("SwapFree");
  if (!total || !free) return Finding::unknown(check, "not reported", "Look at `swapon --show`.");
  if (*total == 0) return Finding::ok(check, "none");
  const std::uint64_t used = *total - std::min(*total, *free);
  const std::string found =
      fmt::format("{} of {} in use", in_mebibytes(used), in_mebibytes(*total));
  if (used <= idle_swap) return Finding::ok(check, found);
  return Finding::warning(check, found,
                          "Free memory first, then: sudo swapoff -a && sudo swapon -a");
}

Finding check_huge_pages(const Machine& machine) {
  constexpr char check[] = "transparent huge pages";
  const auto modes = machine.read("sys/kernel/mm/transparent_hugepage/enabled");
  if (!modes)
    return Finding::unknown(check, "not reported",
                            "Expect times of large arrays to vary with the pages.");
  const std::size_t begin = modes->find('[');
  const std::size_t end = modes->find(']', begin);
  const std::string mode = begin == std::string::npos || end == std::string::npos
                               ? *modes
                               : modes->substr(begin + 1, end - begin - 1);
  if (mode != "always") return Finding::ok(check, mode);
  return Finding::warning(check, "always: page sizes depend on how fragmented memory is",
                          "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled");
}

Finding check_clock_source(const Machine& machine) {
  constexpr char check[] = "clock source";
  constexpr char folder[] = "sys/devices/system/clocksource/clocksource0/";
  const auto current = machine.read(std::string(folder) + "current_clocksource");
  if (!current)
    return Finding::unknown(check, "not reported", "See below what a reading of the clock costs.");
  if (std::ranges::find(fast_clocks, *current) != std::end(fast_clocks))
    return Finding::ok(check, *current);
  const auto available = machine.read(std::string(folder) + "available_clocksource").value_or("");
  const bool has_tsc = (" " + available + " ").find(" tsc ") != std::string::npos;
  return Finding::warning(
      check, *current + ": each reading enters the kernel",
      has_tsc ? fmt::format("echo tsc | sudo tee /{}current_clocksource", folder)
              : "Time runs of a millisecond or more, so that a clock reading does not matter.");
}

Finding check_shared_memory(const Machine& machine) {
  constexpr char check[] = "/dev/shm";
  struct statvfs space {};
  if (statvfs(machine.at("dev/shm").c_str(), &space) != 0)
    return Finding::unknown(check, "not there", "sudo mount -t tmpfs -o size=1G tmpfs /dev/shm");
  const std::uint64_t free = std::uint64_t{space.f_bavail} * space.f_frsize;
  const std::string found = in_mebibytes(free) + " free";
  if (free >= min_shared_memory) return Finding::ok(check, found);
  return Finding::warning(check, found,
                          "sudo mount -o remount,size=1G /dev/shm; a container: --shm-size=1g");
}

Finding check_open_files(const Machine& machine) {
  constexpr char check[] = "open files";
  const auto limit = soft_limit(machine, "Max open files");
  if (!limit) return Finding::unknown(check, "not reported", "Look at `ulimit -n`.");
  const std::string found = fmt::format("{} allowed, {} workers need {}", describe_limit(*limit),
                                        max_workers, needed_for_workers);
  if (*limit >= needed_for_workers) return Finding::ok(check, found);
  return Finding::warning(
      check, found,
      fmt::format("ulimit -n {}, or run at most {} workers", 2 * std::uint64_t{max_workers},
                  *limit > besides_workers ? *limit - besides_workers : 1));
}

Finding check_processes(const Machine& machine) {
  constexpr char check[] = "processes";
  const auto user = soft_limit(machine, "Max processes");
  const auto group = machine.process_limit();
  if (!user && !group) return Finding::unknown(check, "not reported", "Look at `ulimit -u`.");
  const bool by_group = group.value_or(unlimited) < user.value_or(unlimited);
  const std::uint64_t limit = by_group ? *group : user.value_or(unlimited);
  const std::string found =
      fmt::format("{} allowed{}, {} workers need {}", describe_limit(limit),
                  by_group ? " by the cgroup" : "", max_workers, needed_for_workers);
  if (limit >= needed_for_workers) return Finding::ok(check, found);
  const std::string raise = by_group ? fmt::format("Start the container with --pids-limit {}",
                                                   2 * std::uint64_t{max_workers})
                                     : fmt::format("ulimit -u {}", 2 * std::uint64_t{max_workers});
  return Finding::warning(check, found,
                          fmt::format("{}, or run at most {} workers", raise,
                                      limit > besides_workers ? limit - besides_workers : 1));
}

Finding check_counters(const Machine& machine) {
  constexpr char check[] = "hardware counters";
  constexpr char devices[] = "sys/bus/event_source/devices";
  bool has_unit = false;
  std::error_code unreadable;
  for (const auto& device : std::filesystem::directory_iterator(machine.at(devices), unreadable)) {
    const std::string name = device.path().filename();
    // x86: cpu, or cpu_core and cpu_atom; ARM: armv8_pmuv3_0 and the like.
    has_unit = has_unit || name.starts_with("cpu") || name.starts_with("armv");
  }
  if (!has_unit)
    return Finding::unknown(
        check, "none found",
        "A virtual machine needs a virtual PMU; else use `perf` on bare metal.");
  const auto text = machine.read("proc/sys/kernel/perf_event_paranoid").value_or("");
  int paranoid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), paranoid);
  if (error != std::errc{})
    return Finding::unknown(check, "unknown whether allowed", "Try `perf stat true`.");
  const std::string found = fmt::format("perf_event_paranoid is {}", paranoid);
  // Up to 2 a process may count its own user-space events.
  if (paranoid <= 2) return Finding::ok(check, found);
  return Finding::warning(check, found, "sudo sysctl kernel.perf_event_paranoid=2");
}

}  // namespace parlab
