#pragma once

#include <string>

#include "experiments/measure/race/race.hpp"

namespace parlab {

/// What of a command a verdict may be on.
struct Figure {
  const char* name;      // of --metric
  const char* quantity;  // in a sentence: "the CPU time of"
  Metric metric;
};

/// By its name. Throws UsageError for one that there is not.
Figure figure_named(const std::string& name);

}  // namespace parlab
