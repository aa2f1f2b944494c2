#pragma once

// What the chunks of a workload cost, by running some of them: single chunks at places all over the
// range, on one worker, in a dedicated process.

#include <chrono>
#include <cstdint>

#include "experiments/base/experiment.hpp"
#include "experiments/base/race_interruption.hpp"
#include "experiments/planning/run_simulation.hpp"

namespace parlab {

struct WorkSample {
  std::vector<RateAt> rates;  // at places of the range, from 0 on
  double serial = 0;          // seconds of what a run does once, before its chunks
  std::uint64_t grain = 1;    // of the chunks that were run
  int chunks = 0;             // that were run
  double seconds = 0;         // that it took
};

/// Places that are sampled, the ends among them: a rate that bends gently is linear between two.
inline constexpr int sampled_places = 9;

/// Runs of each place's chunk, and the time that they take, at least: the median is told, so that it is of
/// the machine as it is for more than a moment.
inline constexpr int min_runs_per_place = 3;
inline constexpr std::chrono::milliseconds min_time_per_place{60};

/// Samples a workload that is a fold (Experiment::why_not_in_pieces()). Throws UsageError for one that
/// is not, ArmFailed where a chunk fails or takes longer than `timeout`, Interrupted.
WorkSample sample_work(const Experiment& experiment, const Workload& workload,
                       std::chrono::duration<double> timeout,
                       const InterruptionGuard& interruption);

}  // namespace parlab
