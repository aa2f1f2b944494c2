#pragma once

// Checks of `parlab doctor`: is the processor ours, and does it run at one speed?

#include <optional>

#include "experiments/doctor/finding.hpp"
#include "kernels/machine/machine.hpp"

namespace parlab {

Finding check_load(const Machine& machine);
Finding check_governor(const Machine& machine);
Finding check_turbo(const Machine& machine);
Finding check_siblings(const Machine& machine);
Finding check_virtual_machine(const Machine& machine);

/// `before` and `after` stand around a time in which this process kept one processor busy.
Finding check_steal(const std::optional<Machine::ProcessorTime>& before,
                    const std::optional<Machine::ProcessorTime>& after);

Finding check_quota(const Machine& machine);
Finding check_affinity(const Machine& machine);

}  // namespace parlab
