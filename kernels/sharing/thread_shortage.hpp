#pragma once

// Why no thread could be started. The kernel says EAGAIN, whichever limit was reached.

#include <cstddef>
#include <stdexcept>
#include <string>

namespace parlab {

/// What is short where a thread cannot be started just now: "the limit on processes, ulimit -u, is
/// 12". stack_bytes: of the thread's stack, 0 for what the system gives.
std::string why_no_thread(std::size_t stack_bytes = 0);

/// What is short where fork(), or a call that opens a file, failed just now with this errno.
std::string why_no_process(int error);

/// Some thread of several could not be started.
class ThreadShortage : public std::runtime_error {
 public:
  /// "cannot start thread 7 of 64: " and why. To be made while the others still run.
  ThreadShortage(int thread, int threads, std::size_t stack_bytes = 0);
};

/// Starts threads `first` to `threads`, counted from 1, all at once, and ends them. For libraries
/// that end the process, or hang, where they cannot start one: first they are tried. Throws
/// ThreadShortage. Costs some 20 us a thread.
void try_threads(int first, int threads, std::size_t stack_bytes = 0);

}  // namespace parlab
