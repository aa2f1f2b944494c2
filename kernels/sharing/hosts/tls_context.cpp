#include "kernels/sharing/hosts/tls_context.hpp"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

#include "kernels/base/errors.hpp"

#ifdef PARLAB_HAS_OPENSSL
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>
#endif

namespace parlab {

bool keys_supported() {
#ifdef PARLAB_HAS_OPENSSL
  return true;
#else
  return false;
#endif
}

#ifdef PARLAB_HAS_OPENSSL
struct TlsContext::State {
  TlsSide side;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context;
  bool by_key = true;
  std::array<unsigned char, 32> key = {};  // as TLS uses it
};

namespace {

/// Of those of TLS 1.3 the one without a bound on what a connection may carry: with AES-GCM each
/// side would have to change its keys after 2^24 full records (RFC 8446, section 5.5).
constexpr char cipher_suite[] = "TLS_CHACHA20_POLY1305_SHA256";
constexpr std::array<unsigned char, 2> cipher_suite_number = {0x13, 0x03};

/// What the client calls the key: there is one.
constexpr std::string_view identity = "parlab";

/// Tells the key of TLS from all else that is made of the user's key.
constexpr std::string_view label = "parlab tls 1.3 psk";

SSL_SESSION* session_of_key(SSL* ssl) {
  const auto* key =
      static_cast<const std::array<unsigned char, 32>*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  SSL_SESSION* session = SSL_SESSION_new();
  const SSL_CIPHER* cipher = SSL_CIPHER_find(ssl, cipher_suite_number.data());
  if (session && cipher && SSL_SESSION_set1_master_key(session, key->data(), key->size()) == 1 &&
      SSL_SESSION_set_cipher(session, cipher) == 1 &&
      SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) == 1)
    return session;
  SSL_SESSION_free(session);
  return nullptr;
}

int offer_key(SSL* ssl, const EVP_MD*, const unsigned char** id, std::size_t* size,
              SSL_SESSION** session) {
  *id = reinterpret_cast<const unsigned char*>(identity.data());
  *size = identity.size();
  *session = session_of_key(ssl);
  return *session != nullptr ? 1 : 0;
}

int find_key(SSL* ssl, const unsigned char* id, std::size_t size, SSL_SESSION** session) {
  const bool ours = std::string_view(reinterpret_cast<const char*>(id), size) == identity;
  *session = ours ? session_of_key(ssl) : nullptr;
  return ours && *session == nullptr ? 0 : 1;
}

void set_modes(SSL_CTX* context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

}  // namespace

TlsContext TlsContext::with_key(TlsSide side, std::string_view key) {
  const bool client = side == TlsSide::client;
  auto state = std::make_shared<State>(
      State{side, {SSL_CTX_new(client ? TLS_client_method() : TLS_server_method()), SSL_CTX_free}});
  SSL_CTX* context = state->context.get();
  unsigned size = 0;
  const bool made =
      context &&
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(label.data()), label.size(), state->key.data(),
           &size) &&
      SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
      SSL_CTX_set_ciphersuites(context, cipher_suite) == 1 &&
      SSL_CTX_set_num_tickets(context, 0) == 1;  // a session is not resumed: the key is there
  if (!made) {
    ERR_clear_error();
    throw std::runtime_error("OpenSSL here has no TLS 1.3 with ChaCha20-Poly1305");
  }
  SSL_CTX_set_app_data(context, state->key.data());
  set_modes(context);
  if (client) {
    SSL_CTX_set_psk_use_session_callback(context, offer_key);
    // A server that does not take the key shows a certificate: nobody's is trusted.
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  } else {
    SSL_CTX_set_psk_find_session_callback(context, find_key);
  }
  return TlsContext(std::move(state));
}

TlsContext TlsContext::with_authorities(const std::string& authorities) {
  auto state = std::make_shared<State>(
      State{TlsSide::client, {SSL_CTX_new(TLS_client_method()), SSL_CTX_free}, false});
  SSL_CTX* context = state->context.get();
  if (!context || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
    throw std::runtime_error("OpenSSL here has no TLS 1.2");
  const bool known = authorities.empty() ? SSL_CTX_set_default_verify_paths(context) == 1
                                         : SSL_CTX_load_verify_locations(
                                               context, authorities.c_str(), nullptr) == 1;
  ERR_clear_error();
  if (!known)
    throw UsageError(
        fmt::format("'{}' has no certificates that can be read; name a file in PEM", authorities));
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  set_modes(context);
  return TlsContext(std::move(state));
}

TlsSide TlsContext::side() const { return state_->side; }
bool TlsContext::by_key() const { return state_->by_key; }
ssl_ctx_st* TlsContext::get() const { return state_->context.get(); }
#else
struct TlsContext::State {};

TlsContext TlsContext::with_key(TlsSide, std::string_view) {
  throw UsageError("TLS needs OpenSSL: install libssl-dev, then make build");
}
TlsContext TlsContext::with_authorities(const std::string&) { return with_key({}, {}); }
TlsSide TlsContext::side() const { return TlsSide::client; }
bool TlsContext::by_key() const { return true; }
ssl_ctx_st* TlsContext::get() const { return nullptr; }
#endif

}  // namespace parlab
