#pragma once

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace parlab {

/// Cookies of one origin (RFC 6265, 5), never sent to another: without the list of public suffixes a
/// Domain cannot be trusted; it only keeps out cookies that are meant for others. Kept for the crawl,
/// at most `most` of them; the oldest goes first.
class CookieJar {
 public:
  static constexpr std::size_t most = 50;

  /// Takes the value of a Set-Cookie field of an answer from `host` to a request for `target` (path and
  /// query). Returns whether another header would be sent afterwards, to some path.
  bool take(std::string_view set_cookie, std::string_view host, std::string_view target,
            std::time_t now);
  /// The Cookie field for a target: longest path first, then the oldest; empty where none applies.
  std::string header(std::string_view target, bool is_secure, std::time_t now) const;

 private:
  struct Cookie {
    std::string name, value, path;
    std::time_t expires;
    bool secure;
  };
  std::vector<Cookie> cookies_;  // the oldest first
};

}  // namespace parlab
