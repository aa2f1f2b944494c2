#include "kernels/sharing/child_process.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <utility>

#include "kernels/sharing/limits.hpp"

namespace parlab {

std::string ExitStatus::describe() const {
  if (!known())
    return "exit status unknown (SIGCHLD is ignored, or another waitpid in this program took it)";
  if (!signal) return fmt::format("exit code {}", *code);
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

/// Whether the process has ended, be it reaped or not; waits at most so long, -1: until it has.
bool has_ended(int pidfd, int milliseconds) {
  pollfd end{pidfd, POLLIN, 0};
  int ready = 0;
  while ((ready = poll(&end, 1, milliseconds)) < 0 && errno == EINTR) continue;
  return ready != 0;
}

/// A descriptor that is readable, as that of a process which has ended.
int new_ended_fd() {
  const int descriptor = eventfd(1, EFD_CLOEXEC);
  if (descriptor < 0) throw refusal("watch a process", errno);
  return descriptor;
}

}  // namespace

ChildProcess ChildProcess::fork(FunctionRef<void()> work) {
  const pid_t parent = getpid();
  const bool main_thread = gettid() == parent;
  // Where no descriptor is left, that is known before the child does anything.
  const int reserved = new_ended_fd();
  const pid_t pid = ::fork();
  if (pid < 0) {
    const int error = errno;
    close(reserved);
    throw refusal("start a process", error);
  }
  if (pid == 0) {
    close(reserved);
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
  close(reserved);
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  const int error = errno;
  ChildProcess child(pid, pidfd);
  if (pidfd < 0 && error == ESRCH) {  // it has ended already, and something else reaped it
    child.status_ = ExitStatus{};
    child.pidfd_ = new_ended_fd();
  } else if (pidfd < 0) {  // the destructor of `child` ends it
    throw refusal("watch a process", error);
  }
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

ExitStatus ChildProcess::wait() noexcept {
  if (!status_) reap(true);
  return *status_;
}

std::optional<ExitStatus> ChildProcess::status() noexcept {
  if (!status_ && pid_ > 0) reap(false);
  return status_;
}

/// Keeps the status; false while it runs.
bool ChildProcess::reap(bool wait_for_it) noexcept {
  // By the descriptor: once something else has reaped the process, another may have its number.
  const idtype_t by = pidfd_ >= 0 ? P_PIDFD : P_PID;
  const auto which = static_cast<id_t>(pidfd_ >= 0 ? pidfd_ : pid_);
  siginfo_t end{};
  int result = 0;
  while ((result = waitid(by, which, &end, WEXITED | (wait_for_it ? 0 : WNOHANG))) < 0 &&
         errno == EINTR)
    continue;
  if (result == 0) {
    if (end.si_pid == 0) return false;
    status_ = end.si_code == CLD_EXITED ? ExitStatus{end.si_status, std::nullopt}
                                        : ExitStatus{std::nullopt, end.si_status};
    return true;
  }
  // ECHILD: not ours to reap, or reaped already. The descriptor still tells when it ends.
  if (pidfd_ >= 0 && !has_ended(pidfd_, wait_for_it ? -1 : 0)) return false;
  status_ = ExitStatus{};
  return true;
}

void ChildProcess::signal(int number) const noexcept {
  if (pid_ <= 0 || status_) return;
  if (pidfd_ >= 0)
    syscall(SYS_pidfd_send_signal, pidfd_, number, nullptr, 0);
  else
    kill(pid_, number);
}

}  // namespace parlab
