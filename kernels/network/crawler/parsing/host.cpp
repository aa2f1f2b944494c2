#include "kernels/network/crawler/parsing/host.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <vector>

#include "kernels/base/text/ascii.hpp"
#include "kernels/network/crawler/parsing/escapes.hpp"
#include "kernels/network/crawler/parsing/idna.hpp"

namespace parlab {
namespace {

/// WHATWG URL, 3.2: forbidden domain code points.
bool is_forbidden(char c) {
  return c <= ' ' || c == 0x7F || std::string_view("#/:<>?@[\\]^|%").find(c) != std::string::npos;
}

std::vector<std::string_view> parted(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

/// A part of an IPv4 address: decimal, octal with a 0 or hexadecimal with 0x before it.
std::optional<std::uint64_t> ipv4_number(std::string_view text) {
  if (text.empty()) return std::nullopt;
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    base = 16;
  } else if (text.size() > 1 && text[0] == '0') {
    text.remove_prefix(1);
    base = 8;
  }
  if (text.empty()) return 0;  // "0x"
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (end != text.data() + text.size()) return std::nullopt;
  return error == std::errc() ? number : UINT64_MAX;  // too large for any address
}

/// Whether the last label is a number, so that the host is an IPv4 address or nothing.
bool ends_in_a_number(std::string_view host) {
  auto labels = parted(host, '.');
  if (labels.back().empty()) {
    if (labels.size() == 1) return false;
    labels.pop_back();
  }
  const std::string_view last = labels.back();
  if (!last.empty() && last.find_first_not_of("0123456789") == std::string_view::npos) return true;
  return (last.starts_with("0x") || last.starts_with("0X")) && ipv4_number(last).has_value();
}

std::optional<std::string> ipv4(std::string_view host) {
  auto parts = parted(host, '.');
  if (parts.back().empty() && parts.size() > 1) parts.pop_back();
  if (parts.size() > 4) return std::nullopt;
  std::uint64_t address = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto number = ipv4_number(parts[i]);
    const bool is_last = i + 1 == parts.size();
    // The last part fills what the others have left.
    const std::size_t bits = is_last ? 8 * (4 - i) : 8;
    if (!number || *number >= std::uint64_t{1} << bits) return std::nullopt;
    address |= *number << (is_last ? 0 : 8 * (3 - i));
  }
  return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 255, address >> 8 & 255,
                     address & 255);
}

/// The longest run of two or more zero pieces: first piece and length; length 0 where none is.
std::pair<std::size_t, std::size_t> longest_zeros(const std::array<unsigned, 8>& pieces) {
  std::pair<std::size_t, std::size_t> longest{0, 0};
  for (std::size_t i = 0; i < pieces.size();) {
    std::size_t end = i;
    while (end < pieces.size() && pieces[end] == 0) ++end;
    if (end - i > std::max<std::size_t>(longest.second, 1)) longest = {i, end - i};
    i = end + 1;
  }
  return longest;
}

/// RFC 5952, but for addresses that end like IPv4's: WHATWG writes these in hexadecimal, too.
std::optional<std::string> ipv6(std::string_view text) {
  in6_addr address{};
  if (inet_pton(AF_INET6, std::string(text).c_str(), &address) != 1) return std::nullopt;
  std::array<unsigned, 8> pieces{};
  for (std::size_t i = 0; i < pieces.size(); ++i)
    pieces[i] = address.s6_addr[2 * i] << 8 | address.s6_addr[2 * i + 1];
  const auto [zeros, zeros_count] = longest_zeros(pieces);
  std::string out = "[";
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (zeros_count > 0 && i == zeros) {
      out += i == 0 ? "::" : ":";
      i += zeros_count - 1;
      continue;
    }
    out += fmt::format("{:x}", pieces[i]);
    if (i + 1 < pieces.size()) out += ':';
  }
  return out + "]";
}

}  // namespace

std::optional<std::string> normal_host(std::string_view text) {
  if (text.starts_with('['))
    return text.ends_with(']') ? ipv6(text.substr(1, text.size() - 2)) : std::nullopt;
  const auto host = ascii_domain(without_escapes(text));
  if (!host || host->empty() || std::ranges::any_of(*host, is_forbidden)) return std::nullopt;
  return ends_in_a_number(*host) ? ipv4(*host) : host;
}

}  // namespace parlab
