#include "kernels/network/crawler/references/html_references.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "kernels/base/text/ascii.hpp"
#include "kernels/network/crawler/references/character_references.hpp"
#include "kernels/network/crawler/references/css_references.hpp"
#include "kernels/network/crawler/references/html_tokens.hpp"
#include "kernels/network/crawler/references/srcset.hpp"

namespace parlab {
namespace {

using Use = ReferenceUse;

struct Place {
  std::string_view element, attribute;
  Use use;
};

/// Attributes that hold one address.
constexpr Place places[] = {
    {"a", "href", Use::page},
    {"area", "href", Use::page},
    {"iframe", "src", Use::page},
    {"iframe", "longdesc", Use::page},
    {"frame", "src", Use::page},
    {"frame", "longdesc", Use::page},
    {"blockquote", "cite", Use::page},
    {"q", "cite", Use::page},
    {"ins", "cite", Use::page},
    {"del", "cite", Use::page},
    {"img", "longdesc", Use::page},
    {"img", "usemap", Use::page},
    {"input", "usemap", Use::page},
    {"object", "usemap", Use::page},
    {"img", "src", Use::resource},
    {"img", "lowsrc", Use::resource},
    {"image", "href", Use::resource},
    {"image", "xlink:href", Use::resource},
    {"use", "href", Use::resource},
    {"use", "xlink:href", Use::resource},
    {"feimage", "href", Use::resource},
    {"feimage", "xlink:href", Use::resource},
    {"input", "src", Use::resource},
    {"script", "src", Use::resource},
    {"script", "href", Use::resource},
    {"script", "xlink:href", Use::resource},
    {"audio", "src", Use::resource},
    {"video", "src", Use::resource},
    {"video", "poster", Use::resource},
    {"source", "src", Use::resource},
    {"track", "src", Use::resource},
    {"embed", "src", Use::resource},
    {"bgsound", "src", Use::resource},
    {"object", "data", Use::resource},
    {"html", "manifest", Use::resource},
    {"body", "background", Use::resource},
    {"table", "background", Use::resource},
    {"thead", "background", Use::resource},
    {"tbody", "background", Use::resource},
    {"tr", "background", Use::resource},
    {"td", "background", Use::resource},
    {"th", "background", Use::resource},
    {"form", "action", Use::form},
    {"button", "formaction", Use::form},
    {"input", "formaction", Use::form},
};

/// Whether an attribute of the table has so long a name: most attributes of a page need no look into it.
constexpr auto has_place_of_size = [] {
  std::array<bool, 16> sizes{};
  for (const Place& place : places) sizes.at(place.attribute.size()) = true;
  return sizes;
}();

/// What a <link> is for by its rel; none where it names a host only.
bool use_of_link(std::string_view rel, Use& use) {
  const auto has = [&](std::string_view word) { return has_word(rel, markup_blanks, word); };
  if (has("preconnect") || has("dns-prefetch")) return false;
  use = Use::page;
  if (has("stylesheet"))
    use = Use::style;
  else if (std::ranges::any_of(
               std::array{"icon", "apple-touch-icon", "mask-icon", "preload", "modulepreload",
                          "prefetch", "manifest", "image_src", "apple-touch-icon-precomposed"},
               has))
    use = Use::resource;
  return true;
}

/// Whether what a <link> names is another page to crawl.
bool leads_on(std::string_view rel) {
  return std::ranges::any_of(
      std::array{"next", "prev", "alternate", "canonical"},
      [&](std::string_view word) { return has_word(rel, markup_blanks, word); });
}

/// Texts of links are for people: as much as fits a line. Bytes.
constexpr std::size_t max_link_text = 100;

/// Adds words, with single blanks between them.
void add_words(std::string& text, std::string_view more) {
  for (const char c : more) {
    if (text.size() >= max_link_text) return;
    if (!is_markup_blank(c))
      text += c;
    else if (!text.empty() && text.back() != ' ')
      text += ' ';
  }
}

class Collector {
 public:
  Collector(std::string_view page, std::string_view product, PageReferences& found)
      : page_(page), product_(product), found_(found) {}

  void read(bool is_xml) {
    HtmlTokens tokens(page_, is_xml);
    bool in_style = false;
    for (;;) {
      const HtmlToken& token = tokens.next();
      if (token.kind == HtmlToken::Kind::end) break;
      if (token.kind == HtmlToken::Kind::text) {
        if (in_style)
          add_css(token.raw, {std::string(token.raw), {}}, "style", "text");
        else if (link_ && !token.is_raw_text && link_text().size() < max_link_text)
          add_words(link_text(), without_references(token.raw, false));
      } else if (token.kind == HtmlToken::Kind::end_tag) {
        if (token.name == "a") link_.reset();
      } else {
        start_tag(token);
      }
      in_style = token.kind == HtmlToken::Kind::start_tag && token.name == "style";
    }
    for (Reference& reference : found_.references)
      if (reference.text.ends_with(' ')) reference.text.pop_back();
  }

  /// A style sheet within the page or alone. `decoded` is what `raw`, a part of the page, means; without
  /// places it is the same.
  void add_css(std::string_view raw, const DecodedText& decoded, std::string_view element,
               std::string_view attribute) {
    for (CssReference& css : references_of_css(decoded.text)) {
      Reference& added = add(std::move(css.url), Use::resource, element, attribute);
      set_place(added, raw, decoded, css.begin, css.end);
      added.is_import = css.is_import;
      if (css.is_import) added.use = Use::style;
    }
  }

 private:
  std::string& link_text() { return found_.references[*link_].text; }

  Reference& add(std::string url, Use use, std::string_view element, std::string_view attribute) {
    found_.references.push_back({.url = std::move(url),
                                 .use = use,
                                 .element = std::string(element),
                                 .attribute = std::string(attribute)});
    return found_.references.back();
  }

  void set_place(Reference& reference, std::string_view raw, const DecodedText& decoded,
                 std::size_t begin, std::size_t end) {
    const auto first = static_cast<std::size_t>(raw.data() - page_.data());
    reference.begin = first + (decoded.places.empty() ? begin : decoded.places[begin]);
    reference.end = first + (decoded.places.empty() ? end : decoded.places[end]);
    reference.line = line_of(reference.begin);
  }

  /// Counted from the last one on: places come in order, nearly.
  std::size_t line_of(std::size_t place) {
    if (place < counted_to_) {
      counted_to_ = 0;
      line_ = 1;
    }
    line_ += static_cast<std::size_t>(
        std::count(page_.begin() + static_cast<std::ptrdiff_t>(counted_to_),
                   page_.begin() + static_cast<std::ptrdiff_t>(place), '\n'));
    counted_to_ = place;
    return line_;
  }

  /// An attribute that is one address.
  Reference& add_whole(const HtmlToken& tag, const HtmlAttribute& attribute, Use use) {
    DecodedText decoded = decode_references(attribute.raw, true);
    const std::size_t size = decoded.text.size();
    Reference& added = add(decoded.text, use, tag.name, attribute.name);
    set_place(added, attribute.raw, decoded, 0, size);
    const std::string_view alt = tag.raw_attribute("alt");
    add_words(added.text, without_references(alt.empty() ? tag.raw_attribute("title") : alt, true));
    return added;
  }

  void add_srcset(const HtmlToken& tag, const HtmlAttribute& attribute) {
    const DecodedText decoded = decode_references(attribute.raw, true);
    for (const SrcsetCandidate& candidate : candidates_of_srcset(decoded.text)) {
      Reference& added = add(std::string(candidate.url), Use::resource, tag.name, attribute.name);
      set_place(added, attribute.raw, decoded, candidate.begin,
                candidate.begin + candidate.url.size());
    }
  }

  void meta(const HtmlToken& tag, const HtmlAttribute& content) {
    const auto value = [&](std::string_view name) {
      return lower(without_references(tag.raw_attribute(name), true));
    };
    const DecodedText decoded = decode_references(content.raw, true);
    if (value("http-equiv").starts_with("content-security-policy")) return online_only(content);
    if (value("http-equiv") == "refresh") {
      const std::string_view target = refresh_target(decoded.text);
      if (target.empty()) return;
      const auto begin = static_cast<std::size_t>(target.data() - decoded.text.data());
      Reference& added = add(std::string(target), Use::page, "meta", "content");
      set_place(added, content.raw, decoded, begin, begin + target.size());
      added.is_followed = true;
    }
    const std::string property = value("property"), name = value("name");
    if (name == "robots" || (!name.empty() && name == product_))
      found_.is_nofollow = found_.is_nofollow || says_nofollow(decoded.text, product_);
    for (const auto& [about, use] :
         {std::pair{"og:url", Use::page}, std::pair{"og:image", Use::resource},
          std::pair{"og:video", Use::resource}, std::pair{"og:audio", Use::resource},
          std::pair{"twitter:image", Use::resource}})
      if (property == about || name == about)
        set_place(add(decoded.text, use, "meta", "content"), content.raw, decoded, 0,
                  decoded.text.size());
  }

  void anchor(std::string_view raw) {
    if (!raw.empty()) found_.anchors.push_back(without_references(raw, true));
  }

  void start_tag(const HtmlToken& tag) {
    if (tag.name == "a") link_.reset();
    if (link_ && tag.name == "img")
      add_words(link_text(), without_references(tag.raw_attribute("alt"), true));
    for (const HtmlAttribute& attribute : tag.attributes) {
      const std::string_view name = attribute.name;
      if (name == "integrity" || name == "crossorigin")
        online_only(attribute);
      else if (attribute.raw.data() == nullptr)
        continue;  // without a value it refers to nothing, and has no place for an address
      else if (name == "id" || (name == "name" && (tag.name == "a" || tag.name == "map")))
        anchor(attribute.raw);
      else if (name == "style")
        add_css(attribute.raw, decode_references(attribute.raw, true), tag.name, name);
      else if (name == "srcset" || name == "imagesrcset")
        add_srcset(tag, attribute);
      else if (tag.name == "meta" && name == "content")
        meta(tag, attribute);
      else if (tag.name == "base" && name == "href")
        base(attribute);
      else
        one_address(tag, attribute);
    }
  }

  void online_only(const HtmlAttribute& attribute) {
    const auto begin = static_cast<std::size_t>(attribute.whole.data() - page_.data());
    found_.online_only.emplace_back(begin, begin + attribute.whole.size());
  }

  void base(const HtmlAttribute& href) {
    if (!found_.base.empty()) return;
    found_.base = without_references(href.raw, true);
    found_.base_begin = static_cast<std::size_t>(href.raw.data() - page_.data());
    found_.base_end = found_.base_begin + href.raw.size();
  }

  void one_address(const HtmlToken& tag, const HtmlAttribute& attribute) {
    Use use{};
    if (tag.name == "link") {
      if (attribute.name != "href") return;
      const std::string rel = without_references(tag.raw_attribute("rel"), true);
      if (use_of_link(rel, use))
        add_whole(tag, attribute, use).is_followed = leads_on(rel);
      else
        online_only(attribute);
      return;
    }
    const std::size_t size = attribute.name.size();
    if (size >= has_place_of_size.size() || !has_place_of_size.at(size)) return;
    const auto place = std::ranges::find_if(places, [&](const Place& one) {
      return one.attribute == attribute.name && one.element == tag.name;
    });
    if (place == std::end(places)) return;
    // An empty picture or form is the page itself: nothing is asked for.
    if (attribute.raw.empty() && place->use != Use::page) return;
    Reference& added = add_whole(tag, attribute, place->use);
    added.is_followed = is_frame(added);
    if (attribute.name != "href" || (tag.name != "a" && tag.name != "area")) return;
    const std::string rel = without_references(tag.raw_attribute("rel"), true);
    added.is_followed = true;
    added.is_nofollow = has_word(rel, markup_blanks, "nofollow");
    if (tag.name == "area") return;
    added.text.clear();  // what stands in it tells more than its title
    link_ = found_.references.size() - 1;
  }

  std::string_view page_, product_;
  PageReferences& found_;
  std::optional<std::size_t> link_;  // the <a> that is open
  std::size_t counted_to_ = 0, line_ = 1;
};

}  // namespace

PageReferences references_of_html(std::string_view html, bool is_xml, std::string_view product) {
  PageReferences found;
  Collector(html, product, found).read(is_xml);
  return found;
}

PageReferences references_of_style_sheet(std::string_view css) {
  PageReferences found;
  Collector(css, {}, found).add_css(css, {std::string(css), {}}, "css", "url");
  return found;
}

std::string_view refresh_target(std::string_view content) {
  const auto skip = [&](std::string_view some) {
    content.remove_prefix(std::min(content.find_first_not_of(some), content.size()));
  };
  skip(markup_blanks);
  const std::size_t before = content.size();
  skip("0123456789.");
  if (content.size() == before || content.empty()) return {};
  if (content.find_first_of(";, \t\n\f\r") != 0) return {};
  skip(markup_blanks);
  if (content.starts_with(';') || content.starts_with(',')) content.remove_prefix(1);
  skip(markup_blanks);
  const std::string_view whole = content;
  if (lower(content.substr(0, 3)) == "url") {
    content.remove_prefix(3);
    skip(markup_blanks);
    if (!content.starts_with('=')) return whole;
    content.remove_prefix(1);
    skip(markup_blanks);
  }
  if (!content.starts_with('"') && !content.starts_with('\'')) return content;
  return content.substr(1, content.find(content[0], 1) - 1);
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

bool has_word(std::string_view text, std::string_view separators, std::string_view wanted) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    if (lower(text.substr(0, end)) == wanted) return true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

}  // namespace parlab
