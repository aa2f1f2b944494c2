#include "experiments/measure/progress.hpp"

#include "experiments/measure/standard_streams.hpp"

namespace parlab {
namespace {

/// Rewriting more often than this disturbs what is measured and is no easier to read.
constexpr std::chrono::milliseconds between_updates{250};

constexpr std::string_view clear_line = "\r\033[K";

}  // namespace

Progress::~Progress() {
  if (!on_screen_ || style_ != ProgressStyle::one_line) return;
  write_stderr(clear_line);
}

void Progress::show(std::string_view what, double done) {
  const auto now = Clock::now();
  if (style_ == ProgressStyle::none || (on_screen_ && now - shown_ < between_updates)) return;
  shown_ = now;
  on_screen_ = true;
  std::string left;
  if (done > 0 && begin_ == Clock::time_point{}) {
    begin_ = now;
    done_at_begin_ = done;
  } else if (done > done_at_begin_) {
    const std::chrono::duration<double> taken = now - begin_;
    const double seconds = taken.count() * (1 - done) / (done - done_at_begin_);
    left = fmt::format(", {:.0f} s left", seconds);
  }
  if (style_ == ProgressStyle::lines)
    tell("progress: {}: {}{}\n", title_, what, left);
  else
    tell("{}{}: {}{}", clear_line, title_, what, left);
}

}  // namespace parlab
