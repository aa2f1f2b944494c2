#include "kernels/posix/process/child_process.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <utility>

#include "kernels/base/limits.hpp"

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
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
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
FileDescriptor new_ended_fd() {
  FileDescriptor descriptor(eventfd(1, EFD_CLOEXEC));
  if (!descriptor) throw refusal("watch a process", errno);
  return descriptor;
}

/// waitid(), for whom the process is still there to reap: 0, or -1 with errno set.
int wait_for_end(idtype_t by, id_t which, siginfo_t& end, int options) {
  int result = 0;
  while ((result = waitid(by, which, &end, WEXITED | options)) < 0 && errno == EINTR) continue;
  return result;
}

/// LLVM's OpenMP runtime registers each process that uses it in /dev/shm, and removes that from an exit
/// handler: one that is killed, or ends by _exit() as children here do, leaves it there for good.
/// Source: LLVM, openmp/runtime/src/kmp_runtime.cpp, __kmp_register_library_startup.
void remove_openmp_registration(pid_t ended) noexcept {
  std::array<char, 64> name{};
  std::snprintf(name.data(), name.size(), "/__KMP_REGISTERED_LIB_%d_%d", static_cast<int>(ended),
                static_cast<int>(getuid()));
  const int error = errno;
  shm_unlink(name.data());
  errno = error;
}

}  // namespace

ChildProcess ChildProcess::fork(FunctionRef<void()> work, ProcessGroup group) {
  const pid_t parent = getpid();
  const bool main_thread = gettid() == parent;
  // Where no descriptor is left, that is known before the child does anything.
  FileDescriptor reserved = new_ended_fd();
  const pid_t pid = ::fork();
  if (pid < 0) throw refusal("start a process", errno);
  reserved.reset();
  if (pid == 0) {
    if (group == ProcessGroup::own) setpgid(0, 0);
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
  if (group == ProcessGroup::own) setpgid(pid, pid);  // here too: a signal may come before
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  const int error = errno;
  ChildProcess child(pid, pidfd, group);
  if (pidfd < 0 && error == ESRCH) {  // it has ended already, and something else reaped it
    child.signal_group(SIGKILL);
    child.status_ = ExitStatus{};
    child.pidfd_ = new_ended_fd();
  } else if (pidfd < 0) {  // the destructor of `child` ends it
    throw refusal("watch a process", error);
  }
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      group_(other.group_),
      status_(std::exchange(other.status_, std::nullopt)) {}

ChildProcess::~ChildProcess() {
  if (pid_ > 0 && !status_) {
    signal(SIGKILL);
    wait();
  }
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
  const idtype_t by = pidfd_ ? P_PIDFD : P_PID;
  const auto which = static_cast<id_t>(pidfd_ ? pidfd_.get() : pid_);
  siginfo_t end{};
  // The group ends first: as long as its leader is not reaped, no other can have its number.
  const bool leads = group_ == ProcessGroup::own;
  const int options = (wait_for_it ? 0 : WNOHANG) | (leads ? WNOWAIT : 0);
  int result = wait_for_end(by, which, end, options);
  if (result == 0) {
    if (end.si_pid == 0) return false;
    if (leads) {
      signal_group(SIGKILL);
      result = wait_for_end(by, which, end, 0);
    }
  }
  if (result == 0) {
    status_ = end.si_code == CLD_EXITED ? ExitStatus{end.si_status, std::nullopt}
                                        : ExitStatus{std::nullopt, end.si_status};
    remove_openmp_registration(pid_);
    return true;
  }
  // ECHILD: not ours to reap, or reaped already. The descriptor still tells when it ends.
  if (pidfd_ && !has_ended(pidfd_.get(), wait_for_it ? -1 : 0)) return false;
  signal_group(SIGKILL);
  status_ = ExitStatus{};
  return true;
}

void ChildProcess::signal(int number) const noexcept {
  if (pid_ <= 0 || status_) return;
  if (pidfd_)
    syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0);
  else
    kill(pid_, number);
}

void ChildProcess::signal_group(int number) const noexcept {
  if (pid_ > 0 && !status_ && group_ == ProcessGroup::own) kill(-pid_, number);
}

}  // namespace parlab
