#pragma once

#include <string>

#include "experiments/measure/results/result_file.hpp"

namespace parlab {

/// Commands: what a run of each takes, by all figures, and how it compares by the one that verdicts
/// are on.
std::string command_table(const RaceRecord& race);

}  // namespace parlab
