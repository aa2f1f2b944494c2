#include "tests/kernels/network/raw_exchange.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "kernels/network/servers/delay_server.hpp"

namespace parlab {

std::string raw_exchange(std::uint16_t port, const std::string& bytes) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{.tv_sec = 60, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(port);
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof server), 0);
  EXPECT_EQ(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  std::string all;
  std::array<char, 4096> some{};
  for (ssize_t count = 0; (count = recv(fd, some.data(), some.size(), 0)) > 0;)
    all.append(some.data(), static_cast<std::size_t>(count));
  close(fd);
  return all;
}

std::uint16_t free_port() { return Listener("127.0.0.1", 0).port(); }

}  // namespace parlab
