#include "kernels/posix/sockets.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "kernels/base/limits.hpp"

namespace parlab {

SocketPair make_socket_pair(int type, const std::string& what) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) != 0) throw refusal(what, errno);
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace parlab
