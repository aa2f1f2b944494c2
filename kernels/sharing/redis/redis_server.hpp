#pragma once

// A redis-server of one's own: on a Unix socket in a temporary folder ($TMPDIR, or /tmp where that
// is too long for a socket's path), or under TLS on a port, with a certificate and a password made
// for it; without a log or a file that it saves to. Gone, folder and all, with this object, and with
// the process that made it.

#include <chrono>
#include <optional>
#include <string>

#include "kernels/posix/process/child_process.hpp"
#include "kernels/sharing/redis/redis.hpp"

namespace parlab {

class RedisServer {
 public:
  /// Starts the server and waits until it answers: on a Unix socket, or under TLS at `host`, an
  /// address of this machine ("127.0.0.1"), on a port that is free. Throws UsageError where no
  /// redis-server is installed, or none with TLS, or no folder can be made; RedisError where it ends
  /// or does not answer.
  explicit RedisServer(const std::optional<std::string>& host = {});
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;
  ~RedisServer();

  /// Where the program is; empty where it is not installed.
  static std::string program();
  /// Why there is none; empty where there is.
  static std::string why_not();
  /// Why it cannot serve under TLS; empty where it can. Asks the program.
  static std::string why_not_secured();

  /// How to reach it; from forked children too, as long as it is there.
  const RedisAddress& address() const { return address_; }
  const std::string& place() const { return address_.place; }
  pid_t pid() const { return process_->pid(); }
  const ChildProcess& process() const { return *process_; }

 private:
  bool start(const std::string& program, const std::string& configuration);

  std::string folder_;
  RedisAddress address_;
  std::optional<ChildProcess> process_;
};

/// Removes the folders of servers whose process was killed before it could: parlab-redis-PID-
/// START-* in $TMPDIR and /tmp, START being when that process started, so that another with its
/// number is none.
void sweep_redis_folders();

}  // namespace parlab
