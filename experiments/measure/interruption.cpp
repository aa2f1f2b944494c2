#include "experiments/measure/interruption.hpp"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string_view>
#include <system_error>

namespace parlab {
namespace {

constexpr std::array<int, 3> ending_signals = {SIGINT, SIGTERM, SIGHUP};

/// Files that an interruption removes; null where a place is free. What a signal handler reads.
std::array<std::atomic<const char*>, 8> files;

pid_t program = 0;  // children inherit the handler, but not the files

/// Guards belong to the main thread.
const InterruptionGuard* innermost_guard = nullptr;

bool is_ignored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

/// Those to heed. SIGINT and SIGTERM are heeded even where a shell that runs the program in the
/// background has it ignore them: whoever sends them means it.
sigset_t heeded() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : ending_signals)
    if (signal != SIGHUP || !is_ignored(signal)) sigaddset(&signals, signal);
  return signals;
}

void write_line(std::string_view text) {
  [[maybe_unused]] const auto n = write(2, text.data(), text.size());
}

/// Calls only what signal-safety(7) allows.
void end_program(int signal) {
  if (getpid() != program) {
    ::signal(signal, SIG_DFL);
    raise(signal);  // comes when this returns
    return;
  }
  bool any = false;
  for (const auto& file : files) {
    const char* path = file.load();
    if (path == nullptr) continue;
    unlink(path);
    any = true;
  }
  write_line(any ? "parlab: interrupted; nothing was written\n" : "parlab: interrupted\n");
  _exit(128 + signal);
}

}  // namespace

void end_on_interruption() {
  program = getpid();
  const sigset_t signals = heeded();
  struct sigaction action {};
  action.sa_handler = end_program;
  action.sa_flags = SA_RESTART;
  action.sa_mask = signals;
  for (const int signal : ending_signals)
    if (sigismember(&signals, signal) == 1) sigaction(signal, &action, nullptr);
}

RemovedOnInterruption::RemovedOnInterruption(const std::string& path) : path_(path) {
  for (std::size_t i = 0; i < files.size() && place_ < 0; ++i) {
    const char* none = nullptr;
    if (files[i].compare_exchange_strong(none, path_.c_str())) place_ = static_cast<int>(i);
  }
}

RemovedOnInterruption::~RemovedOnInterruption() {
  if (!path_.empty()) unlink(path_.c_str());
  leave_alone();
}

void RemovedOnInterruption::leave_alone() {
  if (place_ >= 0) files[static_cast<std::size_t>(place_)].store(nullptr);
  place_ = -1;
  path_.clear();
}

const InterruptionGuard* InterruptionGuard::innermost() { return innermost_guard; }

InterruptionGuard::InterruptionGuard() : outer_(innermost_guard) {
  const sigset_t signals = heeded();
  fd_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "cannot watch for signals");
  pthread_sigmask(SIG_BLOCK, &signals, &before_);
  unguarded_ = outer_ != nullptr ? outer_->unguarded_ : before_;
  innermost_guard = this;
}

InterruptionGuard::~InterruptionGuard() {
  innermost_guard = outer_;
  close(fd_);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void InterruptionGuard::check() const {
  signalfd_siginfo info;
  if (read(fd_, &info, sizeof info) == sizeof info)
    throw Interrupted(static_cast<int>(info.ssi_signo));
}

void InterruptionGuard::restore_in_child() const {
  const sigset_t signals = heeded();
  for (const int signal : ending_signals)
    if (sigismember(&signals, signal) == 1) ::signal(signal, SIG_DFL);
  pthread_sigmask(SIG_SETMASK, &unguarded_, nullptr);
}

}  // namespace parlab
