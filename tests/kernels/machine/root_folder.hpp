#pragma once

// A folder that stands for the root of a machine: tests write the files of /proc and /sys that they
// are about. Removed at the end.

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace parlab::made_up {

class RootFolder {
 public:
  RootFolder() {
    std::string name = std::filesystem::temp_directory_path() / "parlab-machine-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for a machine");
    path_ = name;
  }
  RootFolder(const RootFolder&) = delete;
  RootFolder& operator=(const RootFolder&) = delete;
  ~RootFolder() {
    std::error_code left_behind;
    std::filesystem::remove_all(path_, left_behind);
  }

  /// Writes one file, with the newline at its end that the kernel would write.
  RootFolder& file(const std::string& path, const std::string& content) {
    std::filesystem::create_directories((path_ / path).parent_path());
    std::ofstream(path_ / path) << content << '\n';
    return *this;
  }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace parlab::made_up
