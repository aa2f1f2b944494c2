#include "kernels/machine/processor_wait.hpp"

#include <string>
#include <vector>

#include "kernels/machine/cgroup.hpp"
#include "kernels/machine/kernel_files.hpp"

namespace parlab {

ProcessorWait::ProcessorWait(const std::filesystem::path& root)
    : file_(root / "proc/pressure/cpu") {
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
