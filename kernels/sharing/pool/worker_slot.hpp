#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>

#include "kernels/posix/file_descriptor.hpp"
#include "kernels/sharing/messages/message_socket.hpp"
#include "kernels/sharing/pool/pool_worker.hpp"
#include "kernels/sharing/pool/worker_group.hpp"

namespace parlab {

/// The pool's side of one worker process: what it was given, what is under way to it and from it.
/// Nothing here waits: a worker that is stopped stops nobody else.
class WorkerSlot {
 public:
  explicit WorkerSlot(WorkerProgress& progress) : progress_(&progress) {}

  /// A worker came, with our end of its socket.
  void attach(FileDescriptor socket);
  /// Closes the socket, on which the worker ends. What it was given stays.
  void detach();
  bool attached() const { return static_cast<bool>(socket_); }
  int socket() const { return socket_.get(); }

  /// Throws what an input that cannot be sent throws: the task was not given then. Throws EndOfFile
  /// where the worker is gone: it was given, but not begun.
  void give(std::shared_ptr<PoolTask> task);
  /// Tasks that it has not answered yet.
  std::size_t waiting() const { return given_.size(); }
  /// Tasks given since the worker came.
  std::uint32_t given() const { return number_; }

  /// Sends as much as the socket takes. Throws EndOfFile where the worker is gone.
  void flush() { outgoing_.send(socket_.get()); }
  bool has_more_to_send() const { return !outgoing_.empty(); }

  /// Receives as far as there is something; true when an answer is complete. Throws EndOfFile where
  /// the worker is gone, BadMessage where it sends what is none.
  bool receive() { return incoming_.receive(socket_.get()); }
  /// The complete answer.
  BytesView answer() const { return incoming_.message(); }
  /// The task with that number; null where there is none.
  std::shared_ptr<PoolTask> answered(std::uint32_t number);

  /// Those that its worker has not begun, which it then will not.
  std::deque<std::shared_ptr<PoolTask>> take_back();

  /// After its worker's death: the tasks it had begun, and those it had not.
  struct Remains {
    std::deque<std::shared_ptr<PoolTask>> begun;
    std::deque<std::shared_ptr<PoolTask>> untouched;
    std::uint64_t at_item;
  };
  Remains clear();

 private:
  using Given = std::pair<std::uint32_t, std::shared_ptr<PoolTask>>;

  WorkerProgress* progress_;
  FileDescriptor socket_;
  std::uint32_t number_ = 0;
  std::deque<Given> given_;
  OutgoingMessages outgoing_;
  IncomingMessage incoming_;
};

}  // namespace parlab
