#include "kernels/network/crawler/parsing/content.hpp"

#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>

#include "kernels/network/crawler/parsing/text.hpp"

namespace parlab {
namespace {

bool inflate_with(int window_bits, std::string_view body, std::uint64_t most, std::string& out,
                  bool& too_big) {
  z_stream stream{};
  if (inflateInit2(&stream, window_bits) != Z_OK) return false;
  const std::unique_ptr<z_stream, int (*)(z_stream*)> ends(&stream, inflateEnd);
  std::array<char, std::size_t{64} << 10> some{};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  int state = Z_OK;
  while (state == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(some.data());
    stream.avail_out = some.size();
    state = inflate(&stream, Z_NO_FLUSH);
    out.append(some.data(), some.size() - stream.avail_out);
    if (out.size() > most) {
      too_big = true;
      return false;
    }
    // A gzip file may be several, one behind the other (RFC 1952, 2.2).
    if (state == Z_STREAM_END && stream.avail_in > 0 && window_bits > 15)
      state = inflateReset(&stream);
    else if (state == Z_OK && stream.avail_in == 0 && stream.avail_out > 0)
      return false;  // it ends in the middle
  }
  return state == Z_STREAM_END;
}

/// What the SAX callbacks see.
struct Finder {
  PageLinks links;
  bool nofollow = false;
};

std::string_view attribute(const xmlChar** attributes, std::string_view name) {
  for (; attributes && attributes[0]; attributes += 2)
    if (name == reinterpret_cast<const char*>(attributes[0]) && attributes[1])
      return reinterpret_cast<const char*>(attributes[1]);
  return {};
}

void start_element(void* context, const xmlChar* xml_name, const xmlChar** attributes) {
  auto& finder = *static_cast<Finder*>(context);
  const std::string_view name = reinterpret_cast<const char*>(xml_name);
  const auto add = [&](std::string_view reference) {
    if (!reference.empty() && finder.links.references.size() < most_links)
      finder.links.references.emplace_back(reference);
  };
  if (name == "a" || name == "area") {
    if (lower(attribute(attributes, "rel")).find("nofollow") == std::string::npos)
      add(attribute(attributes, "href"));
  } else if (name == "frame" || name == "iframe") {
    add(attribute(attributes, "src"));
  } else if (name == "link") {
    const std::string rel = lower(attribute(attributes, "rel"));
    for (const char* followed : {"next", "prev", "alternate", "canonical"})
      if (rel == followed) add(attribute(attributes, "href"));
  } else if (name == "base") {
    if (finder.links.base.empty()) finder.links.base = attribute(attributes, "href");
  } else if (name == "meta") {
    const std::string content = lower(attribute(attributes, "content"));
    if (lower(attribute(attributes, "name")) == "robots")
      finder.nofollow = finder.nofollow || content.find("nofollow") != std::string::npos ||
                        content.find("none") != std::string::npos;
    if (lower(attribute(attributes, "http-equiv")) == "refresh")
      if (const std::size_t at = content.find("url="); at != std::string::npos) {
        std::string_view url = attribute(attributes, "content").substr(at + 4);
        if (!url.empty() && (url[0] == '"' || url[0] == '\'')) url.remove_prefix(1);
        add(url.substr(0, url.find_first_of("\"'")));
      }
  }
}

}  // namespace

InflateResult inflate_body(std::string_view encoding, std::string_view body, std::uint64_t most,
                           std::string& out) {
  out.clear();
  const std::string name = lower(encoding);
  bool too_big = false;
  bool ok = false;
  if (name.empty() || name == "identity") {
    out = body.substr(0, most);
    return body.size() > most ? InflateResult::too_big : InflateResult::ok;
  }
  constexpr int gzip = 15 + 16, zlib = 15, raw = -15;  // window bits, as zlib tells its formats
  if (name == "gzip" || name == "x-gzip") {
    ok = inflate_with(gzip, body, most, out, too_big);
  } else if (name == "deflate") {
    // By the standard it is zlib's format; some servers send the bare one.
    ok = inflate_with(zlib, body, most, out, too_big);
    if (!ok && !too_big) {
      out.clear();
      ok = inflate_with(raw, body, most, out, too_big);
    }
  }
  if (too_big) return InflateResult::too_big;
  return ok ? InflateResult::ok : InflateResult::malformed;
}

PageLinks links_of_html(std::string_view html) {
  Finder finder;
  if (html.empty()) return {};
  htmlSAXHandler handler{};
  handler.startElement = start_element;
  const std::unique_ptr<htmlParserCtxt, void (*)(htmlParserCtxtPtr)> parser(
      htmlCreatePushParserCtxt(&handler, &finder, nullptr, 0, nullptr, XML_CHAR_ENCODING_NONE),
      htmlFreeParserCtxt);
  if (!parser) return {};
  htmlCtxtUseOptions(parser.get(), HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                                       HTML_PARSE_NONET | HTML_PARSE_NOIMPLIED);
  // Without an element around it libxml2 takes a page for ended where its first element is.
  constexpr std::string_view around = "<html><body>";
  htmlParseChunk(parser.get(), around.data(), static_cast<int>(around.size()), 0);
  htmlParseChunk(parser.get(), html.data(), static_cast<int>(html.size()), 1);
  if (finder.nofollow) finder.links.references.clear();
  return std::move(finder.links);
}

std::vector<std::string> locations_of_sitemap(std::string_view xml) {
  // <loc> holds text only, with the five entities of XML.
  std::vector<std::string> locations;
  for (std::size_t at = 0; (at = xml.find("<loc>", at)) != std::string_view::npos;) {
    at += 5;
    const std::size_t end = xml.find("</loc>", at);
    if (end == std::string_view::npos) break;
    std::string location(xml.substr(at, end - at));
    for (const auto& [entity, character] :
         {std::pair{"&amp;", "&"}, std::pair{"&lt;", "<"}, std::pair{"&gt;", ">"},
          std::pair{"&quot;", "\""}, std::pair{"&apos;", "'"}})
      for (std::size_t i = 0; (i = location.find(entity, i)) != std::string::npos; ++i)
        location.replace(i, std::string_view(entity).size(), character);
    locations.push_back(std::move(location));
    at = end;
  }
  return locations;
}

}  // namespace parlab
