#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace parlab {

/// One line on a terminal's stderr that is rewritten as work goes on, and gone at the end.
class Progress {
 public:
  Progress(std::string title, bool visible) : title_(std::move(title)), visible_(visible) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  /// `done` of 1; the time left is estimated from the time taken once something is done.
  void show(std::string_view what, double done);

 private:
  using Clock = std::chrono::steady_clock;
  std::string title_;
  bool visible_;
  Clock::time_point begin_;  // when `done` was first above 0
  double done_at_begin_ = 0;
  Clock::time_point shown_;
  bool on_screen_ = false;
};

}  // namespace parlab
