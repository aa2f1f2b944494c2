#pragma once

// All that a page refers to, with the line and the place of each address: links, pictures, scripts, style
// sheets, media, frames, forms, refreshes, and what its own styles name.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parlab {

/// What a reference is for.
enum class ReferenceUse {
  page,      // a link, a frame, a refresh: another page
  resource,  // a picture, a script, a sound: what the page itself needs
  style,     // a style sheet, which refers to more
  form,      // where a form is sent to
};

struct Reference {
  std::string url;  // without character references, otherwise as it is written
  ReferenceUse use = ReferenceUse::page;
  std::string element = {};        // "a"
  std::string attribute = {};      // "href"; "text" of a <style>
  std::string text = {};           // of a link, or a picture's alt; blanks are single
  std::size_t begin = 0, end = 0;  // where it stands in the page. Bytes
  std::size_t line = 1;
  /// A crawler goes on there: <a>, <area>, frames, refreshes, and <link rel=next|prev|alternate|canonical>.
  bool is_followed = false;
  bool is_nofollow = false;  // rel=nofollow
  bool is_import = false;    // of a style sheet by another
};

/// Whether a browser shows it within the page.
inline bool is_frame(const Reference& reference) {
  return reference.attribute == "src" &&
         (reference.element == "iframe" || reference.element == "frame");
}

/// Whether a browser asks for it when it shows the page.
inline bool is_shown(const Reference& reference) {
  return reference.use == ReferenceUse::resource || reference.use == ReferenceUse::style ||
         is_frame(reference);
}

struct PageReferences {
  std::string base = {};  // href of the first <base>; empty where there is none
  /// Where this stands; begin == end where there is none.
  std::size_t base_begin = 0, base_end = 0;
  std::vector<Reference> references = {};  // by place
  /// What a fragment may name: each id, and the name of each <a> and <map>.
  std::vector<std::string> anchors = {};
  /// Attributes, from begin to end, that make sense on the site only: integrity and crossorigin, policies
  /// of content, hosts to connect to beforehand.
  std::vector<std::pair<std::size_t, std::size_t>> online_only = {};
  /// A <meta> of the name robots, or of our product token, keeps crawlers from following links.
  bool is_nofollow = false;
};

/// `html` in UTF-8, or any character set that has ASCII's bytes. `is_xml`: it is XHTML. `product`: our token,
/// in lower case.
PageReferences references_of_html(std::string_view html, bool is_xml = false,
                                  std::string_view product = {});

/// Of a style sheet that is a file.
PageReferences references_of_style_sheet(std::string_view css);

/// Where the content of <meta http-equiv=refresh> leads (HTML, "shared declarative refresh steps"), a view
/// into it; empty where it names no page.
std::string_view refresh_target(std::string_view content);

/// Whether an X-Robots-Tag field or the content of <meta name=robots> keeps `product` from following
/// links: nofollow or none, for all or behind its name.
bool says_nofollow(std::string_view directives, std::string_view product);

/// Whether one of the words, which any of the separators part, is the wanted one, in any case.
bool has_word(std::string_view text, std::string_view separators, std::string_view wanted);

}  // namespace parlab
