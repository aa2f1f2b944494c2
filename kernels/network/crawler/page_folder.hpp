#pragma once

// Reads and writes files below one folder. No path leads out of it, also not by a symbolic link: each folder is
// opened from the one above it. Some stay open, because a site writes many files to one folder.

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "kernels/posix/file_descriptor.hpp"

namespace parlab {

/// What is being written in a folder, before it is put in the place of another file.
inline constexpr std::string_view part_file_name = ".parlab-part";

class PageFolder {
 public:
  /// Makes the folder where there is none. `option` names it in messages: "--save". Throws UsageError.
  PageFolder(const std::string& option, const std::string& path);

  /// The whole file, unless there is none or something else stands there.
  std::optional<std::string> read(const std::string& path) const;
  /// Writes it beside, then renames; makes the folders on its way. `is_new`: where no such file is, it is written in
  /// place, so that a killed run may leave a part of it. Throws std::runtime_error.
  void write(const std::string& path, std::string_view content, bool is_new = false) const;
  bool has(const std::string& path) const;
  bool is_empty() const;

 private:
  int folder_of(std::string_view path, bool make) const;
  int folder_in(int above, std::string_view path, bool make) const;

  std::string path_;
  FileDescriptor folder_;
  mutable std::unordered_map<std::string, FileDescriptor> open_;  // folders below, by path
};

}  // namespace parlab
