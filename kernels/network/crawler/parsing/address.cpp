#include "kernels/network/crawler/parsing/address.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include "kernels/base/text/ascii.hpp"
#include "kernels/network/crawler/parsing/charset.hpp"
#include "kernels/network/crawler/parsing/escapes.hpp"
#include "kernels/network/crawler/parsing/host.hpp"

namespace parlab {
namespace {

/// WHATWG URL, 1.3: what is escaped in a path and in a query, beside what is not printable ASCII.
constexpr std::string_view escaped_in_path = "\"#<>?^`{}";
constexpr std::string_view escaped_in_query = "\"#<>'";

/// Without the blanks around it, line breaks and tabs within it, and the fragment. `room` is for a text that has to
/// be changed.
std::string_view plain_text(std::string_view text, std::string& room) {
  const auto is_blank = [](char c) { return c >= 0 && c <= ' '; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  text = text.substr(0, text.find('#'));
  const auto is_dropped = [](char c) { return c == '\t' || c == '\n' || c == '\r'; };
  if (std::ranges::none_of(text, is_dropped)) return text;
  room = text;
  std::erase_if(room, is_dropped);
  return room;
}

/// Whether a path stays as it is: no escapes, nothing that would become one, no "." and "..". Most are so.
bool is_normal_path(std::string_view path) {
  char before = '/';
  for (const char c : path) {
    const bool may_stand = (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
                           c == '/' || c == '-' || c == '_' || c == '~' ||
                           (c == '.' && before != '/');
    if (!may_stand) return false;
    before = c;
  }
  return true;
}

bool is_slash(char c) { return c == '/' || c == '\\'; }

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

/// A reference taken apart, as browsers do it: http and https have an authority, whatever the slashes
/// are. Views into the text.
struct Parts {
  /// `base_scheme` is empty where there is no base; then nothing is relative.
  Parts(std::string_view text, std::string_view base_scheme) {
    scheme = lower(scheme_in(text));
    if (!scheme.empty()) text.remove_prefix(scheme.size() + 1);
    const std::size_t slashes =
        static_cast<std::size_t>(std::ranges::find_if_not(text, is_slash) - text.begin());
    // "http:a" on a page of the same scheme is relative; on another it names the host a.
    const bool is_elsewhere = !scheme.empty() && scheme != base_scheme;
    if (slashes >= 2 || is_elsewhere) {
      text.remove_prefix(slashes);
      const std::size_t end = std::min(text.find_first_of("/\\?"), text.size());
      authority = text.substr(0, end);
      text.remove_prefix(end);
    }
    const std::size_t mark = std::min(text.find('?'), text.size());
    path = text.substr(0, mark);
    std::ranges::replace(path, '\\', '/');
    if (mark < text.size()) query = text.substr(mark + 1);
  }

  std::string scheme, path;
  std::optional<std::string_view> authority, query;
};

/// A host and a port, as they stand between // and the path.
struct Authority {
  std::string host;  // in normal form, an IPv6 address in its brackets
  std::uint16_t port;
};

std::optional<Authority> authority_of(std::string_view text, std::uint16_t default_port) {
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    if (at > 1 || (at == 1 && text[0] != ':')) return std::nullopt;  // a user, or a password
    text.remove_prefix(at + 1);
  }
  const std::size_t host_end =
      text.starts_with('[') ? text.find(']') + 1 : std::min(text.find(':'), text.size());
  auto host = normal_host(text.substr(0, host_end));
  if (!host) return std::nullopt;
  Authority authority{*std::move(host), default_port};
  std::string_view port = text.substr(host_end);
  if (port.empty() || port == ":") return authority;
  if (port[0] != ':') return std::nullopt;
  port.remove_prefix(1);
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

std::string scheme_of(std::string_view reference) {
  std::string room;
  return lower(scheme_in(plain_text(reference, room)));
}

std::optional<Address> Address::parse(std::string_view text) { return read(text, nullptr, {}); }

std::optional<Address> Address::resolve(std::string_view reference, const Charset& charset) const {
  return read(reference, this, charset);
}

std::optional<Address> Address::read(std::string_view text, const Address* base,
                                     const Charset& charset) {
  if (text.size() > longest_address) return std::nullopt;
  std::string room;
  const std::string_view plain = plain_text(text, room);
  const std::string_view base_scheme = !base ? "" : base->is_https_ ? "https" : "http";
  const Parts parts(plain, base_scheme);
  if (!parts.authority && !base) return std::nullopt;
  if (!parts.scheme.empty() && parts.scheme != "http" && parts.scheme != "https")
    return std::nullopt;
  Address address;
  if (parts.authority) {
    if (parts.scheme.empty() && !base) return std::nullopt;
    address.is_https_ = parts.scheme.empty() ? base->is_https_ : parts.scheme == "https";
    const std::uint16_t default_port = address.is_https_ ? 443 : 80;
    auto authority = authority_of(*parts.authority, default_port);
    if (!authority) return std::nullopt;
    address.port_ = authority->port;
    address.authority_ = authority->host;
    if (authority->port != default_port)
      address.authority_.append(":").append(std::to_string(authority->port));
    address.host_ = std::move(authority->host);
    if (address.host_[0] == '[') address.host_ = address.host_.substr(1, address.host_.size() - 2);
  } else {
    address.is_https_ = base->is_https_;
    address.port_ = base->port_;
    address.host_ = base->host_;
    address.authority_ = base->authority_;
  }
  const std::string_view base_target = base && !parts.authority ? base->target() : "/";
  const std::string_view base_path = base_target.substr(0, base_target.find('?'));
  std::string path = parts.path;
  if (path.empty())
    path = base_path;
  else if (path[0] != '/')
    path.insert(0, base_path.substr(0, base_path.rfind('/') + 1));
  address.text_ = address.origin();
  address.target_begin_ = address.text_.size();
  if (is_normal_path(path))
    address.text_ += path.empty() ? "/" : path;
  else
    address.text_ += without_dots(with_normal_escapes(path, escaped_in_path));
  if (parts.query)
    address.text_.append("?").append(
        with_normal_escapes(charset.query_bytes(*parts.query), escaped_in_query));
  else if (parts.path.empty())
    address.text_ += base_target.substr(base_path.size());
  if (address.text_.size() > longest_address) return std::nullopt;
  return address;
}

}  // namespace parlab
