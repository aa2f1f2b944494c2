#pragma once

// TLS in two forms.
//
// Between programs that share a key: TLS 1.3, where a pre-shared key (PSK) derived from it proves each
// side to the other, so that there are no certificates to make, copy, trust and renew. A fresh
// Diffie-Hellman exchange in each connection (psk_dhe_ke) keeps what was recorded secret where the
// key is lost later. Whoever records a handshake can try keys on it offline: a key has to be random,
// not a word. With servers that have a certificate: TLS 1.2 or newer, where the client trusts the
// authorities that it is given.
//
// Source: RFC 8446, sections 2.2 and 4.2.11. Cost of a handshake: one round trip, some 0.3 ms of each
// side's processor.

#include <memory>
#include <string>
#include <string_view>

struct ssl_ctx_st;

namespace parlab {

enum class TlsSide { client, server };

/// Whether this build has TLS, and can check keys.
bool keys_supported();

/// What the connections of one side have in common. Copies share it; so do forked processes.
class TlsContext {
 public:
  /// Throws UsageError where this build has no OpenSSL, std::runtime_error where OpenSSL cannot.
  static TlsContext with_key(TlsSide side, std::string_view key);

  /// A client's: the server shows a certificate that one in the file `authorities` (PEM) has signed,
  /// or is one of those; "": one of the system's. Throws UsageError where the file cannot be used.
  static TlsContext with_authorities(const std::string& authorities);

  TlsSide side() const;
  bool by_key() const;
  ssl_ctx_st* get() const;

 private:
  struct State;
  explicit TlsContext(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace parlab
