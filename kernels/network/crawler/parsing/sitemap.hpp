#pragma once

// Sitemaps (sitemaps.org): XML, plain text with an address a line, RSS and Atom, each of them also
// gzipped. Real ones are often not well-formed, so this reads tags and text, and asks for no more.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parlab {

struct Sitemap {
  std::vector<std::string> locations = {};  // as they are written, in UTF-8
  bool is_index = false;                    // they are sitemaps
};

/// `body`: what came, but for its content coding. Of a gzipped one at most `most` bytes are read.
Sitemap read_sitemap(std::string_view body, std::string_view content_type, std::uint64_t most);

}  // namespace parlab
