#pragma once

// What `parlab plan` measures by races on this machine.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiments/base/race_interruption.hpp"
#include "experiments/measure/race/progress_line.hpp"

namespace parlab {

/// What ranks cost, in seconds.
struct RankCosts {
  double latency = 0;           // of a message
  double seconds_per_byte = 0;  // of a message
  double ticket = 0;            // of the counter, for a chunk
  std::string from;             // in words
};

/// Of two ranks on this machine. Throws UsageError where it has no MPI, std::runtime_error where ranks
/// fail.
RankCosts measure_rank_costs(ProgressStyle progress, const InterruptionGuard& interruption);

/// Latency and bandwidth from a result file of the experiment scaling; a ticket then counts as a
/// message. Throws UsageError where it tells none.
RankCosts rank_costs_of_file(const std::string& path);

/// Seconds of some runs of an experiment on so many ranks of this machine.
/// `words`: the experiment and its options.
std::vector<double> measure_ranks(const std::vector<std::string>& words, bool is_dynamic,
                                  std::uint64_t grain, std::uint64_t ranks, ProgressStyle progress,
                                  const InterruptionGuard& interruption);

}  // namespace parlab
