#pragma once

// HTML taken apart as browsers do it (HTML, 13.2.5), as far as tags and text go: quotes, comments,
// scripts and unclosed tags are what they are to a browser. It keeps where everything stands, so that a
// report can name the line and a rewriter can replace a value.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace parlab {

struct HtmlAttribute {
  std::string name;             // in lower case
  std::string_view raw = {};    // the value as it is written, without quotes; a view into the page
  std::string_view whole = {};  // with its name and quotes
};

struct HtmlToken {
  enum class Kind { text, start_tag, end_tag, end } kind = Kind::end;
  std::string name = {};                       // of a tag, in lower case
  std::vector<HtmlAttribute> attributes = {};  // the first of each name
  std::string_view raw = {};                   // of a text; of a whole tag
  bool is_raw_text = false;    // a script's or a style's text, in which & begins no reference
  bool closes_itself = false;  // <br/>

  /// As it is written; empty where there is none.
  std::string_view raw_attribute(std::string_view name) const;
};

class HtmlTokens {
 public:
  /// `is_xml`: an element that closes itself has no content, as <script/> in XHTML. The page must live
  /// as long as this and its tokens.
  explicit HtmlTokens(std::string_view page, bool is_xml = false) : page_(page), is_xml_(is_xml) {}

  /// The next token, until the next call; of the kind `end` where there is none.
  const HtmlToken& next();
  /// How far it has read. Bytes.
  std::size_t place() const { return at_; }

 private:
  const HtmlToken& text_to(std::size_t end, bool is_raw);
  bool tag_begins(std::size_t at) const;
  bool skip_markup();
  void skip_blanks();
  const HtmlToken& begin_token(HtmlToken::Kind kind);
  const HtmlToken& tag();
  void attribute();
  std::size_t end_of_raw_text() const;

  std::string_view page_;
  bool is_xml_;
  std::size_t at_ = 0;
  HtmlToken token_;          // one for all: its memory is used again
  std::string raw_text_of_;  // the element whose text comes next; empty for none
};

}  // namespace parlab
