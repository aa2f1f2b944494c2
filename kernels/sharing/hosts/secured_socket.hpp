#pragma once

// A connected socket, in clear or under TLS, with the calls and errors of recv() and send().

#include <sys/socket.h>
#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/base/deadline.hpp"
#include "kernels/posix/file_descriptor.hpp"
#include "kernels/sharing/hosts/tls_context.hpp"

struct ssl_st;

namespace parlab {

enum class TlsHandshake {
  unfinished,  // the other side's next bytes have not come
  done,
  gone,         // the other side closed the connection
  refused,      // the other side did not accept this one's key
  not_tls,      // the other side speaks something else, or an older TLS
  not_trusted,  // the other side does not know the key, or its certificate is not one to trust
};

class SecuredSocket {
 public:
  /// In clear.
  explicit SecuredSocket(FileDescriptor socket) : socket_(std::move(socket)) {}
  /// Under TLS; handshake() comes first. `host`: what a server's certificate has to be for, a name
  /// or an address; not for keys.
  SecuredSocket(FileDescriptor socket, const TlsContext& tls, const std::string& host = {});

  int get() const { return socket_.get(); }
  explicit operator bool() const { return static_cast<bool>(socket_); }
  /// Closes it without a word, as a forked child does with its copy.
  void reset() { socket_.reset(); }
  bool secured() const { return tls_ != nullptr; }

  /// Goes on with it, without waiting; in clear it is done.
  TlsHandshake handshake();

  /// All of it; unfinished at the deadline.
  TlsHandshake handshake(Deadline deadline);
  /// Until poll() tells one of `events`, or an error; false at the deadline.
  bool wait(short events, Deadline deadline) const;

  /// Bytes that have come, 0 where the other side has closed, -1 and errno else: EAGAIN where there
  /// are none. `flags` are of recv(), in clear; under TLS it never waits.
  ssize_t receive(char* to, std::size_t size, int flags = MSG_DONTWAIT);
  /// Whether there are bytes of which poll() knows nothing.
  bool has_pending() const;
  /// How many bytes of both were taken, -1 and errno else. Never waits; after EAGAIN it must be
  /// called with the same bytes, and may be with more behind them.
  ssize_t send(std::string_view head, std::string_view bytes = {});

  /// What receive() needs room for, or some may be left pending: bytes of a record.
  static constexpr std::size_t max_record = 16 << 10;

 private:
  struct FreeTls {
    void operator()(ssl_st* tls) const;
  };
  FileDescriptor socket_;
  std::optional<TlsContext> context_;  // tls_ reads its key
  std::unique_ptr<ssl_st, FreeTls> tls_;
};

}  // namespace parlab
