#pragma once

// A client of a Redis server by hiredis. A command is a round trip, 15 us over a Unix socket; Redis
// itself keeps its data when its clients die, which is what it is for.
//
// What hiredis leaves to its user, done here: a server that was killed raises SIGPIPE in its
// client, which is held back; a server that was stopped accepts connections all the same, so that
// every command has a timeout; a connection that timed out or broke would answer the next command
// with the last one's reply, so it is closed and made again. A connection serves one thread: each
// thread has its own, and so has a forked process.

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "kernels/base/deadline.hpp"

namespace parlab {

/// The server cannot be reached, is not to be trusted, would be reached in clear beyond this
/// machine, died, or did not answer in time; or it refused a command. The
/// message says which, and where.
class RedisError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct RedisAddress {
  /// A Unix socket's path, of any length; rediss://host:port, under TLS; or host:port, in clear and
  /// therefore on this machine alone.
  std::string place;
  /// For connecting, and for each command: 1 ms to 10 days, which odd ones are taken as.
  std::chrono::milliseconds timeout{1000};
  std::string password = {};  // of redis-server's --requirepass; "": none
  /// File, PEM, with the certificates of whom a rediss:// server's comes from; "": the system's.
  std::string authorities = {};

  bool operator==(const RedisAddress&) const = default;
};

/// Whether this build can talk to Redis; else every use throws UsageError with what to install.
bool redis_supported();

class Redis {
 public:
  explicit Redis(RedisAddress address);

  const RedisAddress& address() const { return address_; }

  /// Connects, and asks whether the server is there. Throws RedisError.
  void ping() const;
  void set(std::string_view key, std::string_view value) const;
  std::optional<std::string> get(std::string_view key) const;
  /// The count afterwards; a key that is not there counts from 0.
  std::int64_t increment(std::string_view key) const;
  void push(std::string_view list, std::string_view item) const;
  /// The oldest item, as soon as there is one; none at the deadline. Fractions of a second need
  /// Redis 6. A server that is stopped meanwhile is noticed 10 s and a timeout later.
  std::optional<std::string> pop(std::string_view list, Deadline deadline = {}) const;
  void remove(std::string_view key) const;

 private:
  struct Reply;
  Reply command(std::initializer_list<std::string_view> words,
                std::chrono::milliseconds longer = {}) const;

  RedisAddress address_;
};

}  // namespace parlab
