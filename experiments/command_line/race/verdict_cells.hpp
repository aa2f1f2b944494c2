#pragma once

// Cells that the tables of all races have.

#include <optional>
#include <string>

#include "experiments/measure/verdicts/race_verdicts.hpp"

namespace parlab {

/// "[0.978, 1.04]"; a question mark for an end that the rounds are too few to bound.
std::string interval_text(const Interval& interval);

/// The verdict of an arm, or what stands in its place: "baseline", "A/A", "FAILED".
std::string verdict_cell(const Measured& result, const std::optional<Against>& against);

}  // namespace parlab
