#pragma once

// Random bytes from the kernel: numbers that are used once, names and passwords that nobody else
// has.

#include <array>
#include <cstdint>
#include <string>

namespace parlab {

using Nonce = std::array<std::uint8_t, 32>;

/// Throws std::system_error.
Nonce fresh_nonce();
/// As text.
std::string to_hex(const Nonce& nonce);

}  // namespace parlab
