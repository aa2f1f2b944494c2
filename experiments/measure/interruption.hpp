#pragma once

#include <csignal>

#include "kernels/sharing/interruption.hpp"

namespace parlab {

/// While it lives, SIGINT, SIGTERM and SIGHUP kill nobody: they make fd() readable, so that the
/// code that waits can throw Interrupted and every destructor cleans up. Children inherit the
/// blocked signals: they call restore_in_child() first.
class InterruptionGuard {
 public:
  InterruptionGuard();
  InterruptionGuard(const InterruptionGuard&) = delete;
  InterruptionGuard& operator=(const InterruptionGuard&) = delete;
  ~InterruptionGuard();

  int fd() const { return fd_; }

  /// Throws Interrupted if a signal has come.
  void check() const;

  /// Back to the dispositions of a program without a guard.
  void restore_in_child() const;

 private:
  sigset_t before_;
  int fd_;
};

}  // namespace parlab
