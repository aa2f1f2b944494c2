#pragma once

// SIGUSR1 asks a program how far it is.

#include <string>

namespace parlab {

/// While it lives, SIGUSR1 prints the text on stderr, at once, whatever the program is at. Children do
/// not answer. One at a time.
class ProgressSignal {
 public:
  ProgressSignal();
  ProgressSignal(const ProgressSignal&) = delete;
  ProgressSignal& operator=(const ProgressSignal&) = delete;
  /// The signal is then ignored: it may come late.
  ~ProgressSignal();

  void set(std::string text);

 private:
  std::string texts_[2];  // the handler may be reading one
  int shown_ = 0;
};

/// Until there is one, and in other programs that are started: the signal ends nothing.
void ignore_progress_signal();

}  // namespace parlab
