#pragma once

// Times of single runs within a sample, for its percentiles. Reading the clock takes some 50 ns, so
// of very many runs only every so many-th is timed: the others run as if nobody looked.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "experiments/measure/race/arm_process.hpp"

namespace parlab {

/// Times of single runs among all of a sample.
class RunTimes {
 public:
  explicit RunTimes(std::uint64_t runs)
      : stride_((runs + max_timed_runs - 1) / max_timed_runs), runs_until_due_(stride_ - 1) {
    seconds_.reserve(static_cast<std::size_t>(runs / stride_));
  }
  /// Makes `count` runs, and times those that are due.
  void run(const OpenedArm& arm, std::uint64_t count, Answer& answer) {
    for (;;) {
      const std::uint64_t plain = std::min(runs_until_due_, count);
      for (std::uint64_t i = 0; i < plain; ++i) answer = arm.run();
      runs_until_due_ -= plain;
      count -= plain;
      if (count == 0) return;
      const auto begin = std::chrono::steady_clock::now();
      answer = arm.run();
      seconds_.push_back(
          std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
      runs_until_due_ = stride_ - 1;
      --count;
    }
  }
  /// What this share of the runs does not exceed; nullopt where fewer were timed than that takes.
  std::optional<double> percentile(double share, std::uint64_t min_runs) {
    if (seconds_.size() < min_runs) return std::nullopt;
    const auto rank = std::ceil(share * static_cast<double>(seconds_.size()));
    const auto at = seconds_.begin() + static_cast<std::ptrdiff_t>(rank) - 1;
    std::ranges::nth_element(seconds_, at);
    return *at;
  }

 private:
  std::uint64_t stride_, runs_until_due_;
  std::vector<double> seconds_;
};

}  // namespace parlab
