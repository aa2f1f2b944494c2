#pragma once

// How long threads waited for a processor, as the kernel counts it (pressure stall information):
// where no more threads run than there are processors, they wait for other programs.

#include <filesystem>
#include <optional>
#include <string_view>

namespace parlab {

class ProcessorWait {
 public:
  /// Reads the nearest control group around this process that keeps the count, else the whole
  /// system's. `root` stands for "/".
  explicit ProcessorWait(const std::filesystem::path& root = "/");

  /// Seconds, since the group or the system began, in which a thread that could run waited, averaged
  /// over the processors in use; nullopt where the kernel does not tell.
  std::optional<double> seconds() const;

 private:
  std::filesystem::path file_;
};

/// The seconds in the text of such a file: "some avg10=0.12 ... total=1234567", in microseconds.
std::optional<double> pressure_seconds(std::string_view text);

}  // namespace parlab
