#include "kernels/network/crawler/parsing/cookies.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "kernels/base/text/ascii.hpp"
#include "kernels/network/crawler/parsing/date.hpp"

namespace parlab {
namespace {

constexpr std::size_t longest_cookie = 4096;  // bytes, name and value (RFC 6265, 6.1)
constexpr std::time_t never = std::numeric_limits<std::time_t>::max();
constexpr std::time_t long_ago = std::numeric_limits<std::time_t>::min();

/// Whether it may stand in a header field; what is beyond ASCII goes back as it came.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(
      text, [](unsigned char c) { return (c > 31 || c == '\t') && c != 127 && c != ';'; });
}

/// RFC 6265, 5.1.3.
bool matches_domain(std::string_view host, std::string_view domain) {
  if (host == domain) return true;
  in6_addr address{};
  const std::string name(host);
  const bool is_address = inet_pton(AF_INET, name.c_str(), &address) == 1 ||
                          inet_pton(AF_INET6, name.c_str(), &address) == 1;
  return !is_address && host.size() > domain.size() && host.ends_with(domain) &&
         host[host.size() - domain.size() - 1] == '.';
}

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

/// RFC 6265, 5.1.4: the folder of the page that set it.
std::string_view default_path(std::string_view target) {
  const std::string_view path = path_of(target);
  const std::size_t last = path.rfind('/');
  return last == 0 || last == std::string_view::npos ? "/" : path.substr(0, last);
}

/// "/a" is for /a and /a/b, not for /ab.
bool matches_path(std::string_view path, std::string_view of_cookie) {
  return path.starts_with(of_cookie) && (path.size() == of_cookie.size() ||
                                         of_cookie.ends_with('/') || path[of_cookie.size()] == '/');
}

/// When a cookie of so many seconds ends; nullopt where the text is not a number (RFC 6265, 5.2.2).
std::optional<std::time_t> end_of_age(std::string_view text, std::time_t now) {
  const bool is_negative = text.starts_with('-');
  const std::string_view digits = text.substr(is_negative ? 1 : 0);
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  std::time_t seconds = never;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  if (is_negative || seconds == 0) return long_ago;
  return error != std::errc() || seconds > never - now ? never : now + seconds;
}

/// What the attributes say; the last of a name counts.
struct Attributes {
  std::optional<std::time_t> max_age, expires;
  std::string domain;
  std::string_view path;
  bool secure = false;

  void take(std::string_view attribute, std::time_t now) {
    const std::size_t equals = std::min(attribute.find('='), attribute.size());
    const std::string key = lower(trimmed(attribute.substr(0, equals)));
    const std::string_view value =
        trimmed(attribute.substr(std::min(equals + 1, attribute.size())));
    if (key == "secure") {
      secure = true;
    } else if (key == "path") {
      path = value;
    } else if (key == "domain" && !value.empty()) {
      domain = lower(value.substr(value.starts_with('.') ? 1 : 0));
    } else if (key == "max-age") {
      if (const auto end = end_of_age(value, now)) max_age = end;
    } else if (key == "expires") {
      if (const auto date = parse_date(value)) expires = date;
    }
  }
};

}  // namespace

bool CookieJar::take(std::string_view set_cookie, std::string_view host, std::string_view target,
                     std::time_t now) {
  const std::size_t pair_end = std::min(set_cookie.find(';'), set_cookie.size());
  const std::string_view pair = set_cookie.substr(0, pair_end);
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos || pair.size() > longest_cookie) return false;
  const std::string_view name = trimmed(pair.substr(0, equals));
  const std::string_view value = trimmed(pair.substr(equals + 1));
  if (name.empty() || !is_plain(name) || !is_plain(value)) return false;
  Attributes attributes;
  for (std::size_t at = pair_end; at < set_cookie.size();) {
    const std::size_t end = std::min(set_cookie.find(';', at + 1), set_cookie.size());
    attributes.take(set_cookie.substr(at + 1, end - at - 1), now);
    at = end;
  }
  if (!attributes.domain.empty() && !matches_domain(host, attributes.domain)) return false;
  const bool has_path = attributes.path.starts_with('/') && is_plain(attributes.path);
  const std::string path(has_path ? attributes.path : default_path(target));
  const std::time_t expires =
      attributes.max_age ? *attributes.max_age : attributes.expires.value_or(never);
  std::erase_if(cookies_, [&](const Cookie& cookie) { return cookie.expires <= now; });
  const auto old = std::ranges::find_if(
      cookies_, [&](const Cookie& c) { return c.name == name && c.path == path; });
  if (expires <= now) {
    if (old == cookies_.end()) return false;
    cookies_.erase(old);
    return true;
  }
  Cookie cookie{std::string(name), std::string(value), path, expires, attributes.secure};
  if (old != cookies_.end()) {  // it keeps its place
    const bool is_same = old->value == value && old->secure == attributes.secure;
    *old = std::move(cookie);
    return !is_same;
  }
  if (cookies_.size() == most) cookies_.erase(cookies_.begin());
  cookies_.push_back(std::move(cookie));
  return true;
}

std::string CookieJar::header(std::string_view target, bool is_secure, std::time_t now) const {
  const std::string_view path = path_of(target);
  std::vector<const Cookie*> sent;
  for (const Cookie& cookie : cookies_)
    if (cookie.expires > now && (is_secure || !cookie.secure) && matches_path(path, cookie.path))
      sent.push_back(&cookie);
  std::ranges::stable_sort(
      sent, [](const Cookie* a, const Cookie* b) { return a->path.size() > b->path.size(); });
  std::string header;
  for (const Cookie* cookie : sent) {
    if (!header.empty()) header += "; ";
    header.append(cookie->name).append("=").append(cookie->value);
  }
  return header;
}

}  // namespace parlab
