#pragma once

// `parlab run` and `parlab compare`: their options, from words to a race that has been run.

#include <memory>
#include <string>
#include <vector>

#include "experiments/measure/results/result_file.hpp"

namespace parlab {

enum class RaceVerb { run, compare };

/// What the words after `parlab run` or `parlab compare` ask for, all of it checked.
struct RaceRequest {
  RaceVerb verb = RaceVerb::run;
  std::unique_ptr<Experiment> experiment = nullptr;
  std::vector<Entrant> entrants = {};
  RaceOptions options = {};
  std::string json = "";  // path, "-" for stdout, "" for none
  bool quiet = false;
  std::string help = "";  // not empty: print this and run nothing
};

/// Reads "EXPERIMENT --option value ...". Throws UsageError.
RaceRequest parse_race(RaceVerb verb, const std::vector<std::string>& arguments);

/// The help of a verb without an experiment: what there is to run.
std::string race_help(RaceVerb verb);

/// The verb from its arguments to its exit code. `command` is the whole line, for the result file.
int race_command(RaceVerb verb, const std::vector<std::string>& arguments,
                 const std::string& command);

}  // namespace parlab
