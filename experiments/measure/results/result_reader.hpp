#pragma once

// Reads a result file back, so that its race can go on.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "experiments/measure/race/race.hpp"

namespace parlab {

/// The outcome that result_json() wrote of a race of these entrants. Throws std::runtime_error, whose
/// text says what is wrong, for another schema, other entrants, or what does not fit together.
RaceOutcome read_outcome(const nlohmann::json& document, const std::vector<Measured>& entrants);

/// What two contexts differ in that makes their times incomparable: "commit: 1d87f84, now d623ae8";
/// empty where it is nothing.
std::string difference_of_conditions(const nlohmann::json& then, const nlohmann::json& now);

}  // namespace parlab
