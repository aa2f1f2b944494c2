#pragma once

// The manager's side of one client's thread: bytes in, frames out, and the call that waits.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/sharing/hosts/secured_socket.hpp"
#include "kernels/sharing/manager/messages/greeting.hpp"
#include "kernels/sharing/manager/messages/manager_address.hpp"
#include "kernels/sharing/manager/messages/manager_frames.hpp"
#include "kernels/sharing/manager/objects/served_object.hpp"

namespace parlab {

/// A call that its object cannot answer yet.
struct WaitingCall {
  std::uint64_t object;
  std::string method;
  std::string arguments;
  std::optional<std::chrono::steady_clock::time_point> deadline;
};

class ServerConnection {
 public:
  ServerConnection(ConnectionId id, SecuredSocket socket, std::uint64_t max_message_bytes)
      : id_(id), socket_(std::move(socket)), max_message_bytes_(max_message_bytes) {}

  ConnectionId id() const { return id_; }
  int fd() const { return socket_.get(); }

  /// Goes on with the handshake of TLS; in clear it is done.
  TlsHandshake handshake() { return socket_.handshake(); }
  bool in_clear() const { return !socket_.secured(); }
  /// Reads what has come; false where the client is gone.
  bool receive();
  /// Whether the last receive() found something.
  bool has_received() const { return has_received_; }
  /// The next `size` bytes, or none where they have not all come.
  std::optional<std::string> take_bytes(std::size_t size);
  /// The next whole frame, or none. Sets broken() where its size is beyond the limit.
  std::optional<std::string> take_frame();

  /// Sends, or keeps for later what the socket does not take now; false where the client is gone.
  bool send(std::string_view bytes);
  bool reply(CallStatus status, std::string_view bytes);
  /// Sends what is kept.
  bool flush() { return send({}); }
  bool has_unsent() const { return !unsent_.empty(); }

  bool broken = false;        // to be closed as soon as nobody looks at it
  bool refused = false;       // it did not know the key
  bool admitted = false;      // not one of those who wait until wrong keys are forgiven
  bool greeted = false;       // the greeting is out
  bool trusted = false;       // its answer was right
  std::uint32_t watched = 0;  // what epoll tells of it
  GreetingNonce nonce{};      // what it was greeted with
  std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
  std::string session;
  std::optional<WaitingCall> waiting;

 private:
  ConnectionId id_;
  SecuredSocket socket_;
  std::uint64_t max_message_bytes_;
  std::string received_;
  std::size_t used_ = 0;  // of received_
  bool has_received_ = false;
  std::string unsent_;
  std::size_t sent_ = 0;  // of unsent_
};

}  // namespace parlab
