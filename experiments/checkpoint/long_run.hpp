#pragma once

// A run that survives: one arm, once, in pieces, in a process of its own as every arm; what the pieces
// have come to is kept in a file by this process.

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "experiments/base/race_interruption.hpp"
#include "experiments/checkpoint/checkpoint_file.hpp"
#include "experiments/checkpoint/pieces.hpp"
#include "experiments/checkpoint/run_status.hpp"
#include "experiments/measure/race/progress_line.hpp"
#include "experiments/measure/race/race.hpp"

namespace parlab {

class LongRun {
 public:
  /// `words`: as of RaceOptions, of which the arm is the first. Throws UsageError as CheckpointFile.
  LongRun(const Experiment& experiment, Arm arm, CheckpointRequest request,
          std::vector<std::string> words, const std::string& command);

  /// Goes on until the run is complete; returns its answer. Throws ArmFailed, Interrupted or
  /// std::system_error: what was finished until then is saved, where that is possible.
  Answer run(const InterruptionGuard& interruption, ProgressStyle style);

  RunStatus status() const;
  /// Whether all that the run has come to stands in the file.
  bool is_saved() const { return is_saved_; }

 private:
  using Clock = std::chrono::steady_clock;

  void take(Piece piece);
  void save();
  void save_if_possible() noexcept;

  const Experiment& experiment_;
  Arm arm_;
  CheckpointRequest request_;
  std::vector<std::string> words_;
  CheckpointFile file_;
  RunFacts facts_;
  std::vector<std::byte> state_;
  bool is_saved_ = true;
  bool has_failed_ = false;  // to save, which was told
  Pace::Seconds save_took_{0};
  double seconds_before_ = 0;
  Clock::time_point began_ = Clock::now(), saved_ = Clock::now(), piece_ended_ = Clock::now();
  std::deque<std::pair<std::uint64_t, double>> recent_;  // chunks and seconds of the last pieces
};

}  // namespace parlab
