#pragma once

#include <map>
#include <string>
#include <string_view>

namespace parlab {

/// Cookies of one host (RFC 6265), never sent to another: without the list of public suffixes a
/// Domain cannot be trusted. Kept for the crawl, at most `most` of them.
class CookieJar {
 public:
  static constexpr std::size_t most = 50;

  /// Takes the value of a Set-Cookie field.
  void take(std::string_view set_cookie);
  /// The Cookie field for a path; empty where none applies.
  std::string header(std::string_view path, bool is_secure) const;

 private:
  struct Cookie {
    std::string value, path;
    bool secure;
  };
  std::map<std::string, Cookie> cookies_;
};

}  // namespace parlab
