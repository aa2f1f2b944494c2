#pragma once

// Reads and writes files below one folder. No path leads out of it, also not by a symbolic link.

#include <optional>
#include <string>
#include <string_view>

#include "kernels/posix/file_descriptor.hpp"

namespace parlab {

/// What is being written in a folder.
inline constexpr std::string_view mirror_part_file = ".parlab-part";

class MirrorFolder {
 public:
  /// Makes the folder where there is none. Throws UsageError.
  explicit MirrorFolder(const std::string& path);

  /// The whole file, unless there is none or something else stands there.
  std::optional<std::string> read(const std::string& path) const;
  /// Writes it beside, then renames; makes the folders on its way. Throws std::runtime_error.
  void write(const std::string& path, std::string_view content) const;
  bool has(const std::string& path) const;
  bool is_empty() const;

 private:
  FileDescriptor folder_of(const std::string& path, bool make) const;

  std::string path_;
  FileDescriptor folder_;
};

}  // namespace parlab
