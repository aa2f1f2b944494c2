#include "tests/kernels/network/crawler/fetching/forward_proxy.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "kernels/posix/sockets.hpp"

namespace parlab {
namespace {

/// How often a thread that waits looks whether the proxy ends. Milliseconds.
constexpr int look = 20;

}  // namespace

ForwardProxy::ForwardProxy(std::map<std::string, std::uint16_t> names, std::string authorization)
    : names_(std::move(names)),
      authorization_(std::move(authorization)),
      listener_("127.0.0.1", 0),
      thread_([this] { accept(); }) {}

ForwardProxy::~ForwardProxy() {
  ending_.store(true);
  thread_.join();
  for (std::thread& conversation : conversations_) conversation.join();
}

std::vector<std::string> ForwardProxy::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void ForwardProxy::accept() {
  while (!ending_.load()) {
    pollfd readable{listener_.fd(), POLLIN, 0};
    if (poll(&readable, 1, look) <= 0) continue;
    const int fd = accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) conversations_.emplace_back([this, fd] { converse(fd); });
  }
}

int ForwardProxy::connected(const std::string& host) const {
  const auto known = names_.find(host);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(known != names_.end()
                          ? known->second
                          : static_cast<std::uint16_t>(std::stoi(host.substr(host.find(':') + 1))));
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return fd;
  close(fd);
  return -1;
}

void ForwardProxy::converse(int client) {
  std::string head;
  std::array<char, 16 << 10> some{};
  bool is_there = true;
  while (is_there && !ending_.load() && head.find("\r\n\r\n") == std::string::npos) {
    pollfd readable{client, POLLIN, 0};
    if (poll(&readable, 1, look) <= 0) continue;
    const ssize_t count = recv(client, some.data(), some.size(), 0);
    is_there = count > 0;
    if (is_there) head.append(some.data(), static_cast<std::size_t>(count));
  }
  if (is_there && !ending_.load()) {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(head);
    }
    const std::size_t begin = head.find(' ') + 1;
    std::string target = head.substr(begin, head.find(' ', begin) - begin);
    const bool is_tunnel = head.starts_with("CONNECT ");
    std::string host = target;
    if (!is_tunnel) {  // http://host:port/path
      host = target.substr(7, target.find('/', 7) - 7);
      target.erase(0, 7 + host.size());
      if (host.find(':') == std::string::npos) host += ":80";
    }
    const bool may_pass =
        head.find("Proxy-Authorization: " + authorization_ + "\r\n") != std::string::npos ||
        authorization_.empty();
    const int server = may_pass ? connected(host) : -1;
    if (server < 0) {
      send_all(client, may_pass ? "HTTP/1.1 502 X\r\nContent-Length: 0\r\n\r\n"
                                : "HTTP/1.1 407 X\r\nContent-Length: 4\r\n\r\nshut");
    } else {
      if (is_tunnel)
        send_all(client, "HTTP/1.1 200 Connection established\r\n\r\n");
      else
        send_all(server, "GET " + target + head.substr(head.find(" HTTP/1.1")));
      std::array<pollfd, 2> both{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
      for (bool open = true; open && !ending_.load();) {
        if (poll(both.data(), both.size(), look) <= 0) continue;
        for (std::size_t i = 0; i < 2 && open; ++i) {
          if (both.at(i).revents == 0) continue;
          const ssize_t count = recv(both.at(i).fd, some.data(), some.size(), 0);
          open = count > 0 && send_all(both.at(1 - i).fd,
                                       std::string(some.data(), static_cast<std::size_t>(count)));
        }
      }
      close(server);
    }
  }
  close(client);
}

}  // namespace parlab
