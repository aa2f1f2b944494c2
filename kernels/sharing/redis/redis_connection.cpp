#include "kernels/sharing/redis/redis_connection.hpp"

#ifdef PARLAB_HAS_HIREDIS
#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <system_error>

#include "kernels/base/errors.hpp"
#include "kernels/posix/file_descriptor.hpp"
#include "kernels/sharing/hosts/tcp_places.hpp"

namespace parlab {
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
  // One less than the kernel takes: hiredis 0.14 leaves the last byte of the longest as memory was.
  if (path.size() + 1 < sizeof(sockaddr_un::sun_path))
    return redisConnectUnixWithTimeout(path.c_str(), timeout);
  const std::size_t slash = path.rfind('/');
  const FileDescriptor folder(
      open(path.substr(0, slash + 1).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const int error = folder ? ENAMETOOLONG : errno;
  const std::string shorter = fmt::format("/proc/self/fd/{}{}", folder.get(), path.substr(slash));
  if (!folder || shorter.size() + 1 >= sizeof(sockaddr_un::sun_path))
    throw RedisError(
        fmt::format("no Redis at {}: {}", path, std::generic_category().message(error)));
  return redisConnectUnixWithTimeout(shorter.c_str(), timeout);
}

/// On this machine alone: whoever is on the way to another could read, and change, all that travels. hiredis
/// would look the host up again, and might find another.
redisContext* connect_in_clear(const RedisAddress& address) {
  const auto [host, port] = redis_place(address.place);
  FileDescriptor socket;
  try {
    const TcpPlaces places = look_up_tcp(host, fmt::to_string(port));
    if (!all_loopback(places))
      throw RedisError(fmt::format(
          "{0} is beyond this machine, where all would travel in clear; write {1}{0}, and start "
          "redis-server with --tls-port",
          address.place, secured_redis));
    socket = connect_tcp(places, Deadline(address.timeout));
  } catch (const UsageError& error) {
    throw RedisError(fmt::format("no Redis at {}: {}", address.place, error.what()));
  }
  if (!socket)
    throw RedisError(fmt::format("no Redis at {}: {}; start redis-server, or leave --redis out",
                                 address.place, std::generic_category().message(errno)));
  return redisConnectFd(socket.release());
}

Context connect(const RedisAddress& address) {
  const timeval timeout = timeval_of(address.timeout);
  redisContext* made = nullptr;
  if (address.place.find('/') != std::string::npos ||
      address.place.find(':') == std::string::npos) {
    made = connect_unix(address.place, timeout);
  } else {
    made = connect_in_clear(address);
  }
  Context context(made, redisFree);
  if (!context || context->err != 0)
    throw RedisError(fmt::format("no Redis at {}: {}; start redis-server, or leave --redis out",
                                 address.place, context ? context->errstr : "out of memory"));
  redisSetTimeout(context.get(), timeout);
  return context;
}

class PlainRedis final : public RedisConnection {
 public:
  explicit PlainRedis(const RedisAddress& address)
      : timeout_(address.timeout), context_(connect(address)) {}

  RedisReply command(const std::vector<std::string_view>& words,
                     std::chrono::milliseconds longer) override {
    CommandWords all(words);
    SigpipeHeldBack quiet;
    redisContext* context = context_.get();
    if (longer.count() > 0) redisSetTimeout(context, timeval_of(timeout_ + longer));
    RedisReply reply(static_cast<redisReply*>(
        redisCommandArgv(context, all.count(), all.begins.data(), all.sizes.data())));
    if (!reply) {
      quiet.failed = true;
      failure_ = context->err == REDIS_ERR_IO && errno == EAGAIN
                     ? fmt::format("no answer within {} ms", timeout_.count())
                     : context->errstr;
    } else if (longer.count() > 0) {
      redisSetTimeout(context, timeval_of(timeout_));
    }
    return reply;
  }
  std::string failure() const override { return failure_; }

 private:
  std::chrono::milliseconds timeout_;
  Context context_;
  std::string failure_;
};

}  // namespace

CommandWords::CommandWords(const std::vector<std::string_view>& words) {
  for (const std::string_view word : words) {
    begins.push_back(word.data());
    sizes.push_back(word.size());
  }
}

RedisPlace redis_place(const std::string& place) {
  std::string_view text = place;
  if (text.starts_with(secured_redis)) text.remove_prefix(secured_redis.size());
  if (text.find('@') != std::string_view::npos)
    throw RedisError("a Redis server's password has no place in its address, where others see it");
  const std::size_t colon = text.rfind(':');
  const int port = colon == std::string_view::npos ? 0 : port_of(text.substr(colon + 1));
  if (port == 0) throw RedisError(fmt::format("no Redis at {}: a port is 1 to 65535", place));
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {std::string(host), port};
}

std::unique_ptr<RedisConnection> connect_redis(const RedisAddress& address) {
  if (address.place.starts_with(secured_redis)) return connect_secured_redis(address);
  return std::make_unique<PlainRedis>(address);
}

}  // namespace parlab
#endif
