#ifdef PARLAB_HAS_HIREDIS
#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <optional>
#include <system_error>

#include "kernels/base/errors.hpp"
#include "kernels/sharing/hosts/secured_socket.hpp"
#include "kernels/sharing/hosts/tcp_places.hpp"
#include "kernels/sharing/redis/redis_connection.hpp"

namespace parlab {
namespace {

class SecuredRedis final : public RedisConnection {
 public:
  SecuredRedis(SecuredSocket socket, std::chrono::milliseconds timeout)
      : socket_(std::move(socket)), timeout_(timeout), reader_(redisReaderCreate()) {
    if (!reader_) throw std::bad_alloc();
  }

  RedisReply command(const std::vector<std::string_view>& words,
                     std::chrono::milliseconds longer) override {
    const Deadline in_time(timeout_ + longer);
    if (!send(written(words), in_time)) return nullptr;
    void* reply = nullptr;
    for (;;) {
      if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
        failure_ = reader_->errstr;
        return nullptr;
      }
      if (reply != nullptr) return RedisReply(static_cast<redisReply*>(reply));
      if (!receive(in_time)) return nullptr;
    }
  }
  std::string failure() const override { return failure_; }

 private:
  struct FreeReader {
    void operator()(redisReader* reader) const { redisReaderFree(reader); }
  };

  static std::string written(const std::vector<std::string_view>& words) {
    CommandWords all(words);
    char* text = nullptr;
    const auto size = static_cast<std::ptrdiff_t>(
        redisFormatCommandArgv(&text, all.count(), all.begins.data(), all.sizes.data()));
    if (size < 0) throw std::bad_alloc();
    const std::unique_ptr<char, decltype(&redisFreeCommand)> owned(text, redisFreeCommand);
    return {text, static_cast<std::size_t>(size)};
  }

  bool send(std::string_view bytes, Deadline in_time) {
    while (!bytes.empty()) {
      const ssize_t sent = socket_.send({}, bytes);
      if (sent > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      } else if (!is_whole(sent) || !wait(POLLOUT, in_time)) {
        return false;
      }
    }
    return true;
  }

  bool receive(Deadline in_time) {
    std::array<char, SecuredSocket::max_record> buffer;
    for (;;) {
      if (!socket_.has_pending() && !wait(POLLIN, in_time)) return false;
      const ssize_t got = socket_.receive(buffer.data(), buffer.size());
      if (got > 0) {
        redisReaderFeed(reader_.get(), buffer.data(), static_cast<std::size_t>(got));
        return true;
      }
      if (!is_whole(got)) return false;
    }
  }

  /// Whether the connection still is, after a call that moved nothing.
  bool is_whole(ssize_t result) {
    if (result < 0 && errno == EAGAIN) return true;
    failure_ = "the server closed the connection";
    return false;
  }
  bool wait(short events, Deadline in_time) {
    if (socket_.wait(events, in_time)) return true;
    failure_ = fmt::format("no answer within {} ms", timeout_.count());
    return false;
  }

  SecuredSocket socket_;
  std::chrono::milliseconds timeout_;
  std::unique_ptr<redisReader, FreeReader> reader_;
  std::string failure_;
};

}  // namespace

std::unique_ptr<RedisConnection> connect_secured_redis(const RedisAddress& address) {
  const auto [host, port] = redis_place(address.place);
  const auto refused = [&](const std::string& why) {
    return RedisError(fmt::format("no Redis at {}: {}", address.place, why));
  };
  const Deadline in_time(address.timeout);
  std::optional<SecuredSocket> socket;
  try {
    const TlsContext tls = TlsContext::with_authorities(address.authorities);
    FileDescriptor connected = connect_tcp(look_up_tcp(host, fmt::to_string(port)), in_time);
    if (!connected) throw refused(std::generic_category().message(errno));
    socket.emplace(std::move(connected), tls, host);
  } catch (const UsageError& error) {
    throw refused(error.what());
  }
  switch (socket->handshake(in_time)) {
    case TlsHandshake::done:
      return std::make_unique<SecuredRedis>(std::move(*socket), address.timeout);
    case TlsHandshake::unfinished:
      throw refused(fmt::format("no answer within {} ms", address.timeout.count()));
    case TlsHandshake::not_trusted:
      throw refused(fmt::format(
          "its certificate is not for {}, or of nobody who is trusted; name its authority", host));
    default:
      throw refused("what listens there does not speak TLS; start redis-server with --tls-port");
  }
}

}  // namespace parlab
#endif
