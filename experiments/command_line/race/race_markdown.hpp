#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "experiments/base/table.hpp"
#include "experiments/measure/results/result_file.hpp"

namespace parlab {

/// A race for a comment on a pull request: the sentences, the table, failures, and how it was
/// measured. `limit`: what LimitOutcome says.
std::string race_markdown(const RaceRecord& race, const nlohmann::json& context, const Table& table,
                          const std::vector<Headline>& headlines, const std::string& limit);

}  // namespace parlab
