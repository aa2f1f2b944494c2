#pragma once

// A machine whose files of /proc and /sys a test writes.

#include <string>

#include "experiments/measure/machine.hpp"
#include "tests/kernels/machine/root_folder.hpp"

namespace parlab::made_up {

class MachineFolder : public RootFolder {
 public:
  MachineFolder& file(const std::string& path, const std::string& content) {
    RootFolder::file(path, content);
    return *this;
  }
  Machine machine() const { return Machine(path()); }
};

}  // namespace parlab::made_up
