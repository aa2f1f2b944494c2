#include "kernels/network/crawler/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace parlab {
namespace {

/// Bytes that a URL may hold as they are; % is one where two hexadecimal digits follow.
bool may_stand(unsigned char c) {
  return std::isalnum(c) != 0 ||
         std::string_view("-._~:/?#@!$&'()*+,;=").find(static_cast<char>(c)) !=
             std::string_view::npos;
}

bool is_hex(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }

/// What a browser would take the text for, without its fragment.
std::string encoded(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n\f\v";
  text = text.substr(0, text.find('#'));  // a fragment is the reader's business
  const std::size_t first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  text = text.substr(first, text.find_last_not_of(blank) - first + 1);
  // Brackets stand around an IPv6 address only: within //...
  const std::size_t slashes = text.find("//");
  const std::size_t authority_end =
      slashes == std::string_view::npos
          ? 0
          : std::min(text.find_first_of("/?#", slashes + 2), text.size());
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\t' || c == '\r' || c == '\n') continue;
    const bool escape =
        c == '%' && i + 2 < text.size() && is_hex(text[i + 1]) && is_hex(text[i + 2]);
    const bool bracket = (c == '[' || c == ']') && i < authority_end;
    if (escape || bracket || may_stand(static_cast<unsigned char>(c))) {
      out += c;
    } else if (c == '\\') {
      out += '/';
    } else {
      out += '%';
      out += digits[static_cast<unsigned char>(c) >> 4];
      out += digits[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

bool is_ipv6(const std::string& text) {
  in6_addr address;
  return inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

/// The scheme that the text begins with, or nothing.
std::string_view scheme_in(std::string_view text) {
  const std::size_t colon = text.find_first_of(":/?#");
  if (colon == std::string_view::npos || text[colon] != ':') return {};
  const std::string_view scheme = text.substr(0, colon);
  const auto may_follow = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
  };
  if (scheme.empty() || std::isalpha(static_cast<unsigned char>(scheme[0])) == 0 ||
      !std::ranges::all_of(scheme, may_follow))
    return {};
  return scheme;
}

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

/// A reference without fragment, taken apart (RFC 3986, appendix B). Views into the text.
struct Parts {
  explicit Parts(std::string_view text) {
    scheme = scheme_in(text);
    if (!scheme.empty()) text.remove_prefix(scheme.size() + 1);
    if (const std::size_t mark = text.find('?'); mark != std::string_view::npos) {
      query = text.substr(mark + 1);
      text = text.substr(0, mark);
    }
    if (text.starts_with("//")) {
      const std::size_t end = std::min(text.find('/', 2), text.size());
      authority = text.substr(2, end - 2);
      text.remove_prefix(end);
    }
    path = text;
  }

  std::string_view scheme, path;
  std::optional<std::string_view> authority, query;
};

/// A host and a port, as they stand between // and the path.
struct Authority {
  std::string host;  // lower case, an IPv6 address in its brackets
  std::uint16_t port;
};

std::optional<Authority> authority_of(std::string_view text, std::uint16_t default_port) {
  const std::size_t host_end =
      text.starts_with('[') ? text.find(']') + 1 : std::min(text.find(':'), text.size());
  if (host_end == 0) return std::nullopt;
  Authority authority{std::string(text.substr(0, host_end)), default_port};
  for (char& c : authority.host) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const bool in_name =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_';
    if (!in_name && authority.host[0] != '[') return std::nullopt;
  }
  if (authority.host[0] == '[' && !is_ipv6(authority.host.substr(1, host_end - 2)))
    return std::nullopt;
  std::string_view port = text.substr(host_end);
  if (port.empty()) return authority;
  if (port[0] != ':') return std::nullopt;
  port.remove_prefix(1);
  if (port.empty()) return authority;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), authority.port);
  if (error != std::errc() || end != port.data() + port.size() || authority.port == 0)
    return std::nullopt;
  return authority;
}

/// Without "." and ".." (RFC 3986, 5.2.4). Requires a path that begins with /.
std::string without_dots(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    const bool is_last = path.empty();
    if (segment == "/..") {
      out.erase(std::min(out.rfind('/'), out.size()));
      if (is_last) out += '/';
    } else if (segment == "/.") {
      if (is_last) out += '/';
    } else {
      out += segment;
    }
  }
  return out.empty() ? "/" : out;
}

}  // namespace

std::string with_normal_escapes(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    const bool is_escape =
        c == '%' && i + 2 < text.size() && is_hex(text[i + 1]) && is_hex(text[i + 2]);
    if (is_escape) {
      std::from_chars(text.data() + i + 1, text.data() + i + 3, c, 16);
      i += 2;
    }
    const bool is_unreserved = std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_' || c == '~';
    if (is_unreserved || (!is_escape && c > 32 && c < 127)) {
      out += static_cast<char>(c);
    } else {
      out += '%';
      out += digits[c >> 4];
      out += digits[c & 15];
    }
  }
  return out;
}

std::string scheme_of(std::string_view reference) {
  return in_lower_case(scheme_in(encoded(reference)));
}

std::optional<Address> Address::parse(std::string_view text) {
  if (text.size() > longest_address) return std::nullopt;
  const std::string plain = encoded(text);
  const Parts parts(plain);
  const std::string scheme = in_lower_case(parts.scheme);
  if ((scheme != "http" && scheme != "https") || !parts.authority) return std::nullopt;
  Address address;
  address.is_https_ = scheme == "https";
  const std::uint16_t default_port = address.is_https_ ? 443 : 80;
  const auto authority = authority_of(*parts.authority, default_port);
  if (!authority) return std::nullopt;
  address.port_ = authority->port;
  address.authority_ = authority->host;
  if (authority->port != default_port)
    address.authority_.append(":").append(std::to_string(authority->port));
  address.host_ = authority->host;
  if (address.host_[0] == '[') address.host_ = address.host_.substr(1, address.host_.size() - 2);
  address.text_ = address.origin();
  address.target_begin_ = address.text_.size();
  address.text_ += without_dots(with_normal_escapes(parts.path));
  if (parts.query) address.text_.append("?").append(with_normal_escapes(*parts.query));
  if (address.text_.size() > longest_address) return std::nullopt;
  return address;
}

std::optional<Address> Address::resolve(std::string_view reference) const {
  if (reference.size() > longest_address) return std::nullopt;
  const std::string plain = encoded(reference);
  const Parts to(plain);
  if (!to.scheme.empty()) return parse(plain);
  const std::string scheme = is_https_ ? "https:" : "http:";
  if (to.authority) return parse(scheme + plain);
  const Parts base(text_);
  std::string target = origin();
  if (to.path.starts_with('/'))
    target += to.path;
  else if (to.path.empty())
    target += base.path;
  else
    target.append(base.path.substr(0, base.path.rfind('/') + 1)).append(to.path);
  if (to.query)
    target.append("?").append(*to.query);
  else if (to.path.empty() && base.query)
    target.append("?").append(*base.query);
  return parse(target);
}

}  // namespace parlab
