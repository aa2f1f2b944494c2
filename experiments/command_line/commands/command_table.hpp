#pragma once

#include "experiments/base/table.hpp"
#include "experiments/measure/results/result_file.hpp"

namespace parlab {

/// Commands: what a run of each takes, by all figures, and how it compares by the one that verdicts
/// are on.
Table command_table(const RaceRecord& race);

}  // namespace parlab
