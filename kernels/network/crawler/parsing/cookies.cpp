#include "kernels/network/crawler/parsing/cookies.hpp"

#include <algorithm>
#include <cctype>

#include "kernels/network/crawler/parsing/text.hpp"

namespace parlab {
namespace {

constexpr std::size_t longest_cookie = 4096;  // bytes, name and value (RFC 6265, 6.1)

/// Whether it may stand in a header field.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 31 && c != 127 && c != ';'; });
}

}  // namespace

void CookieJar::take(std::string_view set_cookie) {
  const std::size_t pair_end = set_cookie.find(';');
  const std::string_view pair = set_cookie.substr(0, pair_end);
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos || pair.size() > longest_cookie) return;
  const std::string name(trimmed(pair.substr(0, equals)));
  Cookie cookie{std::string(trimmed(pair.substr(equals + 1))), "/", false};
  if (name.empty() || !is_plain(name) || !is_plain(cookie.value)) return;
  bool gone = false;
  for (std::size_t at = pair_end; at < set_cookie.size();) {
    const std::size_t end = std::min(set_cookie.find(';', at + 1), set_cookie.size());
    const std::string_view attribute = trimmed(set_cookie.substr(at + 1, end - at - 1));
    const std::string key = lower(attribute.substr(0, attribute.find('=')));
    const std::string_view value = attribute.size() > key.size()
                                       ? trimmed(attribute.substr(key.size() + 1))
                                       : std::string_view();
    if (key == "secure") cookie.secure = true;
    if (key == "path" && value.starts_with('/') && is_plain(value)) cookie.path = value;
    if (key == "max-age") gone = value.starts_with('0') || value.starts_with('-');
    at = end;
  }
  if (gone)
    cookies_.erase(name);
  else if (cookies_.size() < most || cookies_.contains(name))
    cookies_[name] = std::move(cookie);
}

std::string CookieJar::header(std::string_view path, bool is_secure) const {
  std::string header;
  for (const auto& [name, cookie] : cookies_) {
    if (cookie.secure && !is_secure) continue;
    // "/a" is for /a and /a/b, not for /ab.
    if (!path.starts_with(cookie.path)) continue;
    if (!cookie.path.ends_with('/') && path.size() > cookie.path.size() &&
        path[cookie.path.size()] != '/' && path[cookie.path.size()] != '?')
      continue;
    if (!header.empty()) header += "; ";
    header.append(name).append("=").append(cookie.value);
  }
  return header;
}

}  // namespace parlab
