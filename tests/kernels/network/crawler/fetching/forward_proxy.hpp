#pragma once

// A proxy as offices have them, small: forwards http addresses, tunnels by CONNECT, may ask for a password. It
// knows names that nobody else does.

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "kernels/network/servers/delay_server.hpp"

namespace parlab {

class ForwardProxy {
 public:
  /// `names`: the port of 127.0.0.1 that "example.com:80" is; others are taken as they are. `authorization`: what
  /// Proxy-Authorization must be; empty for no matter what.
  explicit ForwardProxy(std::map<std::string, std::uint16_t> names = {},
                        std::string authorization = "");
  ForwardProxy(const ForwardProxy&) = delete;
  ForwardProxy& operator=(const ForwardProxy&) = delete;
  ~ForwardProxy();

  std::uint16_t port() const { return listener_.port(); }
  /// The heads of all requests to it.
  std::vector<std::string> requests() const;

 private:
  void accept();
  void converse(int client);
  int connected(const std::string& host) const;

  std::map<std::string, std::uint16_t> names_;
  std::string authorization_;
  Listener listener_;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<std::thread> conversations_;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace parlab
