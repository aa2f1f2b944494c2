#pragma once

// A redis-server of one's own: on a Unix socket in a temporary folder ($TMPDIR, or /tmp where that
// is too long for a socket's path), without a port, a log or a file that it saves to. Gone, folder
// and all, with this object, and with the process that made it.

#include <chrono>
#include <optional>
#include <string>

#include "kernels/posix/process/child_process.hpp"

namespace parlab {

class RedisServer {
 public:
  /// Starts the server and waits until it answers. Throws UsageError where no redis-server is
  /// installed or no folder can be made, RedisError where it ends or does not answer.
  RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;
  ~RedisServer();

  /// Where the program is; empty where it is not installed.
  static std::string program();

  std::string place() const { return folder_ + "/redis.sock"; }
  pid_t pid() const { return process_->pid(); }
  const ChildProcess& process() const { return *process_; }

 private:
  std::string folder_;
  std::optional<ChildProcess> process_;
};

/// Removes the folders of servers whose process was killed before it could: parlab-redis-PID-
/// START-* in $TMPDIR and /tmp, START being when that process started, so that another with its
/// number is none.
void sweep_redis_folders();

}  // namespace parlab
