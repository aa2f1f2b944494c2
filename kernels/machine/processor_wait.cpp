#include "kernels/machine/processor_wait.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "kernels/machine/cgroup.hpp"
#include "kernels/machine/kernel_files.hpp"

namespace parlab {

ProcessorWait::ProcessorWait(const std::filesystem::path& root) {
  std::vector<std::filesystem::path> files;
  for (const auto& folder : cgroup_folders("cpu", root)) files.push_back(folder / "cpu.pressure");
  files.push_back(root / "proc/pressure/cpu");
  for (const auto& file : files) {
    file_ = FileDescriptor(open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (seconds()) return;  // a kernel that is told not to count refuses to be read
  }
  file_.reset();
}

std::optional<double> ProcessorWait::seconds() const {
  if (!file_) return std::nullopt;
  std::array<char, 256> text{};  // two lines of some 60 bytes
  const ssize_t size = pread(file_.get(), text.data(), text.size(), 0);
  if (size <= 0) return std::nullopt;
  return pressure_seconds({text.data(), static_cast<std::size_t>(size)});
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
