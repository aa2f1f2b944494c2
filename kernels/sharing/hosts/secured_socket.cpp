#include "kernels/sharing/hosts/secured_socket.hpp"

#include <poll.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

#include "kernels/sharing/hosts/tcp_places.hpp"

#ifdef PARLAB_HAS_OPENSSL
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#endif

namespace parlab {
namespace {

ssize_t send_in_clear(int socket, std::string_view head, std::string_view bytes) {
  std::array<iovec, 2> parts = {{{const_cast<char*>(head.data()), head.size()},
                                 {const_cast<char*>(bytes.data()), bytes.size()}}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

TlsHandshake SecuredSocket::handshake(Deadline deadline) {
  for (;;) {
    const TlsHandshake state = handshake();
    if (state != TlsHandshake::unfinished || !wait(POLLIN, deadline)) return state;
  }
}

bool SecuredSocket::wait(short events, Deadline deadline) const {
  return wait_for_socket(socket_.get(), events, deadline);
}

#ifdef PARLAB_HAS_OPENSSL
namespace {

// OpenSSL's own sockets would raise SIGPIPE, and wait as the descriptor does.

int socket_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

int write_to_socket(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent =
      send(socket_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int read_from_socket(BIO* bio, char* to, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t got = recv(socket_of(bio), to, static_cast<std::size_t>(size), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  return static_cast<int>(got);
}

long control_socket(BIO*, int what, long, void*) { return what == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* make_socket_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "parlab socket");
  if (!method) throw std::bad_alloc();
  BIO_meth_set_write(method, write_to_socket);
  BIO_meth_set_read(method, read_from_socket);
  BIO_meth_set_ctrl(method, control_socket);
  return method;
}

BIO* make_bio(int socket) {
  static BIO_METHOD* const method = make_socket_method();
  BIO* bio = BIO_new(method);
  if (!bio) throw std::bad_alloc();
  // NOLINTNEXTLINE(performance-no-int-to-ptr): a number, not an address
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  BIO_set_init(bio, 1);
  return bio;
}

bool would_block(int error) {
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

int most_of(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

/// Whom the server's certificate has to name.
bool expect_host(ssl_st* tls, const std::string& host) {
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host.c_str()) == 1) return true;
  ERR_clear_error();  // a name
  return SSL_set1_host(tls, host.c_str()) == 1 && SSL_set_tlsext_host_name(tls, host.c_str()) == 1;
}

/// As recv() and send() tell errors.
ssize_t failure(const ssl_st* tls, int result) {
  const int error = SSL_get_error(tls, result);
  if (error == SSL_ERROR_ZERO_RETURN) return 0;
  ERR_clear_error();
  errno = would_block(error) ? EAGAIN : EPROTO;
  return -1;
}

}  // namespace

SecuredSocket::SecuredSocket(FileDescriptor socket, const TlsContext& tls, const std::string& host)
    : socket_(std::move(socket)), context_(tls), tls_(SSL_new(tls.get())) {
  if (!tls_) throw std::bad_alloc();
  BIO* bio = make_bio(socket_.get());
  SSL_set_bio(tls_.get(), bio, bio);
  if (tls.side() == TlsSide::client) {
    SSL_set_connect_state(tls_.get());
    if (!tls.by_key() && !expect_host(tls_.get(), host)) throw std::bad_alloc();
  } else {
    SSL_set_accept_state(tls_.get());
  }
}

void SecuredSocket::FreeTls::operator()(ssl_st* tls) const { SSL_free(tls); }

TlsHandshake SecuredSocket::handshake() {
  if (!tls_) return TlsHandshake::done;
  ERR_clear_error();
  const int result = SSL_do_handshake(tls_.get());
  if (result == 1)
    return !context_->by_key() || SSL_session_reused(tls_.get()) == 1 ? TlsHandshake::done
                                                                      : TlsHandshake::not_trusted;
  const int error = SSL_get_error(tls_.get(), result);
  if (would_block(error)) return TlsHandshake::unfinished;
  const int reason = ERR_GET_REASON(ERR_peek_error());
  ERR_clear_error();
  if (error == SSL_ERROR_SYSCALL || error == SSL_ERROR_ZERO_RETURN) return TlsHandshake::gone;
  switch (reason) {
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return TlsHandshake::gone;
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return TlsHandshake::not_trusted;
    case SSL_R_BINDER_DOES_NOT_VERIFY:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:  // an unknown name of a key, and no certificate
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_SSLV3_ALERT_ILLEGAL_PARAMETER:
      return TlsHandshake::refused;
    default:
      return TlsHandshake::not_tls;
  }
}

ssize_t SecuredSocket::receive(char* to, std::size_t size, int flags) {
  if (!tls_) return recv(socket_.get(), to, size, flags);
  std::size_t all = 0;
  // A full record is likely to be followed by another one.
  for (std::size_t got = max_record; got == max_record && all < size; all += got) {
    ERR_clear_error();
    const int result = SSL_read(tls_.get(), to + all, most_of(size - all));
    if (result <= 0 && all > 0) break;  // told by the next call
    if (result <= 0) return failure(tls_.get(), result);
    got = static_cast<std::size_t>(result);
  }
  return static_cast<ssize_t>(all);
}

bool SecuredSocket::has_pending() const { return tls_ && SSL_pending(tls_.get()) > 0; }

ssize_t SecuredSocket::send(std::string_view head, std::string_view bytes) {
  if (!tls_) return send_in_clear(socket_.get(), head, bytes);
  std::string joined;
  if (!head.empty() && head.size() < max_record && !bytes.empty()) {
    joined.reserve(max_record);
    joined = head;
    joined += bytes.substr(0, max_record - head.size());
    head = joined;
  } else if (head.empty()) {
    head = bytes;
  }
  ERR_clear_error();
  const int result = SSL_write(tls_.get(), head.data(), most_of(head.size()));
  return result > 0 ? result : failure(tls_.get(), result);
}
#else
SecuredSocket::SecuredSocket(FileDescriptor socket, const TlsContext&, const std::string&)
    : socket_(std::move(socket)) {}
void SecuredSocket::FreeTls::operator()(ssl_st*) const {}
TlsHandshake SecuredSocket::handshake() { return TlsHandshake::done; }
ssize_t SecuredSocket::receive(char* to, std::size_t size, int flags) {
  return recv(socket_.get(), to, size, flags);
}
bool SecuredSocket::has_pending() const { return false; }
ssize_t SecuredSocket::send(std::string_view head, std::string_view bytes) {
  return send_in_clear(socket_.get(), head, bytes);
}
#endif

}  // namespace parlab
