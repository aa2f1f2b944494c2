#include "experiments/sharing/redis_choice.hpp"

#include <cstdlib>

#include "kernels/base/errors.hpp"

namespace parlab {

void RedisChoice::add_options(CLI::App& app) {
  app.add_option("--redis", words_,
                 "the Redis server: a Unix socket's path; rediss://host:port, under TLS; or "
                 "host:port, in clear, on this machine alone. REDISCLI_AUTH is its password [a "
                 "private redis-server, started and ended by the run]");
  app.add_option(
      "--redis-authorities", authorities_,
      "file of certificates (PEM) by which a rediss:// server's is known [the system's]");
}

std::string RedisChoice::why_not() { return RedisServer::why_not(); }

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

RedisAddress RedisChoice::address() const {
  if (own_) return own_->address();
  const char* password = std::getenv("REDISCLI_AUTH");  // NOLINT(concurrency-mt-unsafe)
  return {.place = words_, .password = password ? password : "", .authorities = authorities_};
}

}  // namespace parlab
