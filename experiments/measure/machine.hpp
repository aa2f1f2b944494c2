#pragma once

// The machine as /proc and /sys tell it: what a result file records, and what `parlab doctor`
// judges. All reads start from a root folder, so that tests can make up a machine. A fact that the
// kernel does not tell is left open, never guessed.

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace parlab {

class Machine {
 public:
  explicit Machine(std::filesystem::path root = "/") : root_(std::move(root)) {}

  /// Content of a file below the root, without its last newline; nullopt where it cannot be read.
  std::optional<std::string> read(const std::filesystem::path& file) const;
  bool has(const std::filesystem::path& file) const;
  std::filesystem::path at(const std::filesystem::path& file) const { return root_ / file; }

  std::string cpu_model() const;
  /// The processor says that a hypervisor runs it.
  bool virtual_machine() const;
  /// Logical processors that are switched on.
  std::vector<int> online_cpus() const;
  /// Those of them that this process may run on.
  std::vector<int> allowed_cpus() const;
  /// Cores' worth of time that the cgroup and those around it grant; nullopt without a limit.
  std::optional<double> cpu_quota() const;
  /// Workers that can run at once (kernels/machine/usable_cores.hpp).
  int usable_cores() const;
  /// Processes and threads that the cgroup and those around it allow; nullopt without a limit.
  std::optional<std::uint64_t> process_limit() const;
  /// Bytes of memory that the cgroup and those around it allow; nullopt without a limit.
  std::optional<std::uint64_t> memory_limit() const;
  /// Frequency governors in use, of all processors; empty where the kernel names none.
  std::set<std::string> governors() const;
  /// Bytes of one instance of each data cache that the first processor sees: L1d, L2, L3.
  std::map<std::string, std::uint64_t> caches() const;

  /// A line of /proc/meminfo ("MemTotal"), in bytes.
  std::optional<std::uint64_t> memory_bytes(std::string_view name) const;
  /// Load averages over 1, 5 and 15 minutes.
  std::optional<std::array<double, 3>> load() const;
  /// Since boot, over all processors: what they were ready to run in, and the part of it that the
  /// hypervisor gave to others.
  struct ProcessorTime {
    double steal_seconds;
    double wanted_seconds;
  };
  std::optional<ProcessorTime> processor_time() const;

 private:
  std::filesystem::path root_;
};

}  // namespace parlab
