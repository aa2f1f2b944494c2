#pragma once

// The process between a pool and its workers. It is forked when the pool is made and runs no
// thread, so that it can fork a worker at any time, whatever threads the program has by then. It
// reaps the workers and tells how each ended; where it ends, the kernel ends them.

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>

#include "kernels/base/deadline.hpp"
#include "kernels/posix/file_descriptor.hpp"
#include "kernels/posix/process/child_process.hpp"

namespace parlab {

class ForkServer {
 public:
  /// What the server reports of the worker in a slot.
  struct Event {
    enum class Kind : std::uint8_t { started, not_started, ended };
    Kind kind;
    int slot;
    pid_t pid;
    int error;          ///< not_started: errno
    ExitStatus status;  ///< ended: how
  };

  /// What a worker does; it returns when the worker is to end.
  using Work = std::function<void(int slot)>;
  /// `reported` is called in the server when an event is on its way.
  ForkServer(const Work& work, const std::function<void()>& reported);
  ForkServer(const ForkServer&) = delete;
  ForkServer& operator=(const ForkServer&) = delete;
  /// Kills the server, and so its workers.
  ~ForkServer();

  /// Asks for a worker in `slot`: an event says whether it started.
  void start(int slot);
  /// Workers that were asked for and of which no event has come yet.
  std::size_t starting() const { return asked_for_ + to_ask_for_.size(); }
  /// SIGTERM to all workers now, SIGKILL after `grace`; then the server ends.
  void end_all(std::chrono::milliseconds grace) const;
  /// The server ends when its last worker has ended.
  void end_when_idle() const;

  /// Readable when there is an event, or when the server is dead.
  int fd() const { return socket_.get(); }
  /// The next event, or nothing where there is none now. Throws EndOfFile where the server is dead.
  std::optional<Event> next_event();
  /// Kills the server, and so its workers.
  void kill();
  /// Waits for the server's end; false at the deadline.
  bool join(Deadline deadline);

 private:
  void ask();

  FileDescriptor socket_;
  std::size_t asked_for_ = 0;
  std::deque<int> to_ask_for_;  // slots
  std::optional<ChildProcess> process_;
};

}  // namespace parlab
