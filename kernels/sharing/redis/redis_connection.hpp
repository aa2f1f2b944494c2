#pragma once

// One thread's connection to a Redis server: a command, then its reply. In clear it is hiredis's
// own; under TLS hiredis writes commands and reads replies, and the bytes go through a
// SecuredSocket, because the hiredis of Debian 12 has no TLS.

#ifdef PARLAB_HAS_HIREDIS
#include <hiredis/hiredis.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/sharing/redis/redis.hpp"

namespace parlab {

struct FreeRedisReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using RedisReply = std::unique_ptr<redisReply, FreeRedisReply>;

/// The words of a command as hiredis takes them; valid while `words` are.
struct CommandWords {
  explicit CommandWords(const std::vector<std::string_view>& words);
  int count() const { return static_cast<int>(begins.size()); }

  std::vector<const char*> begins;
  std::vector<std::size_t> sizes;
};

class RedisConnection {
 public:
  virtual ~RedisConnection() = default;
  /// Waits `longer` for the reply than the address's timeout. None where the connection broke, or
  /// nothing came in time: then it is of no further use, and failure() says why.
  virtual RedisReply command(const std::vector<std::string_view>& words,
                             std::chrono::milliseconds longer) = 0;
  virtual std::string failure() const = 0;
};

/// Throws RedisError, for a server that would be reached in clear beyond this machine too. The
/// password has not been told yet.
std::unique_ptr<RedisConnection> connect_redis(const RedisAddress& address);
std::unique_ptr<RedisConnection> connect_secured_redis(const RedisAddress& address);

/// Of "host:port", after "rediss://" where that is there.
struct RedisPlace {
  std::string host;
  int port;
};
/// Throws RedisError.
RedisPlace redis_place(const std::string& place);

/// What begins the place of a server that is reached under TLS.
inline constexpr std::string_view secured_redis = "rediss://";

}  // namespace parlab
#endif
