#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace parlab {

enum class ProgressStyle {
  none,
  one_line,  // rewritten as work goes on, gone at the end: for a terminal
  lines,     // "progress: what", for a program that reads them
};

/// What is going on, on stderr; on a terminal cut to its width, because a line that wraps cannot be
/// rewritten.
class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  /// The time that is left never exceeds that to `deadline`.
  Progress(std::string title, ProgressStyle style, Clock::time_point deadline)
      : title_(std::move(title)), style_(style), deadline_(deadline) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  /// `seconds_left`, where that can be told.
  void show(std::string_view what, std::optional<double> seconds_left);

 private:
  std::string title_;
  ProgressStyle style_;
  Clock::time_point deadline_;
  Clock::time_point shown_;
  bool on_screen_ = false;
};

}  // namespace parlab
