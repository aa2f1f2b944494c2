#include "kernels/network/crawler/parsing/content.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>

#include "kernels/base/text/ascii.hpp"
#include "kernels/network/crawler/parsing/charset.hpp"
#include "kernels/network/crawler/references/character_references.hpp"
#include "kernels/network/crawler/references/html_references.hpp"
#include "kernels/network/crawler/references/html_tokens.hpp"

namespace parlab {
namespace {

bool begins_gzip(const z_stream& stream) {
  return stream.avail_in >= 2 && stream.next_in[0] == 0x1F && stream.next_in[1] == 0x8B;
}

bool inflate_with(int window_bits, std::string_view body, std::uint64_t most, std::string& out,
                  bool& too_big) {
  z_stream stream{};
  if (inflateInit2(&stream, window_bits) != Z_OK) return false;
  const std::unique_ptr<z_stream, int (*)(z_stream*)> ends(&stream, inflateEnd);
  std::array<char, std::size_t{64} << 10> some{};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  int state = Z_OK;
  bool one_is_whole = false;
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
    // Anything else behind a whole one is padding or noise, which browsers pass over.
    one_is_whole = one_is_whole || state == Z_STREAM_END;
    if (state == Z_STREAM_END && window_bits > 15 && begins_gzip(stream))
      state = inflateReset(&stream);
    else if (state == Z_OK && stream.avail_in == 0 && stream.avail_out > 0)
      return false;  // it ends in the middle
  }
  return state == Z_STREAM_END || one_is_whole;
}

/// That one body may have; nobody uses more than two.
constexpr std::ptrdiff_t max_codings = 4;

/// What some servers write where a coding should stand: nothing was done to the body.
bool is_no_coding(std::string_view name) {
  constexpr std::array<std::string_view, 7> others = {"identity", "none", "binary", "7bit",
                                                      "8bit",     "text", "plain"};
  return std::ranges::find(others, name) != others.end() || Charset::labelled(name).has_value();
}

/// Reads the tags of one page.
struct LinkFinder {
  std::string_view product;
  PageLinks links = {};
  bool nofollow = false;

  static std::string attribute(const HtmlToken& tag, std::string_view name) {
    return without_references(tag.raw_attribute(name), true);
  }
  void add(std::string reference) {
    if (!reference.empty()) links.references.push_back(std::move(reference));
  }

  void take(const HtmlToken& tag) {
    const std::string& name = tag.name;
    if (name == "a" || name == "area") {
      if (!has_word(attribute(tag, "rel"), markup_blanks, "nofollow")) add(attribute(tag, "href"));
    } else if (name == "frame" || name == "iframe") {
      add(attribute(tag, "src"));
    } else if (name == "link") {
      const std::string rel = attribute(tag, "rel");
      const auto is_followed = [&](const char* word) { return has_word(rel, markup_blanks, word); };
      if (std::ranges::any_of(std::array{"next", "prev", "alternate", "canonical"}, is_followed))
        add(attribute(tag, "href"));
    } else if (name == "base") {
      if (links.base.empty()) links.base = attribute(tag, "href");
    } else if (name == "meta") {
      const std::string content = attribute(tag, "content");
      const std::string about = lower(attribute(tag, "name"));
      if (about == "robots" || (!about.empty() && about == product))
        nofollow = nofollow || says_nofollow(content, product);
      if (lower(attribute(tag, "http-equiv")) == "refresh")
        add(std::string(refresh_target(content)));
    }
  }
};

}  // namespace

InflateResult inflate_body(std::string_view encoding, std::string_view body, std::uint64_t most,
                           std::string& out) {
  out.clear();
  if (const std::size_t comma = encoding.rfind(','); comma != std::string_view::npos) {
    // Several, in the order in which they were put on (RFC 9110, 8.4).
    if (std::ranges::count(encoding, ',') >= max_codings) return InflateResult::malformed;
    std::string inner;
    const InflateResult last = inflate_body(trimmed(encoding.substr(comma + 1)), body, most, inner);
    if (last != InflateResult::ok) return last;
    return inflate_body(trimmed(encoding.substr(0, comma)), inner, most, out);
  }
  const std::string name = lower(encoding);
  bool too_big = false;
  bool ok = false;
  // No body needs no undoing, whatever the field says.
  if (name.empty() || is_no_coding(name) || body.empty()) {
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

PageLinks links_of_html(std::string_view html, std::string_view product) {
  const std::string name = lower(product);
  LinkFinder finder{.product = name};
  HtmlTokens tokens(html);
  for (HtmlToken token = tokens.next(); token.kind != HtmlToken::Kind::end; token = tokens.next())
    if (token.kind == HtmlToken::Kind::start_tag) finder.take(token);
  if (finder.nofollow) finder.links.references.clear();
  return std::move(finder.links);
}

bool says_nofollow(std::string_view directives, std::string_view product) {
  constexpr std::array<std::string_view, 4> with_values = {
      "max-image-preview", "max-snippet", "max-video-preview", "unavailable_after"};
  bool is_for_us = true;
  while (!directives.empty()) {
    const std::size_t end = std::min(directives.find(','), directives.size());
    std::string directive = lower(directives.substr(0, end));
    directives.remove_prefix(std::min(end + 1, directives.size()));
    if (const std::size_t colon = directive.find(':'); colon != std::string::npos) {
      const std::string name(trimmed(std::string_view(directive).substr(0, colon)));
      if (std::ranges::find(with_values, name) != with_values.end()) continue;
      is_for_us = name == lower(product);  // a crawler's name, for all that follow
      directive.erase(0, colon + 1);
    }
    if (is_for_us && (has_word(directive, markup_blanks, "nofollow") ||
                      has_word(directive, markup_blanks, "none")))
      return true;
  }
  return false;
}

}  // namespace parlab
