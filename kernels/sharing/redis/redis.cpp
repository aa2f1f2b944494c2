#include "kernels/sharing/redis/redis.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/base/errors.hpp"

#ifdef PARLAB_HAS_HIREDIS
#include <unistd.h>

#include <memory>
#include <vector>

#include "kernels/sharing/redis/redis_connection.hpp"
#endif

namespace parlab {
namespace {

/// What a pop waits in one command: so long the server may be stopped unnoticed.
constexpr std::chrono::seconds max_pop{10};

/// Within what hiredis and the kernel take: to them 0 is without end.
constexpr std::chrono::milliseconds min_timeout{1};
constexpr std::chrono::milliseconds max_timeout = std::chrono::hours(240);

}  // namespace

bool redis_supported() {
#ifdef PARLAB_HAS_HIREDIS
  return true;
#else
  return false;
#endif
}

Redis::Redis(RedisAddress address) : address_(std::move(address)) {
  address_.timeout = std::clamp(address_.timeout, min_timeout, max_timeout);
  if (!redis_supported())
    throw UsageError("this build has no Redis: install libhiredis-dev, then make build");
}

struct Redis::Reply {
  std::optional<std::string> text;
  std::int64_t number = 0;
};

#ifdef PARLAB_HAS_HIREDIS
namespace {

/// A thread's connections, one for each server, password and timeout.
struct Own {
  RedisAddress address;
  pid_t process;
  std::unique_ptr<RedisConnection> connection;
};
thread_local std::vector<Own> own_connections;

void discard(const RedisConnection* connection) {
  std::erase_if(own_connections,
                [&](const Own& own) { return own.connection.get() == connection; });
}

/// Throws RedisError where it broke.
RedisReply reply_of(RedisConnection* connection, const RedisAddress& address,
                    const std::vector<std::string_view>& words, std::chrono::milliseconds longer) {
  RedisReply reply = connection->command(words, longer);
  if (!reply) {
    const std::string cause = connection->failure();
    discard(connection);
    throw RedisError(fmt::format("Redis at {} failed: {}", address.place, cause));
  }
  if (reply->type == REDIS_REPLY_ERROR)
    throw RedisError(fmt::format("Redis at {} refused {}: {}", address.place, words.front(),
                                 std::string_view(reply->str, reply->len)));
  return reply;
}

RedisConnection* connection_to(const RedisAddress& address) {
  // A copy of the parent's connection must not be spoken on.
  const pid_t process = getpid();
  std::erase_if(own_connections, [&](const Own& own) { return own.process != process; });
  for (const Own& own : own_connections)
    if (own.address == address) return own.connection.get();
  own_connections.push_back({address, process, connect_redis(address)});
  RedisConnection* made = own_connections.back().connection.get();
  if (address.password.empty()) return made;
  try {
    reply_of(made, address, {"AUTH", address.password}, {});
  } catch (const RedisError&) {
    discard(made);
    throw;
  }
  return made;
}

}  // namespace

Redis::Reply Redis::command(std::initializer_list<std::string_view> words,
                            std::chrono::milliseconds longer) const {
  const RedisReply reply = reply_of(connection_to(address_), address_, words, longer);
  Reply result;
  // A blocking pop answers with the list's name and the item.
  const redisReply* value = reply.get();
  if (value->type == REDIS_REPLY_ARRAY && value->elements == 2) value = value->element[1];
  result.number = value->integer;
  if (value->type == REDIS_REPLY_STRING || value->type == REDIS_REPLY_STATUS)
    result.text = std::string(value->str, value->len);
  return result;
}
#else
Redis::Reply Redis::command(std::initializer_list<std::string_view>,
                            std::chrono::milliseconds) const {
  return {};
}
#endif

void Redis::ping() const { command({"PING"}); }
void Redis::set(std::string_view key, std::string_view value) const {
  command({"SET", key, value});
}
std::optional<std::string> Redis::get(std::string_view key) const {
  return command({"GET", key}).text;
}
std::int64_t Redis::increment(std::string_view key) const { return command({"INCR", key}).number; }
void Redis::push(std::string_view list, std::string_view item) const {
  command({"LPUSH", list, item});
}
std::optional<std::string> Redis::pop(std::string_view list, Deadline deadline) const {
  // To Redis 0 is without end, and a negative wait an error.
  while (!deadline.passed()) {
    const Deadline slice = deadline.within(max_pop);
    const auto wait =
        std::max(std::chrono::milliseconds(1),
                 std::chrono::ceil<std::chrono::milliseconds>(slice.at() - Deadline::Clock::now()));
    const auto whole = std::chrono::floor<std::chrono::seconds>(wait);
    std::string text = fmt::to_string(whole.count());
    if (whole != wait) text += fmt::format(".{:03}", (wait - whole).count());
    if (auto item = command({"BRPOP", list, text}, wait).text) return item;
  }
  return command({"RPOP", list}).text;
}
void Redis::remove(std::string_view key) const { command({"DEL", key}); }

}  // namespace parlab
