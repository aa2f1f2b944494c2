#include "kernels/sharing/manager/messages/greeting.hpp"

#include <stdexcept>
#include <string>

#ifdef PARLAB_HAS_OPENSSL
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#endif

#include "kernels/base/errors.hpp"

namespace parlab {

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
