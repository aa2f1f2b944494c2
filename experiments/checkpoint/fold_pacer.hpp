#pragma once

// Makes an arm's run in pieces, in the arm's process: each piece goes on where the last one ended, or a
// checkpoint file. In ranks, rank 0 reads the file and counts the chunks, and tells the others.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiments/checkpoint/pace.hpp"
#include "kernels/backends/fold_keeper.hpp"

namespace parlab {

class FoldPacer final : public FoldKeeper {
 public:
  /// `file`: its state, where it has one, is where the first piece begins.
  FoldPacer(std::string file, SaveInterval interval, int workers)
      : file_(std::move(file)), pace_(interval, workers) {}

  IndexRange begin(std::uint64_t chunks, const FoldState& state) override;
  void end(const FoldState& state) override;

  std::uint64_t done() const { return done_; }
  /// 0 before the first piece has begun.
  std::uint64_t chunks() const { return chunks_; }
  const std::vector<std::byte>& state() const { return state_; }
  /// Wall clock of the last piece.
  double seconds() const { return seconds_; }

 private:
  using Clock = std::chrono::steady_clock;

  void resume(const FoldState& state);

  std::string file_;
  Pace pace_;
  bool is_resumed_ = false;
  std::uint64_t chunks_ = 0, done_ = 0, count_ = 0;
  std::vector<std::byte> state_;  // at done_
  Clock::time_point began_, ended_ = Clock::now();
  double seconds_ = 0;
};

/// The state's facts that say where it stands.
inline constexpr char done_fact[] = "done", chunks_fact[] = "chunks";

}  // namespace parlab
