#pragma once

// SIGINT, SIGTERM and SIGHUP, by which a user or a supervisor ends the program: exit code 128 +
// signal, and nothing is left behind. A SIGHUP that the caller ignores (nohup) stays ignored.

#include <sys/types.h>

#include <csignal>
#include <string>

#include "kernels/sharing/interruption.hpp"

namespace parlab {

/// From now on the signals end the program wherever it is, with a line on stderr; files of
/// RemovedOnInterruption are gone then. A child process that has not exec'd dies of the signal.
/// Called again after a library has taken the signals for itself.
void end_on_interruption();

/// While it lives, an interruption removes this file, as a destructor would.
class RemovedOnInterruption {
 public:
  /// At most some files at once: those beyond stay.
  explicit RemovedOnInterruption(const std::string& path);
  RemovedOnInterruption(const RemovedOnInterruption&) = delete;
  RemovedOnInterruption& operator=(const RemovedOnInterruption&) = delete;
  ~RemovedOnInterruption();
  /// Where it lies; empty once left_alone().
  const std::string& path() const { return path_; }
  /// It has become a file of the user's.
  void leave_alone();

 private:
  std::string path_;
  int place_ = -1;
};

/// While it lives, the signals kill nobody: they make fd() readable, so that the code that waits
/// can throw Interrupted and every destructor cleans up. Children inherit the blocked signals: they
/// call restore_in_child() first. May be nested.
class InterruptionGuard {
 public:
  InterruptionGuard();
  InterruptionGuard(const InterruptionGuard&) = delete;
  InterruptionGuard& operator=(const InterruptionGuard&) = delete;
  ~InterruptionGuard();

  /// The guard made last of those that live; null without one.
  static const InterruptionGuard* innermost();

  int fd() const { return fd_; }

  /// Throws Interrupted if a signal has come.
  void check() const;

  /// Back to the mask and the dispositions of a program without a guard.
  void restore_in_child() const;

 private:
  const InterruptionGuard* outer_;
  sigset_t before_;     // of this guard
  sigset_t unguarded_;  // before the outermost
  int fd_;
};

}  // namespace parlab
