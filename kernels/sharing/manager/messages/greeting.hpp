#pragma once

// How a client and a manager get to know each other, before anything else is read.
//
//   manager: Greeting  its protocol, whether it asks for a key, a number used once
//   client:  GreetingResponse  its own number, and HMAC-SHA256(key, "client" + both numbers)
//   manager: GreetingWelcome   HMAC-SHA256(key, "manager" + both numbers): it knows the key too
//
// A wrong answer ends the connection without a word. The key never travels; neither proof can be
// used for another connection, nor sent back to the one who made it. Where no key is set the proofs
// are zeros, and the kernel tells who is on the other side of a Unix socket (SO_PEERCRED).
// Source: RFC 2104 (HMAC), RFC 6234 (SHA-256); the scheme of Python's multiprocessing.connection,
// with both proofs bound to both numbers. Needs OpenSSL for keys.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kernels/sharing/hosts/fresh_nonce.hpp"
#include "kernels/sharing/hosts/tls_context.hpp"

namespace parlab {

using GreetingNonce = Nonce;
using KeyProof = std::array<std::uint8_t, 32>;

struct Greeting {
  std::array<char, 8> magic;
  std::uint64_t max_message_bytes;  // bytes
  std::uint8_t asks_key;
  GreetingNonce nonce;
};
struct GreetingResponse {
  GreetingNonce nonce;
  KeyProof proof;
};
struct GreetingWelcome {
  std::uint8_t ok;
  KeyProof proof;
};

inline constexpr std::array<char, 8> manager_magic = {'p', 'a', 'r', 'l', 'a', 'b', 'M', '1'};

/// The proof of `role` ("client" or "manager") for this pair of numbers; zeros for an empty key.
KeyProof prove(std::string_view key, std::string_view role, const GreetingNonce& managers,
               const GreetingNonce& clients);

/// Takes the same time wherever the two differ.
bool same_proof(const KeyProof& a, const KeyProof& b);

}  // namespace parlab
