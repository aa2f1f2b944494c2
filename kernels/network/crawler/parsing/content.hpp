#pragma once

// What a crawler reads out of a body: gzip and deflate undone (zlib), links of HTML and sitemaps
// (libxml2). Each within bounds, whatever the bytes are.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parlab {

enum class InflateResult { ok, malformed, too_big };

/// Undoes a Content-Encoding (gzip, deflate, identity or none). Little more than `most` bytes are
/// made, which are what there is in `out` then: a bomb costs no more than that.
InflateResult inflate_body(std::string_view encoding, std::string_view body, std::uint64_t most,
                           std::string& out);

struct PageLinks {
  std::string base = {};                     // href of the first <base>; empty where there is none
  std::vector<std::string> references = {};  // as they are written, at most `most_links`
};

/// Links of one page that are followed; a page with more is a trap, or a directory.
inline constexpr std::size_t most_links = 10'000;

/// Of <a>, <area>, <frame>, <iframe> and <link rel=next|prev|alternate|canonical>, and where a
/// <meta> refreshes to. None where the page says nofollow.
PageLinks links_of_html(std::string_view html);

/// The <loc> of a sitemap or a sitemap index.
std::vector<std::string> locations_of_sitemap(std::string_view xml);

}  // namespace parlab
