#include "kernels/sharing/hosts/fresh_nonce.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/random.h>

#include <cerrno>
#include <system_error>

namespace parlab {

Nonce fresh_nonce() {
  Nonce nonce{};
  if (getrandom(nonce.data(), nonce.size(), 0) != static_cast<ssize_t>(nonce.size()))
    throw std::system_error(errno, std::generic_category(), "no random numbers");
  return nonce;
}

std::string to_hex(const Nonce& nonce) { return fmt::format("{:02x}", fmt::join(nonce, "")); }

}  // namespace parlab
