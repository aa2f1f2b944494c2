#pragma once

// What a crawler reads out of a body: gzip and deflate undone (zlib), links of HTML. Each within
// bounds, whatever the bytes are.

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
  std::vector<std::string> references = {};  // as they are written
};

/// Of <a>, <area>, <frame>, <iframe> and <link rel=next|prev|alternate|canonical>, and where a
/// <meta> refreshes to. None where a <meta> of the name robots, or of our product token, says nofollow.
/// `html` is UTF-8.
PageLinks links_of_html(std::string_view html, std::string_view product = {});

/// Whether an X-Robots-Tag field or the content of <meta name=robots> keeps `product` from following
/// links: nofollow or none, for all or behind its name.
bool says_nofollow(std::string_view directives, std::string_view product);

}  // namespace parlab
