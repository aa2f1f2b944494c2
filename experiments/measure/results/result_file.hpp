#pragma once

// The result file, schema parlab/1: see experiments/README.md, "The result file". Its text is
// json_document()'s: where strings were not UTF-8, `escaped` lists them.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "experiments/measure/scaling/scaling_series.hpp"
#include "experiments/measure/verdicts/headlines.hpp"
#include "experiments/measure/verdicts/race_verdicts.hpp"

namespace parlab {

inline constexpr char result_schema[] = "parlab/1";
inline constexpr char headlines_schema[] = "parlab/1-headlines";
inline constexpr char suite_schema[] = "parlab/1-suite";

/// Why a race has no more rounds.
enum class Stop { rounds, decided, budget, interrupted };

struct RaceRecord {
  std::string name;  // of the race: the file's stem in a suite, the experiment's name else
  const Experiment* experiment;
  RaceOptions options;
  RaceOutcome outcome;
  RaceVerdicts verdicts;
  Stop stopped = Stop::rounds;
  double alpha = 0.05;
};

/// How its times scale; nullopt where the experiment does not tell it.
std::optional<ScalingVerdicts> scaling_of(const RaceRecord& race);

/// `sentences`: the planned ones of the family that the headlines' levels are of.
nlohmann::json result_json(const RaceRecord& race, const nlohmann::json& context,
                           const std::vector<Headline>& headlines, int sentences);

nlohmann::json headline_json(const Headline& headline);

}  // namespace parlab
