#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "kernels/base/errors.hpp"
#include "kernels/network/servers/delay_server.hpp"

namespace parlab {
namespace {

/// Connections that wait to be accepted: more than any experiment opens at once.
constexpr int backlog = 4096;

}  // namespace

Listener::Listener(const std::string& address, std::uint16_t port) : address_(address) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const bool is_v6 = address.find(':') != std::string::npos;
  if (is_v6) {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    size = sizeof *v6;
    if (inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) != 1) size = 0;
  } else {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    size = sizeof *v4;
    if (inet_pton(AF_INET, address.c_str(), &v4->sin_addr) != 1) size = 0;
  }
  if (size == 0)
    throw UsageError(
        fmt::format("'{}' is not an IP address; give one as 127.0.0.1, 0.0.0.0 or ::1", address));
  socket_ =
      FileDescriptor(socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_) throw std::system_error(errno, std::generic_category(), "cannot make a socket");
  const int fd = socket_.get();
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // Accepted sockets inherit it: an answer is one write, there is nothing to wait for.
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (bind(fd, reinterpret_cast<sockaddr*>(&storage), size) < 0 || listen(fd, backlog) < 0) {
    const std::error_code error(errno, std::generic_category());
    throw UsageError(fmt::format("cannot listen on {} port {}: {}; give another with --port",
                                 address, port, error.message()));
  }
  getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
  port_ = ntohs(is_v6 ? reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port
                      : reinterpret_cast<sockaddr_in*>(&storage)->sin_port);
}

std::string Listener::origin() const {
  return address_.find(':') == std::string::npos ? fmt::format("http://{}:{}", address_, port_)
                                                 : fmt::format("http://[{}]:{}", address_, port_);
}

}  // namespace parlab
