#pragma once

#include <filesystem>

#include "kernels/posix/file_descriptor.hpp"

namespace parlab {

/// A folder in `parent` for what is being made, gone at the end however it comes: where the process
/// is killed, the next MakingFolder removes it. Whoever uses one holds a lock of it (flock), as
/// compiled.py of the Python package does in the same place.
class MakingFolder {
 public:
  /// Throws UsageError where nothing can be written there.
  explicit MakingFolder(const std::filesystem::path& parent);
  MakingFolder(const MakingFolder&) = delete;
  MakingFolder& operator=(const MakingFolder&) = delete;
  ~MakingFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  FileDescriptor lock_;
};

/// Whether it is such a folder, of whichever process.
bool is_being_made(const std::filesystem::path& path);

}  // namespace parlab
