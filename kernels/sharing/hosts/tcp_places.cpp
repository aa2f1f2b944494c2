#include "kernels/sharing/hosts/tcp_places.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

/// Seconds of silence after which the other machine is asked whether it is there, seconds between
/// two questions, and milliseconds without an answer until it is taken for lost. Its kernel answers,
/// however busy its processes are.
constexpr int silence_before_asking = 4;
constexpr int between_questions = 1;
constexpr unsigned max_silence = 10'000;

bool is_loopback(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
  }
  if (address->sa_family != AF_INET6) return false;
  const in6_addr& v6 = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

/// Whether the connection that was begun stands before the deadline; else errno says why not.
bool is_made(int socket, Deadline deadline) {
  if (!wait_for_socket(socket, POLLOUT, deadline)) {
    errno = ETIMEDOUT;
    return false;
  }
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return false;
  errno = error;
  return error == 0;
}

}  // namespace

TcpPlaces look_up_tcp(std::string host, const std::string& port, int flags) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found))
    throw UsageError(fmt::format("no address for host '{}': {}", host, gai_strerror(error)));
  return {found, freeaddrinfo};
}

bool all_loopback(const TcpPlaces& places) {
  for (const addrinfo* one = places.get(); one; one = one->ai_next)
    if (!is_loopback(one->ai_addr)) return false;
  return true;
}

FileDescriptor connect_tcp(const TcpPlaces& places, Deadline deadline) {
  for (const addrinfo* one = places.get(); one; one = one->ai_next) {
    FileDescriptor socket(::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) continue;
    const bool made = connect(socket.get(), one->ai_addr, one->ai_addrlen) == 0 ||
                      (errno == EINPROGRESS && is_made(socket.get(), deadline));
    if (!made) continue;
    fcntl(socket.get(), F_SETFL, fcntl(socket.get(), F_GETFL) & ~O_NONBLOCK);
    watch_tcp_peer(socket.get());
    return socket;
  }
  return {};
}

bool wait_for_socket(int socket, short events, Deadline deadline) {
  pollfd watched{socket, events, 0};
  for (;;) {
    const int ready = poll(&watched, 1, deadline.poll_milliseconds());
    if (ready > 0 || (ready < 0 && errno != EINTR)) return true;
    if (deadline.passed()) return false;
  }
}

std::uint16_t bound_port(int socket) {
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &length);
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(bound).sin6_port
                                           : reinterpret_cast<const sockaddr_in&>(bound).sin_port);
}

void watch_tcp_peer(int socket) {
  const int on = 1;  // a request waits for its reply: nothing to gain by holding it back
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &silence_before_asking,
             sizeof silence_before_asking);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &between_questions, sizeof between_questions);
  setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &max_silence, sizeof max_silence);
}

}  // namespace parlab
