#pragma once

// Process: a function in its own process, forked from this one.
//
//   Process worker([&] { queue.put(compute()); });
//   worker.start();
//   worker.join();
//   if (worker.exitcode() != 0) ...
//
// The child has a copy of all memory as it was at start(); what it changes there is its own. Only
// shared objects (Value, Queue, ...) made before are common to both. It ends without running
// destructors or exit handlers of the parent, and is killed where the parent dies.

#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "kernels/base/deadline.hpp"
#include "kernels/posix/process/child_process.hpp"

namespace parlab {

struct ProcessOptions {
  std::string name{};   ///< as /proc shows it, at most 15 characters; the parent's by default
  bool daemon = false;  ///< ended, not waited for, by the destructor
};

class Process {
 public:
  using Options = ProcessOptions;

  /// `work()` returns nothing, or an int: the exit code. What it throws is printed, exit code 1.
  template <class Work>
  requires std::invocable<Work&>
  explicit Process(Work work, Options options = Options())
      : work_([work = std::move(work)]() mutable -> int {
          if constexpr (std::is_void_v<std::invoke_result_t<Work&>>) {
            work();
            return 0;
          } else {
            return work();
          }
        }),
        options_(std::move(options)) {}
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;
  /// Waits for the end of the process, as Python does at its own end. A daemon, and any process
  /// while an exception is on its way, is ended instead: SIGTERM, a second of grace, SIGKILL.
  ~Process();

  /// Throws ForkRefused where threads run that the child would not have, std::system_error where
  /// no process can be made, and std::logic_error when it was started before.
  void start();
  /// Waits; false where the deadline passed first. Throws Interrupted (InterruptionScope).
  bool join(Deadline deadline = {});
  bool is_alive();
  void terminate() const;  ///< SIGTERM
  void kill() const;       ///< SIGKILL
  /// Gives back the sentinel. Throws std::logic_error while it runs.
  void close();

  std::optional<int> pid() const;
  /// Nothing while it runs, -signal where it was killed; nothing, too, where it has ended and the
  /// status is not known.
  std::optional<int> exitcode();
  /// How it ended, or nothing while it runs. Not known() where something else in the program reaped
  /// it; what it wrote to shared memory is there all the same.
  std::optional<ExitStatus> status();
  /// Readable once the process has ended; for wait() and poll().
  int sentinel() const;
  const std::string& name() const { return options_.name; }
  bool daemon() const { return options_.daemon; }

 private:
  const ChildProcess& child() const;
  void end_now();

  std::function<int()> work_;
  Options options_;
  std::optional<ChildProcess> child_;
  bool started_ = false;
  std::optional<ExitStatus> closed_with_;
};

}  // namespace parlab
