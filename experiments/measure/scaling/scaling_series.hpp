#pragma once

// Arms of a race that differ in their number of workers alone: how their times scale, and what a
// message between two ranks costs. For the result file, and for people.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "experiments/measure/race/race.hpp"
#include "experiments/measure/scaling/scaling_fits.hpp"
#include "experiments/measure/verdicts/race_verdicts.hpp"

namespace parlab {

enum class ScalingMode { strong, weak };

/// One number of workers, above 1, against one worker.
struct ScalingPoint {
  std::size_t result;
  int workers;
  Comparison ratio;      // one worker's time over theirs: of weak scaling the efficiency
  bool is_beside_load;   // either of the two
  bool is_within_cores;  // else workers share cores, and no fit uses it
  Location efficiency;
  Location serial_fraction;  // Karp-Flatt's; of weak scaling Gustafson's
};

struct ScalingSeries {
  ScalingMode mode;
  std::string label;       // "pi on mpi:static, strong"
  std::size_t one_worker;  // the result that they are compared with
  bool is_against_serial;  // it is the serial baseline: one worker of the backend was not measured
  std::vector<ScalingPoint> points;  // by workers
  std::optional<ScalingFits> fits;   // of strong scaling
};

/// What a message between two ranks costs, from those of different sizes.
struct MessageCost {
  std::string label;
  Location latency_seconds;
  Location bytes_per_second;
};

struct ScalingVerdicts {
  int cores;
  std::vector<ScalingSeries> series;
  std::optional<MessageCost> messages;
  std::string why_no_messages;
};

/// From the results of an experiment that tells scaling. Runs of its kernel "message" send as many, one
/// after the other, as its facts say.
ScalingVerdicts judge_scaling(const std::vector<Measured>& results, const RaceVerdicts& verdicts,
                              int cores, double alpha = 0.05);

/// The entry "scaling" of the result file.
nlohmann::json scaling_json(const ScalingVerdicts& verdicts);

/// Efficiencies in a table, the fits, the cost of a message.
std::string scaling_text(const ScalingVerdicts& verdicts);

}  // namespace parlab
