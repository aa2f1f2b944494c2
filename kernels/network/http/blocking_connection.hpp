#pragma once

// One connection to a port of 127.0.0.1 by blocking sockets: the thread that calls waits.

#include <chrono>
#include <cstdint>
#include <string>

#include "kernels/network/http/http_parser.hpp"
#include "kernels/posix/file_descriptor.hpp"

namespace parlab {

class BlockingConnection {
 public:
  /// Not open at first. `timeout`: of each wait.
  explicit BlockingConnection(std::uint16_t port,
                              std::chrono::milliseconds timeout = std::chrono::seconds(30))
      : port_(port), timeout_(timeout) {}

  /// Opens it unless it is open. Returns whether it is.
  bool open();
  void close() { socket_.reset(); }
  bool write(const std::string& text);
  /// Reads the next message. Returns whether it came whole.
  bool read(MessageReader& reader);

 private:
  std::uint16_t port_;
  std::chrono::milliseconds timeout_;
  FileDescriptor socket_;
};

/// The body of GET `target`. Throws std::runtime_error where there is no answer.
std::string http_get(std::uint16_t port, const std::string& target);

}  // namespace parlab
