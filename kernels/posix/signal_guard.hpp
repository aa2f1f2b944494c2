#pragma once

#include <csignal>
#include <stdexcept>

namespace parlab {

/// The user, or whoever runs the program, wants it to end: exit code 128 + signal.
class Interrupted : public std::runtime_error {
 public:
  explicit Interrupted(int signal) : std::runtime_error("interrupted"), signal_(signal) {}
  int signal() const { return signal_; }

 private:
  int signal_;
};

/// While it lives, SIGINT, SIGTERM and SIGHUP make every wait of the sharing library throw
/// Interrupted in the process that made the scope, so that destructors end the workers and remove
/// the segments. Children of Process and Pool leave Ctrl-C to their parent. One at a time.
///
///   int main() {
///     const InterruptionScope interruption;
///     try { return work(); } catch (const Interrupted& i) { return 128 + i.signal(); }
///   }
class InterruptionScope {
 public:
  InterruptionScope();
  InterruptionScope(const InterruptionScope&) = delete;
  InterruptionScope& operator=(const InterruptionScope&) = delete;
  ~InterruptionScope();

  /// Throws Interrupted where a signal has come; for loops that compute. The signal is then spent:
  /// what the destructors wait for is not interrupted again.
  static void check();

  /// In a forked child: Ctrl-C is the parent's, SIGTERM ends the child, nothing is blocked.
  static void leave_to_parent();

 private:
  struct sigaction before_[3];
};

}  // namespace parlab
