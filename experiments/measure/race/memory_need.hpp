#pragma once

#include <vector>

#include "experiments/measure/race/line_up.hpp"
#include "experiments/measure/race/race.hpp"
#include "kernels/machine/machine.hpp"

namespace parlab {

/// Throws UsageError where the arms of a race need more memory, by Experiment::memory_bytes, than
/// is free: all of them at once where they stand by, else the largest.
void require_memory(const Experiment& experiment, const std::vector<Entrant>& entrants,
                    Isolation isolation, const Machine& machine = Machine());

}  // namespace parlab
