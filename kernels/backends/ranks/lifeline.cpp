#include "kernels/backends/ranks/lifeline.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "kernels/base/deadline.hpp"
#include "kernels/base/limits.hpp"

namespace parlab {
namespace {

/// A machine that has not answered for so long is lost: five questions, of which bad networks may
/// lose some, and a run is to end within 10 s.
constexpr int seconds_of_silence = 6;

constexpr std::chrono::seconds connect_patience{5};

/// What a rank says first: secret, rank and host, filled up with zeros. It is welcomed on each address
/// that it reaches, and takes one.
constexpr std::size_t hello_bytes = 128;
constexpr char welcome = '!', taken = '.';

/// Connections that have not said who they are; more are refused.
constexpr std::size_t max_strangers = 256;

void keep_alive(int socket) {
  const auto set = [&](int level, int name, int value) {
    setsockopt(socket, level, name, &value, sizeof(value));
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 1);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 1);
  set(IPPROTO_TCP, TCP_KEEPCNT, seconds_of_silence - 1);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, seconds_of_silence * 1000);
}

/// By which other machines may reach this one; the loopback's last, for ranks on this machine.
std::vector<std::string> own_addresses() {
  std::vector<std::string> texts;
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) throw refusal("list the addresses of this machine", errno);
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> all(first, freeifaddrs);
  for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || (one->ifa_flags & IFF_UP) == 0 ||
        (one->ifa_flags & IFF_LOOPBACK) != 0)
      continue;
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* bytes = nullptr;
    if (one->ifa_addr->sa_family == AF_INET)
      bytes = &reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr;
    if (one->ifa_addr->sa_family == AF_INET6) {
      const auto& address = reinterpret_cast<const sockaddr_in6*>(one->ifa_addr)->sin6_addr;
      if (!IN6_IS_ADDR_LINKLOCAL(&address)) bytes = &address;
    }
    if (bytes != nullptr &&
        inet_ntop(one->ifa_addr->sa_family, bytes, text.data(), text.size()) != nullptr)
      texts.emplace_back(text.data());
  }
  texts.emplace_back("127.0.0.1");
  return texts;
}

std::string new_secret() {
  std::array<std::uint64_t, 2> random{};
  if (getrandom(random.data(), sizeof(random), 0) != sizeof(random))
    throw refusal("make a secret", errno);
  return fmt::format("{:016x}{:016x}", random[0], random[1]);
}

/// Taken apart: "SECRET PORT ADDRESS ADDRESS ...".
struct Address {
  std::string secret;
  std::uint16_t port = 0;
  std::vector<std::string> places;

  explicit Address(const std::string& text) {
    std::istringstream words(text);
    words >> secret >> port;
    for (std::string place; words >> place;) places.push_back(place);
  }
};

/// On its way; empty where that cannot be.
FileDescriptor begin_to_connect(const std::string& place, std::uint16_t port) {
  sockaddr_in six{};
  sockaddr_in6 any{};
  const bool is_old = inet_pton(AF_INET, place.c_str(), &six.sin_addr) == 1;
  if (!is_old && inet_pton(AF_INET6, place.c_str(), &any.sin6_addr) != 1) return {};
  six.sin_family = AF_INET;
  any.sin6_family = AF_INET6;
  six.sin_port = any.sin6_port = htons(port);
  FileDescriptor socket(
      ::socket(is_old ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto* const address =
      is_old ? reinterpret_cast<const sockaddr*>(&six) : reinterpret_cast<const sockaddr*>(&any);
  const socklen_t length = is_old ? sizeof(six) : sizeof(any);
  if (connect(socket.get(), address, length) != 0 && errno != EINPROGRESS) return {};
  return socket;
}

}  // namespace

std::string machine_name() {
  std::array<char, 64> name{};  // as long as Linux allows
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

LifelineServer::LifelineServer() : secret_(new_secret()), events_(epoll_create1(EPOLL_CLOEXEC)) {
  if (!events_) throw refusal("watch ranks", errno);
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;  // and IPv4's
  listener_ = FileDescriptor(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int both = 0;
  setsockopt(listener_.get(), IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof(both));
  if (!listener_ ||
      bind(listener_.get(), reinterpret_cast<const sockaddr*>(&any), sizeof(any)) != 0) {
    sockaddr_in old{};
    old.sin_family = AF_INET;
    listener_ = FileDescriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!listener_ ||
        bind(listener_.get(), reinterpret_cast<const sockaddr*>(&old), sizeof(old)) != 0)
      throw refusal("listen to ranks", errno);
  }
  if (listen(listener_.get(), SOMAXCONN) != 0) throw refusal("listen to ranks", errno);
  sockaddr_in6 own{};  // whose port is where that of IPv4's is
  socklen_t length = sizeof(own);
  getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&own), &length);
  port_ = ntohs(own.sin6_port);
  watch(listener_.get());
}

std::string LifelineServer::address() const {
  return fmt::format("{} {} {}", secret_, port_, fmt::join(own_addresses(), " "));
}

void LifelineServer::watch(int fd) const {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (epoll_ctl(events_.get(), EPOLL_CTL_ADD, fd, &event) != 0) throw refusal("watch ranks", errno);
}

void LifelineServer::accept_all() {
  for (;;) {
    FileDescriptor socket(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) return;
    const auto strangers =
        std::ranges::count_if(peers_, [](const auto& peer) { return !peer.second.is_taken; });
    if (static_cast<std::size_t>(strangers) >= max_strangers) continue;
    keep_alive(socket.get());
    watch(socket.get());
    const int fd = socket.get();
    peers_[fd].socket = std::move(socket);
  }
}

bool LifelineServer::read_peer(Peer& peer) {
  std::array<char, hello_bytes> bytes;  // NOLINT: filled by recv
  const ssize_t count = recv(peer.socket.get(), bytes.data(), bytes.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (count <= 0) {
    const bool is_silent = count < 0 && errno != ECONNRESET;
    if (peer.is_taken) lost_.push_back({peer.rank, peer.host, is_silent});
    return false;
  }
  const std::string_view said(bytes.data(), static_cast<std::size_t>(count));
  if (peer.hello.size() == hello_bytes) {
    peer.is_taken = !peer.is_taken && said == std::string_view(&taken, 1);
    return peer.is_taken && peer.rank >= 0;
  }
  peer.hello += said;
  if (peer.hello.size() < hello_bytes) return true;
  std::istringstream words(peer.hello.substr(0, peer.hello.find('\0')));
  std::string secret;
  return peer.hello.size() == hello_bytes && words >> secret >> peer.rank >> peer.host &&
         secret == secret_ && send(peer.socket.get(), &welcome, 1, MSG_NOSIGNAL) == 1;
}

bool LifelineServer::has_ranks() const {
  return std::ranges::any_of(peers_, [](const auto& peer) { return peer.second.is_taken; });
}

void LifelineServer::read() {
  std::array<epoll_event, 64> events;  // NOLINT: filled by epoll_wait
  for (;;) {
    const int count = epoll_wait(events_.get(), events.data(), static_cast<int>(events.size()), 0);
    if (count <= 0) return;
    for (const epoll_event& event : std::span(events).first(static_cast<std::size_t>(count))) {
      if (event.data.fd == listener_.get())
        accept_all();
      else if (const auto peer = peers_.find(event.data.fd);
               peer != peers_.end() && !read_peer(peer->second))
        peers_.erase(peer);
    }
  }
}

FileDescriptor connect_lifeline(const std::string& address, int rank) {
  const Address to(address);
  std::string hello = fmt::format("{} {} {}", to.secret, rank, machine_name());
  hello.resize(hello_bytes);
  std::vector<FileDescriptor> sockets;
  std::vector<pollfd> watched;
  for (const std::string& place : to.places)
    if (FileDescriptor socket = begin_to_connect(place, to.port)) {
      watched.push_back({socket.get(), POLLOUT, 0});
      sockets.push_back(std::move(socket));
    }
  const Deadline deadline = connect_patience;
  const auto is_watched = [](const pollfd& one) { return one.fd >= 0; };
  while (std::ranges::any_of(watched, is_watched) && !deadline.passed()) {
    if (poll(watched.data(), watched.size(), deadline.poll_milliseconds()) <= 0) continue;
    for (std::size_t i = 0; i < watched.size(); ++i) {
      pollfd& one = watched[i];
      if (one.fd < 0 || one.revents == 0) continue;
      char answer = 0;
      if (one.events == POLLOUT && send(one.fd, hello.data(), hello.size(), MSG_NOSIGNAL) ==
                                       static_cast<ssize_t>(hello.size())) {
        one.events = POLLIN;
      } else if (one.events == POLLIN && recv(one.fd, &answer, 1, 0) == 1 && answer == welcome &&
                 send(one.fd, &taken, 1, MSG_NOSIGNAL) == 1) {
        keep_alive(one.fd);
        return std::move(sockets[i]);
      } else {
        one.fd = -1;
      }
    }
  }
  throw std::runtime_error(fmt::format(
      "cannot connect to the machine that parlab was started on (port {} of {}): a firewall, or no "
      "way to there",
      to.port, lifeline_places(address)));
}

std::string lifeline_places(const std::string& address) {
  std::vector<std::string> places = Address(address).places;
  if (places.size() > 1) places.pop_back();  // the loopback's
  return fmt::format("{}", fmt::join(places, ", "));
}

}  // namespace parlab
