#pragma once

#include <string>

#include "experiments/measure/results/result_file.hpp"

namespace parlab {

/// A race of commands as hyperfine's --export-json writes one, for the programs that read that: one
/// result a command that ran, its times one a round.
std::string hyperfine_json(const RaceRecord& race);

}  // namespace parlab
