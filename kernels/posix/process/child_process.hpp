#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "kernels/base/function_ref.hpp"
#include "kernels/posix/file_descriptor.hpp"

namespace parlab {

/// How a process ended. At most one of the two is set; neither where it is not known: something
/// else in the program reaped the process (SIGCHLD is ignored, or another waitpid() takes any
/// child), and with it the status.
struct ExitStatus {
  std::optional<int> code;
  std::optional<int> signal;

  bool known() const { return code || signal; }
  bool success() const { return code == 0; }
  /// "exit code 3", "killed by SIGKILL", "exit status unknown (...)"
  std::string describe() const;
};

/// Which group a child belongs to: its parent's, which a terminal signals as a whole, or its own,
/// which ends with it, whatever it has started by then.
enum class ProcessGroup { inherited, own };

/// A forked process that cannot be lost: the destructor kills and reaps it, and where the parent
/// ends first, it is killed.
class ChildProcess {
 public:
  /// Forks; the child calls work() and ends without running destructors or exit handlers of the
  /// parent: with code 0, or 1 where work throws. Throws std::system_error where no process or
  /// descriptor is left.
  static ChildProcess fork(FunctionRef<void()> work, ProcessGroup group = ProcessGroup::inherited);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  pid_t pid() const { return pid_; }

  /// Becomes readable when the process ends; owned by this object.
  int ended_fd() const { return pidfd_.get(); }

  /// Waits for the end, whoever reaps it. May be called again: the status is kept.
  ExitStatus wait() noexcept;

  /// How it ended, or nothing while it runs.
  std::optional<ExitStatus> status() noexcept;

  /// Sends a signal unless the process has been reaped.
  void signal(int number) const noexcept;

  /// Sends it to all of its group, which must be its own, unless the process has been reaped.
  void signal_group(int number) const noexcept;

 private:
  bool reap(bool wait_for_it) noexcept;
  ChildProcess(pid_t pid, int pidfd, ProcessGroup group)
      : pid_(pid), pidfd_(pidfd), group_(group) {}

  pid_t pid_;
  FileDescriptor pidfd_;
  ProcessGroup group_;
  std::optional<ExitStatus> status_;
};

}  // namespace parlab
