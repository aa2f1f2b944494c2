#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace parlab {

enum class ProgressStyle {
  none,
  one_line,  // rewritten as work goes on, gone at the end: for a terminal
  lines,     // "progress: what", for a program that reads them
};

/// What is going on, on stderr.
class Progress {
 public:
  Progress(std::string title, ProgressStyle style) : title_(std::move(title)), style_(style) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  /// `done` of 1; the time left is estimated from the time taken once something is done.
  void show(std::string_view what, double done);

 private:
  using Clock = std::chrono::steady_clock;
  std::string title_;
  ProgressStyle style_;
  Clock::time_point begin_;  // when `done` was first above 0
  double done_at_begin_ = 0;
  Clock::time_point shown_;
  bool on_screen_ = false;
};

}  // namespace parlab
