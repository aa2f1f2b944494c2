#pragma once

// An arm whose every run is the next piece of one long run.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "experiments/base/experiment.hpp"
#include "experiments/checkpoint/pace.hpp"

namespace parlab {

/// What --checkpoint and --checkpoint-every ask for.
struct CheckpointRequest {
  std::string file;
  SaveInterval interval;
};

/// What the run has come to after a piece.
struct Piece {
  std::uint64_t chunks = 0, done = 0;  // 0 chunks: it ended without a fold
  double seconds = 0;                  // wall clock of the piece
  std::vector<std::byte> state;
  Answer answer;  // when it is complete; null before

  bool is_complete() const { return done == chunks; }
};

/// Opens the arm in its own process. What its runs return, piece_of() reads. Throws as
/// Experiment::open().
OpenedArm open_in_pieces(const Experiment& experiment, const Arm& arm,
                         const CheckpointRequest& request);

/// Throws std::runtime_error for what is no piece.
Piece piece_of(const Answer& answer);

/// Indices of a chunk where no grain is asked for: by the workload alone, so that neither workers nor
/// backend change the answer's bits.
std::uint64_t grain_in_pieces(const Workload& workload);

}  // namespace parlab
