#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "kernels/function_ref.hpp"

namespace parlab {

/// How a process ended. Exactly one of the two is set.
struct ExitStatus {
  std::optional<int> code;
  std::optional<int> signal;

  bool success() const { return code == 0; }
  /// "exit code 3", "killed by SIGKILL"
  std::string describe() const;
};

/// A forked process that cannot be lost: the destructor kills and reaps it, and where the parent
/// ends first, it is killed.
class ChildProcess {
 public:
  /// Forks; the child calls work() and ends without running destructors or exit handlers of the
  /// parent: with code 0, or 1 where work throws. Throws std::system_error where no process can be
  /// made.
  static ChildProcess fork(FunctionRef<void()> work);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  pid_t pid() const { return pid_; }

  /// Becomes readable when the process ends; owned by this object.
  int ended_fd() const { return pidfd_; }

  /// Waits for the end. May be called again: the status is kept.
  ExitStatus wait();

  /// How it ended, or nothing while it runs.
  std::optional<ExitStatus> status();

  /// Sends a signal unless the process has been reaped.
  void signal(int number) const;

 private:
  void keep_status(int raw);
  ChildProcess(pid_t pid, int pidfd) : pid_(pid), pidfd_(pidfd) {}

  pid_t pid_;
  int pidfd_;
  std::optional<ExitStatus> status_;
};

}  // namespace parlab
