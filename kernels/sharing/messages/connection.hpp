#pragma once

// Connection: one end of a pipe. make_pipe() gives both, before a process is forked:
//
//   auto [here, there] = make_pipe();
//   Process child([&] { here.close(); there.send(there.recv<int>() * 2); });
//   child.start();
//   there.close();      // or the end of the child is not seen as the end of the pipe
//   here.send(21);
//   here.recv<int>();   // 42
//
// Cost: one system call to send, one to receive; up to 64 KiB a message arrives whole or not at
// all.

#include <cstddef>
#include <span>
#include <utility>

#include "kernels/base/deadline.hpp"
#include "kernels/sharing/messages/message_socket.hpp"
#include "kernels/sharing/messages/wire.hpp"

namespace parlab {

/// Used by one thread at a time for sending, and one for receiving. Movable; the destructor closes.
class Connection {
 public:
  /// Takes over a SOCK_SEQPACKET socket.
  explicit Connection(FileDescriptor socket) : socket_(std::move(socket)) {}

  /// Sends a value: a trivially copyable one, a string, a vector, ... (wire.hpp, serialised.hpp).
  /// Waits while the other side is slow. Throws EndOfFile where nobody can receive it any more.
  template <class T>
  void send(const T& value) {
    if constexpr (Wire<T>::fixed_size) {
      Wire<T>::check();
      send_message(fileno(), std::as_bytes(std::span(&value, 1)));
    } else {
      send_message(fileno(), to_wire(value));
    }
  }
  /// Waits for a value of the type that was sent. Throws EndOfFile once all has been received and
  /// the other end is closed, and BadMessage where what comes has not the size of a T.
  template <class T>
  T recv() {
    if constexpr (Wire<T>::fixed_size) {
      Wire<T>::check();
      T value;
      receive_message(fileno(), std::as_writable_bytes(std::span(&value, 1)));
      return value;
    } else {
      receive_message(fileno(), received_);
      return from_wire<T>(received_);
    }
  }

  void send_bytes(BytesView message) { send_message(fileno(), message); }
  Bytes recv_bytes();

  /// Whether recv() would return or throw at once; waits for it until the deadline.
  bool poll(Deadline deadline = std::chrono::seconds(0)) const;

  /// For wait() and poll(2). Throws std::logic_error once closed.
  int fileno() const;
  bool closed() const { return !socket_; }
  void close() { socket_.reset(); }

 private:
  FileDescriptor socket_;
  Bytes received_;
};

/// Two connected ends. Not duplex: the first only receives, the second only sends, as in Python.
std::pair<Connection, Connection> make_pipe(bool duplex = true);

}  // namespace parlab
