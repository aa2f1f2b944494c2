#include "experiments/measure/race/progress_line.hpp"

#include <unistd.h>

#include <algorithm>

#include "experiments/base/standard_streams.hpp"
#include "experiments/base/terminal.hpp"
#include "experiments/options/duration.hpp"

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

void Progress::show(std::string_view what, std::optional<double> seconds_left) {
  const auto now = Clock::now();
  if (style_ == ProgressStyle::none || (on_screen_ && now - shown_ < between_updates)) return;
  shown_ = now;
  on_screen_ = true;
  std::string left;
  if (seconds_left) {
    const std::chrono::duration<double> limit = deadline_ - now;
    left = fmt::format(", {} left",
                       duration_words(std::min(*seconds_left, std::max(0.0, limit.count()))));
  }
  const std::string line = fmt::format("{}: {}{}", title_, what, left);
  if (style_ == ProgressStyle::lines)
    tell("progress: {}\n", line);
  else  // the last column stays free: some terminals wrap behind it
    tell("{}{}", clear_line, cut_to_columns(line, terminal_columns(STDERR_FILENO) - 1));
}

}  // namespace parlab
