#pragma once

// A web site of any size that exists only as a function of a seed: pages with links in every form
// that real ones have, redirects, robots.txt, a sitemap, gzip, big pages and slow ones. The same
// seed and size give the same bytes on every machine, so a crawl of it has one right answer.
//
// Pages form a tree of ten children each below /site/; every page but the home page is reachable
// from its parent, some only through a redirect. Some leaves lie below /site/private/, which
// robots.txt disallows.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace parlab {

struct SiteOptions {
  std::uint64_t pages = 1000;
  std::uint64_t seed = 1;
};

/// What the server sends for a target.
struct SiteReply {
  int status = 200;
  std::string type = "text/html; charset=utf-8";
  std::string location = {};  // of a redirect
  bool gzipped = false;
  std::string body = {};
  int pieces = 1;                        // the body is sent in so many,
  std::chrono::milliseconds pause = {};  // with such a pause before each but the first
};

class MadeUpSite {
 public:
  explicit MadeUpSite(SiteOptions options) : options_(options) {}

  /// Whether the site answers this path: /site/..., /robots.txt, /sitemap...
  static bool owns(std::string_view path);

  /// `origin`, as "http://127.0.0.1:8080", is for the sitemap, whose addresses are absolute.
  SiteReply reply(std::string_view path, std::string_view origin, bool accepts_gzip) const;

  /// The path of a page, in normal form. Requires page < pages.
  std::string path_of(std::uint64_t page) const;
  /// Whether robots.txt disallows it.
  bool is_private(std::uint64_t page) const;
  /// Whether its parent links to a redirect that leads to it.
  bool is_behind_redirect(std::uint64_t page) const;
  /// Pages that robots.txt allows.
  std::uint64_t public_pages() const;

 private:
  std::uint64_t draw(std::uint64_t page, std::uint64_t purpose) const;
  std::string page_html(std::uint64_t page) const;
  std::string sitemap(std::uint64_t file, std::string_view origin) const;
  std::string sitemap_index(std::string_view origin) const;

  SiteOptions options_;
};

/// RFC 1952. Empty where this build has no zlib.
std::string gzip(std::string_view text);

}  // namespace parlab
