#include "experiments/checkpoint/progress_signal.hpp"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <utility>

namespace parlab {
namespace {

/// What the handler reads; of the process that set it.
std::atomic<const std::string*> told = nullptr;
std::atomic<pid_t> teller = 0;

void tell_progress(int /*signal*/) {
  const int error = errno;
  const std::string* const text = told.load();
  if (text != nullptr && getpid() == teller.load()) {
    [[maybe_unused]] const auto n = write(STDERR_FILENO, text->data(), text->size());
  }
  errno = error;
}

}  // namespace

ProgressSignal::ProgressSignal() {
  teller = getpid();
  struct sigaction action {};
  action.sa_handler = tell_progress;
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, nullptr);
}

ProgressSignal::~ProgressSignal() {
  ignore_progress_signal();
  told = nullptr;
}

void ProgressSignal::set(std::string text) {
  shown_ = 1 - shown_;
  texts_[shown_] = std::move(text);
  told = &texts_[shown_];
}

void ignore_progress_signal() { std::signal(SIGUSR1, SIG_IGN); }

}  // namespace parlab
