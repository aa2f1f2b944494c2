#include "kernels/network/crawler/address.hpp"

#include <algorithm>
#include <boost/url/src.hpp>
#include <boost/url/url.hpp>
#include <cctype>
#include <charconv>

namespace parlab {
namespace {

namespace urls = boost::urls;

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
    if (!in_name && !(authority.host[0] == '[' && (c == '[' || c == ']' || c == ':')))
      return std::nullopt;
  }
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
  const std::string text = encoded(reference);
  const std::size_t colon = text.find_first_of(":/?#");
  if (colon == std::string::npos || colon == 0 || text[colon] != ':') return {};
  std::string scheme = text.substr(0, colon);
  std::ranges::transform(scheme, scheme.begin(),
                         [](char c) { return static_cast<char>(std::tolower(c)); });
  return scheme;
}

std::optional<Address> Address::parse(std::string_view text) {
  if (text.size() > longest_address) return std::nullopt;
  const std::string mended = encoded(text);
  const auto url = urls::parse_uri(mended);
  if (!url || !url->has_authority()) return std::nullopt;
  Address address;
  address.is_https_ = url->scheme_id() == urls::scheme::https;
  if (!address.is_https_ && url->scheme_id() != urls::scheme::http) return std::nullopt;
  // Taken apart here: Boost.URL 1.81 lets ports pass that are none, and decodes %2F in a path.
  const std::uint16_t default_port = address.is_https_ ? 443 : 80;
  const std::size_t begin = mended.find("//") + 2;
  const std::string_view between =
      std::string_view(mended).substr(begin, mended.find_first_of("/?", begin) - begin);
  const auto authority = authority_of(between, default_port);
  if (!authority) return std::nullopt;
  address.port_ = authority->port;
  address.authority_ = authority->host;
  if (authority->port != default_port)
    address.authority_.append(":").append(std::to_string(authority->port));
  address.host_ = authority->host;
  if (address.host_[0] == '[') address.host_ = address.host_.substr(1, address.host_.size() - 2);
  address.text_ = address.origin();
  address.target_begin_ = address.text_.size();
  address.text_ += without_dots(with_normal_escapes(std::string(url->encoded_path())));
  if (url->has_query())
    address.text_.append("?").append(with_normal_escapes(std::string(url->encoded_query())));
  if (address.text_.size() > longest_address) return std::nullopt;
  return address;
}

std::optional<Address> Address::resolve(std::string_view reference) const {
  if (reference.size() > longest_address) return std::nullopt;
  const std::string mended = encoded(reference);
  const auto parsed = urls::parse_uri_reference(mended);
  const auto base = urls::parse_uri(text_);
  if (!parsed || !base) return std::nullopt;
  urls::url target;
  if (!urls::resolve(*base, *parsed, target)) return std::nullopt;
  return parse(std::string_view(target.buffer().data(), target.buffer().size()));
}

}  // namespace parlab
