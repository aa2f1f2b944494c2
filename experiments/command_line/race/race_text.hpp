#pragma once

// What a person reads of a race.

#include <string>
#include <vector>

#include "experiments/base/table.hpp"
#include "experiments/measure/results/result_file.hpp"

namespace parlab {

class RunningRace;

/// Arms on backends: their times, comparisons, rates and answers.
Table backend_table(const RaceRecord& race);

/// The question, the table, the sentences, what stood in the way of verdicts, the baselines that show
/// a bias.
std::string race_text(const RaceRecord& race, const Table& table,
                      const std::vector<Headline>& headlines);

/// Where rounds were spent as verdicts needed them: what is open, and how long it would take to tell
/// it. Empty where they were fixed and all have run.
std::string open_text(const RunningRace& running, const RaceRecord& race);

}  // namespace parlab
