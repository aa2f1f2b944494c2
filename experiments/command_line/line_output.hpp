#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "experiments/measure/results/rescue.hpp"
#include "kernels/posix/file_descriptor.hpp"

namespace parlab {

/// Lines of a result that goes to a file, which appears whole at the end, to stdout ("-" or /dev/stdout), to
/// a pipe or a device, or nowhere (""), some at once. Where that place takes no more, the rest goes to a file of the temporary folder.
class LineOutput {
 public:
  /// Throws UsageError where it can be known beforehand that nothing can be written there.
  explicit LineOutput(const std::string& words);

  void add(std::string_view line);
  /// Writes what was added, where somebody may read it already.
  void flush();
  /// Puts the file in its place. Throws std::runtime_error where the lines are not all there; it
  /// says where they are. Like add(), throws OutputLost where the reader of stdout has gone away.
  void finish();

 private:
  void write_rows();
  void go_elsewhere(const std::string& why);

  std::string words_;
  std::optional<OutputFile> file_;
  FileDescriptor stream_;  // a pipe or a device
  std::string rows_;       // not yet written
  std::string failure_;    // why not all lines are in their place; empty where they are
  std::optional<RescueFile> rescue_;
};

}  // namespace parlab
