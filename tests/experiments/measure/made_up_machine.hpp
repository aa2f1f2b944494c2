#pragma once

// A folder that stands for the root of a machine: tests write the files of /proc and /sys that they
// are about. Removed at the end.

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "experiments/measure/machine.hpp"

namespace parlab::made_up {

class MachineFolder {
 public:
  MachineFolder() {
    std::string name = std::filesystem::temp_directory_path() / "parlab-machine-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for a machine");
    root_ = name;
  }
  MachineFolder(const MachineFolder&) = delete;
  MachineFolder& operator=(const MachineFolder&) = delete;
  ~MachineFolder() {
    std::error_code left_behind;
    std::filesystem::remove_all(root_, left_behind);
  }

  /// Writes one file, with the newline at its end that the kernel would write.
  MachineFolder& file(const std::string& path, const std::string& content) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << content << '\n';
    return *this;
  }

  Machine machine() const { return Machine(root_); }

 private:
  std::filesystem::path root_;
};

}  // namespace parlab::made_up
