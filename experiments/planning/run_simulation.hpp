#pragma once

// A run on ranks that are not there, event by event: what kernels/backends/ranks/ does, with measured
// costs in place of the work. Ranks are told to begin, one after the other; each prepares what all
// need (the serial part), takes its share of the chunks, or the next one from a counter that one rank
// holds and serves one asker at a time; then all tell each other what they have, window by window.
//
// Ranks beyond the cores share them evenly, as the kernel's scheduler does: the clock of the events is
// then the CPU time of a rank, and time goes by the slower the more of them compute.
//
// Assumed, not measured: collectives take as many steps as the ranks' number has bits, each a message
// of its size; rank 0 sends a command every half latency; all ranks are as fast as the one sampled.
// Cost: O(windows x ranks) for static, O(chunks log ranks) for dynamic; 4e6 chunks a second or so.

#include <cstdint>
#include <span>
#include <vector>

namespace parlab {

/// What an index costs at a place of the range.
struct RateAt {
  double place;    // an index
  double seconds;  // of one index there
};

/// Work along the range: the rate is linear between places, constant before and after them; two of one
/// place are a step.
class WorkProfile {
 public:
  /// Throws std::invalid_argument for none, unordered places, or a rate that is negative or not finite.
  explicit WorkProfile(std::vector<RateAt> rates);
  /// Seconds of indices [begin, end).
  double seconds(double begin, double end) const { return until(end) - until(begin); }
  std::span<const RateAt> rates() const { return rates_; }

 private:
  double until(double place) const;

  std::vector<RateAt> rates_;
  std::vector<double> sums_;  // seconds of [0, place) of each
};

/// Seconds of what a run does besides its indices.
struct RunCosts {
  double serial = 0;            // before the chunks, in each rank
  double per_chunk = 0;         // in the rank that computes it
  double ticket = 0;            // of the counter, for one chunk of a dynamic run
  double latency = 0;           // of a message
  double seconds_per_byte = 0;  // of a message
};

struct PlannedRun {
  std::uint64_t size = 0, grain = 1;
  std::uint64_t ranks = 1;
  std::uint64_t cores = 1;  // of all ranks together
  bool is_dynamic = false;
  std::uint64_t partial_bytes = 8;  // a chunk's result
};

/// Where the time of a run goes, in seconds, all of them at least 0.
struct SimulatedRun {
  double seconds = 0;
  double work = 0;       // the indices, evenly over the cores
  double serial = 0;     // the part that each rank does for itself
  double start_up = 0;   // until the last rank has been told
  double imbalance = 0;  // until the last rank is done, beyond the even share
  double counter = 0;    // more than that because chunks are handed out
  double messages = 0;   // after the last is done, until rank 0 has all
};

/// The same input gives the same bits. Throws std::invalid_argument for no ranks, cores or grain.
SimulatedRun simulate(const PlannedRun& run, const WorkProfile& work, const RunCosts& costs);

}  // namespace parlab
