#pragma once

// One thread's connection to a manager: a request, then its reply.

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/sharing/hosts/secured_socket.hpp"
#include "kernels/sharing/manager/client/client.hpp"
#include "kernels/sharing/manager/messages/manager_frames.hpp"

namespace parlab {

class ClientConnection {
 public:
  /// Connects, proves the key, and checks that the manager knows it too. Throws std::system_error
  /// where nobody listens, UsageError or ManagerError where they do not come together.
  ClientConnection(const ManagerAddress& address, const ClientOptions& options);
  ~ClientConnection();
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  /// The answer, or none at the deadline. Throws ManagerError for what the manager refused: then
  /// the connection goes on. Whatever else ends a call amid its bytes breaks the connection.
  std::optional<std::string> call(std::uint64_t object, std::string_view method,
                                  std::string_view arguments, Deadline deadline = {});
  std::uint64_t max_message_bytes() const { return max_message_bytes_; }

  /// False in a forked child, and where an earlier call broke it.
  bool usable() const { return static_cast<bool>(socket_); }
  /// In a forked child: gives up the copy of the parent's socket, or the manager would not see the
  /// parent's end.
  void abandon() { socket_.reset(); }

 private:
  struct Answer {
    CallStatus status;
    std::string bytes;
  };

  void secure(const ManagerAddress& address);
  void greet(const ManagerAddress& address);
  Answer exchange(std::string_view head, std::string_view arguments, Deadline deadline);
  void sleep_until_ready(short events, Deadline deadline);
  void send_all(std::string_view head, std::string_view bytes, Deadline deadline);
  ssize_t receive_some(char* to, std::size_t size, Deadline deadline);
  void receive(char* to, std::size_t size, Deadline deadline);

  ClientOptions options_;
  SecuredSocket socket_;
  std::array<char, 1024> buffer_;  // of what comes
  std::string_view read_ahead_{};  // and has not been asked for; empty between two calls
  std::uint64_t max_message_bytes_ = 0;
};

}  // namespace parlab
