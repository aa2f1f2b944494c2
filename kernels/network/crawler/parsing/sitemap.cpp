#include "kernels/network/crawler/parsing/sitemap.hpp"

#include <algorithm>
#include <charconv>

#include "kernels/base/text/ascii.hpp"
#include "kernels/base/text/utf8.hpp"
#include "kernels/network/crawler/parsing/charset.hpp"
#include "kernels/network/crawler/parsing/content_coding.hpp"

namespace parlab {
namespace {

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(markup_blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(markup_blanks) - first + 1);
}

/// What stands between & and ; means, in UTF-8; empty where that is no reference of XML.
std::string referenced(std::string_view name) {
  for (const auto& [entity, character] :
       {std::pair{"amp", "&"}, std::pair{"lt", "<"}, std::pair{"gt", ">"}, std::pair{"quot", "\""},
        std::pair{"apos", "'"}})
    if (name == entity) return character;
  if (!name.starts_with('#')) return {};
  name.remove_prefix(1);
  const bool is_hex = name.starts_with('x') || name.starts_with('X');
  if (is_hex) name.remove_prefix(1);
  std::uint32_t code = 0;
  const auto [end, error] =
      std::from_chars(name.data(), name.data() + name.size(), code, is_hex ? 16 : 10);
  const bool is_character = code > 0 && code < 0x110000 && (code < 0xD800 || code > 0xDFFF);
  if (error != std::errc() || end != name.data() + name.size() || !is_character) return {};
  std::string character;
  append_utf8(character, code);
  return character;
}

/// With references replaced; an & that begins none stays, as careless generators mean it.
std::string plain(std::string_view text) {
  constexpr std::size_t longest_reference = 12;
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '&') {
      const std::size_t end = text.substr(0, i + longest_reference).find(';', i);
      const std::string meant =
          end == std::string_view::npos ? "" : referenced(text.substr(i + 1, end - i - 1));
      if (!meant.empty()) {
        out += meant;
        i = end;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

/// "loc" of "sm:loc": prefixes are each file's choice.
std::string_view local_name(std::string_view name) { return name.substr(name.find(':') + 1); }

std::string_view xml_attribute(std::string_view tag, std::string_view wanted) {
  for (std::size_t at = 0; (at = tag.find(wanted, at)) != std::string_view::npos; ++at) {
    if (at == 0 || markup_blanks.find(tag[at - 1]) == std::string_view::npos) continue;
    const std::string_view rest = without_blanks(tag.substr(at + wanted.size()));
    if (!rest.starts_with('=')) continue;
    const std::string_view value = without_blanks(rest.substr(1));
    if (value.empty() || (value[0] != '"' && value[0] != '\'')) return {};
    return value.substr(1, value.find(value[0], 1) - 1);
  }
  return {};
}

class Reader {
 public:
  explicit Reader(Sitemap& sitemap) : sitemap_(sitemap) {}

  void read(std::string_view xml) {
    while (!xml.empty()) {
      const std::size_t open = std::min(xml.find('<'), xml.size());
      if (is_location()) text_ += plain(xml.substr(0, open));
      xml.remove_prefix(open);
      const auto take_to = [&](std::string_view begin, std::string_view end) {
        const std::size_t at = xml.find(end, begin.size());
        const std::string_view within =
            xml.substr(begin.size(), at == std::string_view::npos ? at : at - begin.size());
        xml.remove_prefix(at == std::string_view::npos ? xml.size() : at + end.size());
        return within;
      };
      if (xml.starts_with("<![CDATA[")) {
        const std::string_view text = take_to("<![CDATA[", "]]>");
        if (is_location()) text_ += text;
      } else if (xml.starts_with("<!--")) {
        take_to("<!--", "-->");
      } else if (xml.starts_with("<?")) {
        take_to("<?", "?>");
      } else if (!xml.empty()) {
        tag(take_to("<", ">"));
      }
    }
  }

 private:
  /// Of a page or a sitemap, not of a picture on a page; of an item of RSS.
  bool is_location() const {
    if (open_.size() < 2) return false;
    const std::string_view name = open_.back(), parent = open_[open_.size() - 2];
    return (name == "loc" && (parent == "url" || parent == "sitemap")) ||
           (name == "link" && parent == "item");
  }

  void tag(std::string_view tag) {
    const bool is_end = tag.starts_with('/');
    if (is_end) tag.remove_prefix(1);
    const std::string_view name =
        local_name(tag.substr(0, std::min(tag.find_first_of(" \t\r\n/"), tag.size())));
    if (is_end) return end(name);
    if (tag.starts_with('!')) return;
    if (name == "sitemapindex") sitemap_.is_index = true;
    if (name == "link" && !open_.empty() && open_.back() == "entry") {
      const std::string_view rel = xml_attribute(tag, "rel");
      if (rel.empty() || rel == "alternate") add(plain(xml_attribute(tag, "href")));
    }
    if (tag.ends_with('/')) return;
    constexpr std::size_t deepest = 64;  // nothing that is read lies deeper
    if (open_.size() < deepest) open_.emplace_back(name);
    text_.clear();
  }

  void end(std::string_view name) {
    if (is_location() && name == open_.back()) add(text_);
    text_.clear();
    // Also where ends are missing in between.
    const auto begin = std::ranges::find(open_.rbegin(), open_.rend(), name);
    if (begin != open_.rend()) open_.erase(begin.base() - 1, open_.end());
  }

  void add(std::string_view location) {
    location = without_blanks(location);
    if (!location.empty()) sitemap_.locations.emplace_back(location);
  }

  Sitemap& sitemap_;
  std::vector<std::string> open_;  // elements, without their prefixes
  std::string text_;
};

void read_lines(std::string_view text, Sitemap& sitemap) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view line = without_blanks(text.substr(0, end));
    if (lower(line.substr(0, 4)) == "http") sitemap.locations.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// By its mark or its declaration, as XML has it; else UTF-8.
Charset charset_of(std::string_view content_type, std::string_view xml) {
  if (xml.starts_with("\xFE\xFF") || xml.starts_with("\xFF\xFE")) return Charset::of_page({}, xml);
  if (const auto told = Charset::labelled(charset_parameter(content_type))) return *told;
  constexpr std::size_t longest_declaration = 200;
  const std::string_view begin = xml.substr(0, std::min(xml.find("?>"), longest_declaration));
  if (begin.find("<?xml") == std::string_view::npos) return {};
  return Charset::labelled(xml_attribute(begin, "encoding")).value_or(Charset());
}

}  // namespace

Sitemap read_sitemap(std::string_view body, std::string_view content_type, std::uint64_t most) {
  Sitemap sitemap;
  std::string unpacked;
  if (body.starts_with("\x1F\x8B")) {
    inflate_body("gzip", body, most, unpacked);  // what is cut or too long holds addresses, too
    body = unpacked;
  }
  const std::string text = charset_of(content_type, body).to_utf8(body);
  if (without_blanks(text).starts_with('<'))
    Reader(sitemap).read(text);
  else
    read_lines(text, sitemap);
  return sitemap;
}

}  // namespace parlab
