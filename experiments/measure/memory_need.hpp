#pragma once

#include <vector>

#include "experiments/measure/line_up.hpp"
#include "experiments/measure/machine.hpp"
#include "experiments/measure/race.hpp"

namespace parlab {

/// Throws UsageError where the arms of a race need more memory, by Experiment::memory_bytes, than
/// is free: all of them at once where they stand by, else the largest.
void require_memory(const Experiment& experiment, const std::vector<Entrant>& entrants,
                    Isolation isolation, const Machine& machine = Machine());

}  // namespace parlab
