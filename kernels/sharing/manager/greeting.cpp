#include "kernels/sharing/manager/greeting.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/random.h>

#include <cerrno>
#include <system_error>

#ifdef PARLAB_HAS_OPENSSL
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#endif

#include "kernels/errors.hpp"

namespace parlab {

bool keys_supported() {
#ifdef PARLAB_HAS_OPENSSL
  return true;
#else
  return false;
#endif
}

GreetingNonce fresh_nonce() {
  GreetingNonce nonce{};
  if (getrandom(nonce.data(), nonce.size(), 0) != static_cast<ssize_t>(nonce.size()))
    throw std::system_error(errno, std::generic_category(), "no random numbers");
  return nonce;
}

std::string to_hex(const GreetingNonce& nonce) {
  return fmt::format("{:02x}", fmt::join(nonce, ""));
}

#ifdef PARLAB_HAS_OPENSSL
KeyProof prove(std::string_view key, std::string_view role, const GreetingNonce& managers,
               const GreetingNonce& clients) {
  KeyProof proof{};
  if (key.empty()) return proof;
  std::string said(role);
  said.append(managers.begin(), managers.end());
  said.append(clients.begin(), clients.end());
  unsigned length = proof.size();
  if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
            reinterpret_cast<const unsigned char*>(said.data()), said.size(), proof.data(),
            &length))
    throw std::runtime_error("OpenSSL made no HMAC");
  return proof;
}

bool same_proof(const KeyProof& a, const KeyProof& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}
#else
KeyProof prove(std::string_view key, std::string_view, const GreetingNonce&, const GreetingNonce&) {
  if (!key.empty())
    throw UsageError("a manager's key needs OpenSSL: install libssl-dev, then make build");
  return {};
}

bool same_proof(const KeyProof& a, const KeyProof& b) { return a == b; }
#endif

}  // namespace parlab
