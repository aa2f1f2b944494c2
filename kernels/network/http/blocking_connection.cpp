#include "kernels/network/http/blocking_connection.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>

#include "kernels/posix/sockets.hpp"

namespace parlab {
namespace {

/// Calls until no signal interrupts: the kernel does not go on by itself with a call that has a
/// time limit, and the signal that lets a stopped process go on is enough.
template <class Call>
ssize_t uninterrupted(const Call& call) {
  ssize_t result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

/// Waits for a connect() that a signal interrupted; it goes on meanwhile.
bool finish_connect(int fd, std::chrono::milliseconds timeout) {
  pollfd made{.fd = fd, .events = POLLOUT, .revents = 0};
  if (uninterrupted([&] { return poll(&made, 1, static_cast<int>(timeout.count())); }) != 1)
    return false;
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

}  // namespace

bool BlockingConnection::open() {
  if (socket_) return true;
  socket_ = FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int fd = socket_.get();
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const timeval limit{.tv_sec = timeout_.count() / 1000, .tv_usec = timeout_.count() % 1000 * 1000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(port_);
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0) return true;
  return errno == EINTR && finish_connect(fd, timeout_);
}

bool BlockingConnection::write(const std::string& text) { return send_all(socket_.get(), text); }

bool BlockingConnection::read(MessageReader& reader) {
  for (reader.next(); reader.wants_more();) {
    const auto room = reader.room();
    const ssize_t count =
        uninterrupted([&] { return recv(socket_.get(), room.data(), room.size(), 0); });
    if (count < 0) return false;
    count > 0 ? reader.took(static_cast<std::size_t>(count)) : reader.ended();
  }
  return reader.complete();
}

std::string http_get(std::uint16_t port, const std::string& target) {
  BlockingConnection connection(port);
  MessageReader reader(MessageReader::Kind::response);
  if (!connection.open() ||
      !connection.write(fmt::format(
          "GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", target, port)) ||
      !connection.read(reader))
    throw std::runtime_error(fmt::format("no answer to {} on port {}", target, port));
  return std::move(reader.body());
}

}  // namespace parlab
