#include "kernels/network/servers/synthetic_site.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <optional>

#ifdef PARLAB_HAS_ZLIB
#include <zlib.h>
#endif

namespace parlab {
namespace {

constexpr std::uint64_t children = 10;
/// Addresses a sitemap file may hold (sitemaps.org).
constexpr std::uint64_t addresses_per_sitemap = 50'000;
constexpr std::size_t big_bytes = 1 << 20;

/// One page in so many is of a kind.
constexpr std::uint64_t one_private_in = 40;
constexpr std::uint64_t one_redirected_in = 25;
constexpr std::uint64_t one_gzipped_in = 3;
constexpr std::uint64_t one_big_in = 2000;
constexpr std::uint64_t one_slow_in = 1000;

enum Purpose : std::uint64_t { is_secret, is_moved, is_packed, is_big, is_slow, cross_link, words };

constexpr std::array<std::string_view, 16> vocabulary = {
    "grain", "chunk",  "worker", "barrier", "queue",  "lock",   "page",  "socket",
    "event", "future", "stack",  "frame",   "buffer", "packet", "delay", "answer"};

/// The number between a prefix and a suffix, if the path is nothing else.
std::optional<std::uint64_t> number_in(std::string_view path, std::string_view prefix,
                                       std::string_view suffix) {
  if (!path.starts_with(prefix) || !path.ends_with(suffix) ||
      path.size() <= prefix.size() + suffix.size())
    return std::nullopt;
  const std::string_view digits =
      path.substr(prefix.size(), path.size() - prefix.size() - suffix.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

}  // namespace

bool MadeUpSite::owns(std::string_view path) {
  return path.starts_with("/site/") || path == "/site" || path == "/robots.txt" ||
         path.starts_with("/sitemap");
}

std::uint64_t MadeUpSite::draw(std::uint64_t page, std::uint64_t purpose) const {
  // SplitMix64's finalizer: Steele, Lea and Flood, OOPSLA'14.
  std::uint64_t x = options_.seed * 0x9E3779B97F4A7C15 + page * 0xD1B54A32D192ED03 + purpose + 1;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

bool MadeUpSite::is_private(std::uint64_t page) const {
  const bool is_leaf = page * children + 1 >= options_.pages;
  return page > 0 && is_leaf && draw(page, is_secret) % one_private_in == 0;
}

bool MadeUpSite::is_behind_redirect(std::uint64_t page) const {
  return page > 0 && !is_private(page) && draw(page, is_moved) % one_redirected_in == 0;
}

std::uint64_t MadeUpSite::public_pages() const {
  std::uint64_t count = 0;
  for (std::uint64_t page = 0; page < options_.pages; ++page) count += is_private(page) ? 0 : 1;
  return count;
}

std::string MadeUpSite::path_of(std::uint64_t page) const {
  if (page == 0) return "/site/";
  if (is_private(page)) return fmt::format("/site/private/{}.html", page);
  return fmt::format("/site/{}/{}.html", page % 100, page);
}

std::string MadeUpSite::page_html(std::uint64_t page) const {
  std::string html;
  html.reserve(4096);
  const auto out = std::back_inserter(html);
  fmt::format_to(out,
                 "<!DOCTYPE html>\n<html lang=\"en\"><head><title>Page {0}</title>\n"
                 "<link rel=\"stylesheet\" href=\"/site/style.css\"></head>\n<body><h1>Page "
                 "{0}</h1>\n<p>",
                 page);
  std::uint64_t random = draw(page, words);
  for (int word = 0; word < 120; ++word) {
    html += vocabulary[random % vocabulary.size()];
    html += word % 12 == 11 ? ".\n" : " ";
    random = random * 6364136223846793005 + 1442695040888963407;
    random ^= random >> 29;
  }
  html += "</p>\n<ul>\n";
  for (std::uint64_t child = page * children + 1;
       child <= page * children + children && child < options_.pages; ++child) {
    const std::string path =
        is_behind_redirect(child) ? fmt::format("/site/moved/{}", child) : path_of(child);
    // The same address in the forms that people write it in.
    switch (child % 4) {
      case 0:
        fmt::format_to(out, "<li><a href=\"{}\">child {}</a></li>\n", path, child);
        break;
      case 1:
        fmt::format_to(out, "<li><a href='{}#part'>child {}</a></li>\n", path, child);
        break;
      case 2:
        fmt::format_to(out, "<li><a href=\"/site/./x/..{}\">child {}</a></li>\n", path.substr(5),
                       child);
        break;
      default:
        fmt::format_to(out, "<li><A HREF={}>child {}</A></li>\n", path, child);
    }
  }
  fmt::format_to(out, "</ul>\n<p><a href=\"/%73ite/\">home</a>");
  if (page > 0) fmt::format_to(out, " <a href=\"{}\">up</a>", path_of((page - 1) / children));
  for (std::uint64_t i = 0; i < 2; ++i) {
    const std::uint64_t other = draw(page, cross_link + 100 * i) % options_.pages;
    fmt::format_to(out, " <a href=\"{}\">see also</a>", path_of(other));
  }
  html +=
      " <a href=\"mailto:nobody@example.com\">write</a>"
      " <a href=\"javascript:void(0)\">more</a></p>\n";
  if (draw(page, is_big) % one_big_in == 0) {
    html += "<pre>";
    while (html.size() < big_bytes) html += "all work and no cache makes a dull loop\n";
    html += "</pre>";
  }
  html += "</body></html>\n";
  return html;
}

std::string MadeUpSite::sitemap(std::uint64_t file, std::string_view origin) const {
  std::string xml =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n";
  const std::uint64_t begin = std::min(file * addresses_per_sitemap, options_.pages);
  const std::uint64_t end = std::min(begin + addresses_per_sitemap, options_.pages);
  for (std::uint64_t page = begin; page < end; ++page)
    if (!is_private(page))
      fmt::format_to(std::back_inserter(xml), "<url><loc>{}{}</loc></url>\n", origin,
                     path_of(page));
  return xml + "</urlset>\n";
}

std::string MadeUpSite::sitemap_index(std::string_view origin) const {
  std::string xml =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n";
  for (std::uint64_t file = 0; file * addresses_per_sitemap < options_.pages; ++file)
    fmt::format_to(std::back_inserter(xml), "<sitemap><loc>{}/sitemap-{}.xml</loc></sitemap>\n",
                   origin, file);
  return xml + "</sitemapindex>\n";
}

SiteReply MadeUpSite::reply(std::string_view path, std::string_view origin,
                            bool accepts_gzip) const {
  path = path.substr(0, path.find('?'));
  if (path == "/robots.txt")
    return {.type = "text/plain",
            .body = fmt::format(
                "User-agent: *\nDisallow: /site/private/\nSitemap: {}/sitemap.xml\n", origin)};
  if (path == "/sitemap.xml") return {.type = "application/xml", .body = sitemap_index(origin)};
  if (const auto file = number_in(path, "/sitemap-", ".xml"))
    return {.type = "application/xml", .body = sitemap(*file, origin)};
  if (path == "/site") return {.status = 301, .location = "/site/"};
  if (path == "/site/style.css")
    return {.type = "text/css", .body = "body { max-width: 40em; margin: auto }\n"};
  std::optional<std::uint64_t> page;
  if (path == "/site/") page = 0;
  if (const auto moved = number_in(path, "/site/moved/", "");
      moved && *moved < options_.pages && is_behind_redirect(*moved))
    return {.status = 302, .location = path_of(*moved)};
  if (path.ends_with(".html"))
    if (const auto number = number_in(path.substr(path.rfind('/')), "/", ".html");
        number && *number < options_.pages && path == path_of(*number))
      page = number;
  if (!page)
    return {.status = 404, .body = "<!DOCTYPE html><title>Not found</title><p>No such page.\n"};
  SiteReply reply{.body = page_html(*page)};
  if (draw(*page, is_slow) % one_slow_in == 0) {
    reply.pieces = 10;
    reply.pause = std::chrono::milliseconds(20);
  }
  if (accepts_gzip && draw(*page, is_packed) % one_gzipped_in == 0) {
    std::string packed = gzip(reply.body);
    if (!packed.empty()) {
      reply.body = std::move(packed);
      reply.gzipped = true;
    }
  }
  return reply;
}

std::string gzip([[maybe_unused]] std::string_view text) {
#ifdef PARLAB_HAS_ZLIB
  constexpr int gzip_window = 15 + 16;  // 32 KiB, with a gzip header
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return {};
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int ended = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return ended == Z_STREAM_END ? packed : std::string();
#else
  return {};
#endif
}

}  // namespace parlab
