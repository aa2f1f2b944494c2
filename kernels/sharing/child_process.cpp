#include "kernels/sharing/child_process.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <system_error>
#include <utility>

namespace parlab {

std::string ExitStatus::describe() const {
  if (!signal) return fmt::format("exit code {}", code.value_or(-1));
  const char* name = sigabbrev_np(*signal);
  return name ? fmt::format("killed by SIG{}", name) : fmt::format("killed by signal {}", *signal);
}

namespace {

pid_t parent_of_this = 0;

void end_with_parent(int /*signal*/) {
  if (getppid() != parent_of_this) kill(getpid(), SIGKILL);  // else only a thread of it ended
}

void die_with(pid_t parent, bool forked_by_main_thread) {
  parent_of_this = parent;
  if (forked_by_main_thread) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
  } else {
    const int ended = SIGRTMAX - 1;
    struct sigaction action {};
    action.sa_handler = end_with_parent;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(ended, &action, nullptr);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, ended);
    sigprocmask(SIG_UNBLOCK, &signals, nullptr);
    prctl(PR_SET_PDEATHSIG, ended);
  }
  if (getppid() != parent) _exit(1);  // the parent ended before the lines above
}

}  // namespace

ChildProcess ChildProcess::fork(FunctionRef<void()> work) {
  const pid_t parent = getpid();
  const bool main_thread = gettid() == parent;
  const pid_t pid = ::fork();
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "cannot start a process");
  if (pid == 0) {
    die_with(parent, main_thread);
    int code = 0;
    try {
      work();
    } catch (const std::exception& error) {
      fmt::print(stderr, "parlab: {}\n", error.what());
      code = 1;
    } catch (...) {
      code = 1;
    }
    _exit(code);
  }
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  ChildProcess child(pid, pidfd);
  if (pidfd < 0)  // the destructor of `child` ends it
    throw std::system_error(errno, std::generic_category(), "cannot watch a process");
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::exchange(other.pidfd_, -1)),
      status_(std::exchange(other.status_, std::nullopt)) {}

ChildProcess::~ChildProcess() {
  if (pid_ > 0 && !status_) {
    signal(SIGKILL);
    wait();
  }
  if (pidfd_ >= 0) close(pidfd_);
}

ExitStatus ChildProcess::wait() {
  if (status_) return *status_;
  int raw = 0;
  while (waitpid(pid_, &raw, 0) < 0) {
    if (errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "cannot wait for a process");
  }
  keep_status(raw);
  return *status_;
}

std::optional<ExitStatus> ChildProcess::status() {
  if (status_ || pid_ < 0) return status_;
  int raw = 0;
  const pid_t ended = waitpid(pid_, &raw, WNOHANG);
  if (ended < 0 && errno != EINTR)
    throw std::system_error(errno, std::generic_category(), "cannot wait for a process");
  if (ended == pid_) keep_status(raw);
  return status_;
}

void ChildProcess::keep_status(int raw) {
  status_ = WIFSIGNALED(raw) ? ExitStatus{std::nullopt, WTERMSIG(raw)}
                             : ExitStatus{WEXITSTATUS(raw), std::nullopt};
}

void ChildProcess::signal(int number) const {
  if (pid_ > 0 && !status_) kill(pid_, number);
}

}  // namespace parlab
