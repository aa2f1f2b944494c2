#pragma once

// `parlab doctor --calibrate`: what the method tells on this machine. Slow-downs of a known size are
// planted in a real arm, by giving it so much more work, and raced as any other.

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "experiments/base/race_interruption.hpp"
#include "experiments/measure/race/race.hpp"
#include "experiments/measure/verdicts/statistics.hpp"
#include "kernels/backends/backend_registry.hpp"

namespace parlab {

/// What races told of one planted slow-down.
struct PlantedSlowdown {
  double planted = 0;  // 0.03: the arm has 3 % more work than its baseline; 0: none
  int races = 0;
  int told = 0;           // in which an interval lay on the right side of 1; of none: on either
  int wrong_side = 0;     // in which it lay on the other side
  int missed = 0;         // in which an interval did not hold the planted value at some look
  int called_slower = 0;  // beyond the margin, at the last look
  std::vector<int> rounds = {};  // at which it was first told, one a race that told it
};

/// One real arm, and what was planted in it.
struct CalibratedArm {
  BackendSpec executor;
  std::uint64_t size = 0;     // darts of a sample of the baseline
  double sample_seconds = 0;  // its median
  std::vector<PlantedSlowdown> planted = {};
};

struct CalibrationOutcome {
  std::vector<CalibratedArm> arms;
  int rounds = 0;  // of each race, at most
  double elapsed_seconds = 0;
  int signal = 0;  // that ended it early; 0: none
};

/// Rounds of a race, where a verdict on the margin mostly stands.
inline constexpr int calibration_rounds = 21;

/// Time of a calibration where none is asked for: some five races of each arm.
inline constexpr std::chrono::minutes usual_calibration{1};

/// Races of pi's darts on the serial backend and on all usable cores by turns, each with 0, 1, 3, 5
/// and 10 % planted, until the time is over; of each arm one at least. An interruption ends it with
/// what there is. Throws std::runtime_error where an arm fails.
CalibrationOutcome calibrate(std::chrono::duration<double> time, ProgressStyle progress,
                             const InterruptionGuard& interruption);

/// Adds what a race says to what is known. `looks`: the comparison of each planted slow-down with the
/// baseline, at each look.
void add_race(std::vector<PlantedSlowdown>& planted,
              const std::vector<std::vector<Comparison>>& looks);

/// A table, and what to make of it.
std::string calibration_text(const CalibrationOutcome& outcome);
nlohmann::ordered_json calibration_json(const CalibrationOutcome& outcome);

}  // namespace parlab
