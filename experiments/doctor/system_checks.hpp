#pragma once

// Checks of `parlab doctor`: memory, clocks and limits that the system sets.

#include "experiments/doctor/finding.hpp"
#include "kernels/machine/machine.hpp"

namespace parlab {

Finding check_memory(const Machine& machine);
Finding check_swap(const Machine& machine);
Finding check_huge_pages(const Machine& machine);
Finding check_clock_source(const Machine& machine);
Finding check_shared_memory(const Machine& machine);

/// Limits against the most workers that a backend takes.
Finding check_open_files(const Machine& machine);
Finding check_processes(const Machine& machine);

/// Hardware counters: without them a cause (cache misses, branches) cannot be looked up.
Finding check_counters(const Machine& machine);

}  // namespace parlab
