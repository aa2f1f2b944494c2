#include "kernels/sharing/manager/messages/manager_address.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "kernels/base/errors.hpp"
#include "kernels/sharing/hosts/tcp_places.hpp"

namespace parlab {
namespace {

constexpr int backlog = 256;  // clients that may connect at the same time

std::pair<sockaddr_un, socklen_t> unix_address(const std::string& place) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  place.copy(address.sun_path, sizeof address.sun_path - 1);
  socklen_t length = sizeof address;
  if (place[0] == '@') {  // abstract: a leading zero, and only as long as the name
    address.sun_path[0] = '\0';
    length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + place.size());
  }
  return {address, length};
}

std::system_error last_error(const std::string& what) {
  return {errno, std::generic_category(), what};
}

}  // namespace

ManagerAddress ManagerAddress::parse(std::string_view text) {
  ManagerAddress address;
  if (text.starts_with("unix:")) {
    address.place_ = text.substr(5);
    if (address.place_.size() < 2 || address.place_.size() >= sizeof(sockaddr_un::sun_path))
      throw UsageError(fmt::format("'{}' is not a manager's address: a path has 2 to {} bytes",
                                   text, sizeof(sockaddr_un::sun_path) - 1));
    return address;
  }
  const std::size_t colon = text.rfind(':');
  const bool tls = text.starts_with("tls:");
  if (!(tls || text.starts_with("tcp:")) || colon == std::string_view::npos || colon < 5)
    throw UsageError(fmt::format(
        "'{}' is not a manager's address; give unix:/path, unix:@name, tls:host:port, or "
        "tcp:host:port on this machine",
        text));
  address.kind_ = tls ? Kind::tls : Kind::tcp;
  address.place_ = text.substr(4, colon - 4);
  address.port_ = text.substr(colon + 1);
  const bool digits =
      !address.port_.empty() && address.port_.size() <= 5 &&
      std::ranges::all_of(address.port_, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || std::stoi(address.port_) > 65535)
    throw UsageError(fmt::format("'{}' is not a manager's address: a port is 0 to 65535", text));
  return address;
}

ManagerAddress ManagerAddress::private_one() {
  std::uint64_t random = 0;
  if (getrandom(&random, sizeof random, 0) != sizeof random) throw last_error("no random numbers");
  ManagerAddress address;
  address.place_ = fmt::format("@parlab-manager-{}-{:016x}", getpid(), random);
  return address;
}

std::string ManagerAddress::text() const {
  return tcp() ? fmt::format("{}:{}:{}", tls() ? "tls" : "tcp", place_, port_) : "unix:" + place_;
}

/// Whoever is on the way could read, and change, all that travels; the key proves only who began.
void ManagerAddress::refuse_in_clear(const TcpPlaces& places) const {
  if (kind_ == Kind::tcp && !all_loopback(places))
    throw UsageError(
        fmt::format("{} is beyond this machine, where all would travel in clear; write tls:{}:{}",
                    text(), place_, port_));
}

FileDescriptor ManagerAddress::listen() {
  const auto refused = [&] {
    return UsageError(fmt::format("a manager cannot listen at {}: {}; choose another address",
                                  text(), std::generic_category().message(errno)));
  };
  if (!tcp()) {
    FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const auto [address, length] = unix_address(place_);
    // Nobody else may so much as connect between bind and a chmod.
    const mode_t before = umask(0077);
    const bool bound = bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0;
    umask(before);
    if (!bound || ::listen(socket.get(), backlog) < 0) throw refused();
    return socket;
  }
  const TcpPlaces found = look_up_tcp(place_, port_, AI_PASSIVE);
  refuse_in_clear(found);
  FileDescriptor socket(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  watch_tcp_peer(socket.get());
  if (bind(socket.get(), found->ai_addr, found->ai_addrlen) < 0 ||
      ::listen(socket.get(), backlog) < 0)
    throw refused();
  port_ = fmt::to_string(bound_port(socket.get()));
  return socket;
}

FileDescriptor ManagerAddress::connect(Deadline deadline) const {
  if (tcp()) {
    const TcpPlaces found = look_up_tcp(place_, port_);
    refuse_in_clear(found);
    if (FileDescriptor socket = connect_tcp(found, deadline)) return socket;
    throw last_error("cannot reach " + text());
  }
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto [address, length] = unix_address(place_);
  if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0)
    throw last_error("cannot reach " + text());
  return socket;
}

void ManagerAddress::unlink() const {
  if (!tcp() && place_[0] != '@') ::unlink(place_.c_str());
}

}  // namespace parlab
