#pragma once

// A machine whose files of /proc and /sys a test writes.

#include "experiments/measure/machine.hpp"
#include "tests/kernels/machine/root_folder.hpp"

namespace parlab::made_up {

class MachineFolder : public RootFolder {
 public:
  Machine machine() const { return Machine(path()); }
};

}  // namespace parlab::made_up
