#include "kernels/sharing/redis/redis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "kernels/base/errors.hpp"

#ifdef PARLAB_HAS_HIREDIS
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <pthread.h>
#include <signal.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <memory>
#include <system_error>
#include <vector>

#include "kernels/posix/file_descriptor.hpp"
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

using Context = std::unique_ptr<redisContext, decltype(&redisFree)>;

/// While it lives, a server that is gone makes write fail instead of killing this process.
class SigpipeHeldBack {
 public:
  SigpipeHeldBack() {
    sigemptyset(&sigpipe_);
    sigaddset(&sigpipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  SigpipeHeldBack(const SigpipeHeldBack&) = delete;
  SigpipeHeldBack& operator=(const SigpipeHeldBack&) = delete;
  ~SigpipeHeldBack() {
    if (failed && sigismember(&before_, SIGPIPE) == 0) {
      const timespec at_once{};
      sigtimedwait(&sigpipe_, nullptr, &at_once);
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

  bool failed = false;

 private:
  sigset_t sigpipe_{};
  sigset_t before_{};
};

timeval timeval_of(std::chrono::milliseconds time) {
  return {time.count() / 1000, time.count() % 1000 * 1000};
}

/// 0 where it is none.
int port_of(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && port <= 65535 ? std::max(port, 0) : 0;
}

/// hiredis would cut a socket's path that is too long for the kernel. By way of its folder's
/// descriptor it is short.
redisContext* connect_unix(const std::string& path, timeval timeout) {
  if (path.size() < sizeof(sockaddr_un::sun_path))
    return redisConnectUnixWithTimeout(path.c_str(), timeout);
  const std::size_t slash = path.rfind('/');
  const FileDescriptor folder(
      open(path.substr(0, slash + 1).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const int error = folder ? ENAMETOOLONG : errno;
  const std::string shorter = fmt::format("/proc/self/fd/{}{}", folder.get(), path.substr(slash));
  if (!folder || shorter.size() >= sizeof(sockaddr_un::sun_path))
    throw RedisError(
        fmt::format("no Redis at {}: {}", path, std::generic_category().message(error)));
  return redisConnectUnixWithTimeout(shorter.c_str(), timeout);
}

/// A thread's connections, one for each server and timeout.
struct Own {
  std::string place;
  std::chrono::milliseconds timeout;
  pid_t process;
  Context context;
};
thread_local std::vector<Own> own_contexts;

Context connect(const RedisAddress& address) {
  const timeval timeout = timeval_of(address.timeout);
  const std::size_t colon = address.place.rfind(':');
  const bool unix_socket = address.place.find('/') != std::string::npos;
  redisContext* made = nullptr;
  if (unix_socket || colon == std::string::npos) {
    made = connect_unix(address.place, timeout);
  } else {
    const int port = port_of(std::string_view(address.place).substr(colon + 1));
    if (port == 0)
      throw RedisError(fmt::format("no Redis at {}: a port is 1 to 65535", address.place));
    made = redisConnectWithTimeout(address.place.substr(0, colon).c_str(), port, timeout);
  }
  Context context(made, redisFree);
  if (!context || context->err != 0)
    throw RedisError(fmt::format("no Redis at {}: {}; start redis-server, or leave --redis out",
                                 address.place, context ? context->errstr : "out of memory"));
  redisSetTimeout(context.get(), timeout);
  return context;
}

redisContext* context_for(const RedisAddress& address) {
  // A copy of the parent's connection must not be spoken on.
  const pid_t process = getpid();
  std::erase_if(own_contexts, [&](const Own& own) { return own.process != process; });
  for (const Own& own : own_contexts)
    if (own.place == address.place && own.timeout == address.timeout) return own.context.get();
  own_contexts.push_back({address.place, address.timeout, process, connect(address)});
  return own_contexts.back().context.get();
}

void discard(const redisContext* context) {
  std::erase_if(own_contexts, [&](const Own& own) { return own.context.get() == context; });
}

}  // namespace

Redis::Reply Redis::command(std::initializer_list<std::string_view> words,
                            std::chrono::milliseconds longer) const {
  std::vector<const char*> begins;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : words) {
    begins.push_back(word.data());
    sizes.push_back(word.size());
  }
  SigpipeHeldBack quiet;
  redisContext* context = context_for(address_);
  if (longer.count() > 0) redisSetTimeout(context, timeval_of(address_.timeout + longer));
  const std::unique_ptr<redisReply, decltype(&freeReplyObject)> reply(
      static_cast<redisReply*>(
          redisCommandArgv(context, static_cast<int>(begins.size()), begins.data(), sizes.data())),
      freeReplyObject);
  if (!reply) {
    quiet.failed = true;
    const std::string cause = context->err == REDIS_ERR_IO && errno == EAGAIN
                                  ? fmt::format("no answer within {} ms", address_.timeout.count())
                                  : context->errstr;
    discard(context);
    throw RedisError(fmt::format("Redis at {} failed: {}", address_.place, cause));
  }
  if (longer.count() > 0) redisSetTimeout(context, timeval_of(address_.timeout));
  if (reply->type == REDIS_REPLY_ERROR)
    throw RedisError(fmt::format("Redis at {} refused {}: {}", address_.place, *words.begin(),
                                 std::string_view(reply->str, reply->len)));
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
