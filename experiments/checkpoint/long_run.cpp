#include "experiments/checkpoint/long_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <system_error>

#include "experiments/base/standard_streams.hpp"
#include "experiments/checkpoint/progress_signal.hpp"
#include "experiments/measure/race/arm_process.hpp"
#include "experiments/options/duration.hpp"

namespace parlab {
namespace {

/// A chunk may take as long as it likes.
constexpr std::chrono::duration<double> no_timeout{1e10};

/// The rate is that of so long a time at least.
constexpr double rate_seconds = 30;

double seconds_between(std::chrono::steady_clock::time_point from,
                       std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

LongRun::LongRun(const Experiment& experiment, Arm arm, CheckpointRequest request,
                 std::vector<std::string> words, const std::string& command)
    : experiment_(experiment),
      arm_(std::move(arm)),
      request_(std::move(request)),
      words_(std::move(words)),
      file_(request_.file, checkpoint_head(experiment, arm_, command)) {
  if (file_.state()) {
    facts_ = RunFacts::of(file_.state()->facts);
    seconds_before_ = facts_.seconds;
  }
  if (!facts_.is_complete) ++facts_.runs;
  facts_.backend = arm_.executor.label();
  facts_.workers = arm_.executor.workers;
}

Answer LongRun::run(const InterruptionGuard& interruption, ProgressStyle style) {
  const bool was_complete = facts_.is_complete;
  ProgressSignal signal;
  Progress progress(experiment_.name(), style, Clock::time_point::max());
  const auto show = [&] {
    const RunStatus now = status();
    std::string line = now.progress();
    const auto left = now.seconds_left();
    progress.show(line, left);
    line += fmt::format(", saved {} ago", duration_words(seconds_between(saved_, Clock::now())));
    if (left) line += fmt::format(", {} left", duration_words(*left));
    signal.set(fmt::format("parlab: {}: {}\n", experiment_.name(), line));
  };
  show();
  ArmProgram program = program_of_arm(experiment_, arm_, 0, 1, words_);
  if (program.become)
    program.become = [become = program.become](int socket) {
      ignore_progress_signal();
      become(socket);
    };
  Answer answer;
  const auto go_on = [&](const Answer& sent) {
    Piece piece = piece_of(sent);
    answer = piece.answer;
    const bool is_complete = piece.is_complete();
    if (!was_complete) take(std::move(piece));
    show();
    return !is_complete;
  };
  try {
    began_ = piece_ended_ = saved_ = Clock::now();
    ArmProcess process([&] { return open_in_pieces(experiment_, arm_, request_); }, no_timeout,
                       interruption, program, 1);
    bool is_open = go_on(process.first_answer());
    while (is_open) is_open = go_on(process.sample().answer);
  } catch (...) {
    save_if_possible();
    throw;
  }
  return answer;
}

void LongRun::take(Piece piece) {
  const auto now = Clock::now();
  const double seconds = seconds_between(piece_ended_, now);
  piece_ended_ = now;
  recent_.emplace_back(piece.done - std::min(facts_.done, piece.done), seconds);
  const auto sum = [&](std::size_t from) {
    double all = 0;
    for (std::size_t i = from; i < recent_.size(); ++i) all += recent_[i].second;
    return all;
  };
  while (recent_.size() > 2 && sum(1) > rate_seconds) recent_.pop_front();
  std::uint64_t chunks = 0;
  for (const auto& one : recent_) chunks += one.first;
  facts_.rate = sum(0) > 0 ? static_cast<double>(chunks) / sum(0) : 0;
  facts_.done = piece.done;
  facts_.chunks = piece.chunks;
  facts_.seconds = seconds_before_ + seconds_between(began_, now);
  facts_.is_complete = piece.is_complete();
  facts_.answer = piece.answer;
  state_ = std::move(piece.state);
  is_saved_ = false;
  const Pace::Seconds since_last(seconds_between(saved_, now));
  if (file_.state() && !facts_.is_complete &&
      !is_save_due(request_.interval, since_last, Pace::Seconds(seconds), save_took_))
    return;
  try {
    save();
    has_failed_ = false;
  } catch (const std::system_error& error) {
    // What was computed is not thrown away for a disk that is full for a while.
    if (!file_.state() && !facts_.is_complete) throw;
    if (facts_.is_complete)
      tell("parlab: {}; the answer is not kept\n", error.what());
    else if (!std::exchange(has_failed_, true))
      tell("parlab: {}; going on, and trying again\n", error.what());
  }
}

void LongRun::save() {
  facts_.saved_at =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  const auto begin = Clock::now();
  file_.save({facts_.json(), state_});
  saved_ = Clock::now();
  save_took_ = saved_ - begin;
  is_saved_ = true;
}

void LongRun::save_if_possible() noexcept {
  if (is_saved_) return;
  try {
    save();
  } catch (const std::exception& error) {
    tell("parlab: {}\n", error.what());
  }
}

RunStatus LongRun::status() const {
  return {.file = file_.path(), .head = file_.head(), .facts = facts_, .writer = std::nullopt};
}

}  // namespace parlab
