#include "kernels/machine/processor_wait.hpp"

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "kernels/machine/cgroup.hpp"
#include "kernels/machine/kernel_files.hpp"

namespace parlab {

std::optional<double> waited_for_others(const Waits& before, const Waits& after,
                                        double own_seconds) {
  if (!before.waited || !after.waited) return std::nullopt;
  const double waited = *after.waited - *before.waited;
  if (!before.all_ran || !after.all_ran) return waited;
  return std::min(waited, std::max(0.0, *after.all_ran - *before.all_ran - own_seconds));
}

ProcessorWait::ProcessorWait(const std::filesystem::path& root)
    : file_(root / "proc/pressure/cpu"),
      schedule_(root / "proc/schedstat"),
      usage_(root / "sys/fs/cgroup/cpuacct/cpuacct.usage") {
  for (const auto& folder : cgroup_folders("cpu", root)) {
    const auto file = folder / "cpu.pressure";
    if (!pressure_seconds(read_kernel_file(file).value_or(""))) continue;
    file_ = file;
    break;
  }
}

std::optional<double> ProcessorWait::seconds() const {
  return pressure_seconds(read_kernel_file(file_).value_or(""));
}

std::optional<double> ProcessorWait::all_run_seconds() const {
  if (const auto text = read_kernel_file(schedule_)) return run_seconds(*text);
  const auto nanoseconds = leading_number(read_kernel_file(usage_).value_or(""));
  if (!nanoseconds) return std::nullopt;
  return 1e-9 * static_cast<double>(*nanoseconds);
}

std::optional<double> run_seconds(std::string_view text) {
  constexpr int place = 7;
  std::optional<double> seconds;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    if (!(words >> name) || !name.starts_with("cpu")) continue;
    std::uint64_t nanoseconds = 0;
    for (int i = 0; i < place; ++i)
      if (!(words >> nanoseconds)) return std::nullopt;
    seconds = seconds.value_or(0) + 1e-9 * static_cast<double>(nanoseconds);
  }
  return seconds;
}

std::optional<double> pressure_seconds(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  constexpr std::string_view name = " total=";
  const std::size_t place = line.find(name);
  if (!line.starts_with("some ") || place == std::string_view::npos) return std::nullopt;
  const auto microseconds = leading_number(line.substr(place + name.size()));
  if (!microseconds) return std::nullopt;
  return 1e-6 * static_cast<double>(*microseconds);
}

}  // namespace parlab
