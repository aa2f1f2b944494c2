#pragma once

// Processes that are killed at a chosen step: what they share must be in order after any of them.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "kernels/posix/process/child_process.hpp"

namespace parlab {

/// Runs `work` in a process, which raises SIGSTOP where steps begin to count, and kills it at step
/// `number`: PTRACE_SYSCALL steps when it enters or leaves a system call, PTRACE_SINGLESTEP after each
/// instruction. False where it came to its end first, or cannot be traced.
inline bool killed_at_step(__ptrace_request kind, int number, const std::function<void()>& work) {
  constexpr int untraced = 77;
  ChildProcess child = ChildProcess::fork([&] {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(untraced);
    work();
  });
  // WNOWAIT where it may have ended: reaping is for its owner.
  const auto stopped = [&] {
    siginfo_t info{};
    waitid(P_PID, static_cast<id_t>(child.pid()), &info, WSTOPPED | WEXITED | WNOWAIT);
    if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED) return false;
    int status = 0;
    return waitpid(child.pid(), &status, WUNTRACED) == child.pid();
  };
  bool at_a_step = stopped();
  for (int i = 0; i < number && at_a_step; ++i) {
    ptrace(kind, child.pid(), nullptr, nullptr);
    at_a_step = stopped();
  }
  if (!at_a_step) {
    const ExitStatus ended = child.wait();
    EXPECT_TRUE(ended.success() || ended.code == untraced) << ended.describe();
    return false;
  }
  child.signal(SIGKILL);
  child.wait();
  return true;
}

}  // namespace parlab
