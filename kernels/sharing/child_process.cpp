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

ChildProcess ChildProcess::fork(FunctionRef<void()> work) {
  const pid_t parent = getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "cannot start a process");
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);  // the parent ended before the line above
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
  status_ = WIFSIGNALED(raw) ? ExitStatus{std::nullopt, WTERMSIG(raw)}
                             : ExitStatus{WEXITSTATUS(raw), std::nullopt};
  return *status_;
}

void ChildProcess::signal(int number) const {
  if (pid_ > 0 && !status_) kill(pid_, number);
}

}  // namespace parlab
