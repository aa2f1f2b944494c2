#pragma once

// What the sharing classes are made of, without them: the least that two processes need for a round
// trip, a mutex, a read of a key. Used by the experiment sharing_overhead and by parlab-micro.

#include <pthread.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

#include "kernels/posix/process/child_process.hpp"
#include "kernels/posix/sockets.hpp"
#include "kernels/sharing/manager/messages/manager_address.hpp"

#ifdef PARLAB_HAS_HIREDIS
#include <hiredis/hiredis.h>
#endif

namespace parlab {

/// 16 bytes there and back over a Unix socket, to a process that does nothing else. Both sides look
/// for the next message for `spin` before they sleep.
class PingPong {
 public:
  explicit PingPong(std::chrono::microseconds spin)
      : PingPong(spin, make_socket_pair(SOCK_STREAM, "make a socket pair")) {}

  /// Throws std::runtime_error where the other side is gone.
  void there_and_back() {
    if (send(here_.get(), bytes_.data(), bytes_.size(), MSG_NOSIGNAL) < 0 ||
        receive(here_.get(), bytes_, spin_) <= 0)
      throw std::runtime_error("the other side of a ping-pong is gone");
  }

 private:
  using Bytes = std::array<char, 16>;

  PingPong(std::chrono::microseconds spin, SocketPair ends)
      : spin_(spin),
        here_(std::move(ends.here)),
        there_(std::move(ends.there)),
        other_(ChildProcess::fork([this] {
          here_.reset();
          Bytes bytes{};
          for (ssize_t got = 0; (got = receive(there_.get(), bytes, spin_)) > 0;)
            if (send(there_.get(), bytes.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) !=
                got)
              return;
        })) {
    there_.reset();
  }

  static ssize_t receive(int socket, Bytes& bytes, std::chrono::microseconds spin) {
    if (spin.count() > 0) {
      const auto until = std::chrono::steady_clock::now() + spin;
      do {
        const ssize_t got = recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (got >= 0) return got;
      } while (std::chrono::steady_clock::now() < until);
    }
    return recv(socket, bytes.data(), bytes.size(), 0);
  }

  std::chrono::microseconds spin_;
  Bytes bytes_{};
  FileDescriptor here_, there_;
  ChildProcess other_;
};

/// As pthread.h has it, no error looked at.
class PlainMutex {
 public:
  enum class Kind {
    threads,    // of one process, where the C library leaves the atomic instructions out as long as
                // there is but one thread
    processes,  // as a mutex must be that lies in shared memory
    robust,     // and tells the next owner where one died
  };

  explicit PlainMutex(Kind kind) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    if (kind != Kind::threads) pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    if (kind == Kind::robust) pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&mutex_, &attributes);
    pthread_mutexattr_destroy(&attributes);
  }
  PlainMutex(const PlainMutex&) = delete;
  PlainMutex& operator=(const PlainMutex&) = delete;
  ~PlainMutex() { pthread_mutex_destroy(&mutex_); }

  void lock() { pthread_mutex_lock(&mutex_); }
  void unlock() { pthread_mutex_unlock(&mutex_); }

 private:
  pthread_mutex_t mutex_;
};

#ifdef PARLAB_HAS_HIREDIS
/// A connection to the Unix socket of a Redis server.
class BareRedis {
 public:
  explicit BareRedis(const std::string& socket) : context_(redisConnectUnix(socket.c_str())) {
    if (context_ == nullptr || context_->err != 0) {
      redisFree(context_);
      throw std::runtime_error("cannot connect to Redis at " + socket);
    }
  }
  BareRedis(const BareRedis&) = delete;
  BareRedis& operator=(const BareRedis&) = delete;
  ~BareRedis() { redisFree(context_); }

  /// Whether the value of the key begins with a 1.
  bool is_one(const char* key) {
    auto* const reply = static_cast<redisReply*>(redisCommand(context_, "GET %s", key));
    if (reply == nullptr) throw std::runtime_error("Redis gave no reply");
    const bool one = reply->type == REDIS_REPLY_STRING && reply->str[0] == '1';
    freeReplyObject(reply);
    return one;
  }

 private:
  redisContext* context_;
};
#endif

}  // namespace parlab
