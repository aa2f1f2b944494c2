#include "experiments/sharing/redis_choice.hpp"

#include "kernels/base/errors.hpp"

namespace parlab {

void RedisChoice::add_options(CLI::App& app) {
  app.add_option("--redis", words_,
                 "the Redis server: a Unix socket's path, or host:port [a private redis-server, "
                 "started and ended by the run]");
}

std::string RedisChoice::why_not() {
  if (!redis_supported()) return "this build has no hiredis: install libhiredis-dev, make build";
  if (RedisServer::program().empty()) return "no redis-server here: install redis-server";
  return "";
}

void RedisChoice::prepare() {
  if (words_.empty()) {
    if (const std::string why = why_not(); !why.empty()) throw UsageError("Redis: " + why);
    if (!own_) own_ = std::make_shared<RedisServer>();
    return;
  }
  try {
    Redis(address()).ping();
  } catch (const RedisError& error) {
    throw UsageError(error.what());
  }
}

RedisAddress RedisChoice::address() const { return {.place = own_ ? own_->place() : words_}; }

}  // namespace parlab
