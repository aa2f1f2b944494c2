#include "kernels/network/crawler/references/css_references.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <utility>

#include "kernels/base/text/ascii.hpp"
#include "kernels/base/text/utf8.hpp"

namespace parlab {
namespace {

bool is_css_name(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || byte >= 0x80 || c == '-' || c == '_';
}

class CssReader {
 public:
  explicit CssReader(std::string_view css) : css_(css) {}

  std::vector<CssReference> read() {
    bool imports = false;  // an @import's address comes next
    while (at_ < css_.size()) {
      const char c = css_[at_];
      if (css_.substr(at_, 2) == "/*") {
        at_ = std::min(css_.find("*/", at_ + 2), css_.size() - 2) + 2;
      } else if (c == '"' || c == '\'') {
        CssReference reference = string();
        if (std::exchange(imports, false)) keep(std::move(reference), true);
      } else if (c == '@') {
        ++at_;
        imports = lower(name()) == "import";
      } else if (is_css_name(c) || c == '\\') {
        const std::string word = lower(name());
        if (word == "url" && at_ < css_.size() && css_[at_] == '(') {
          ++at_;
          keep(url(), std::exchange(imports, false));
        } else if (imports && word != "url") {
          imports = false;
        }
      } else {
        if (markup_blanks.find(c) == std::string_view::npos) imports = false;
        ++at_;
      }
    }
    return std::move(found_);
  }

 private:
  std::string name() {
    const std::size_t begin = at_;
    while (at_ < css_.size() && (is_css_name(css_[at_]) || css_[at_] == '\\'))
      at_ += css_[at_] == '\\' ? 2 : 1;
    at_ = std::min(at_, css_.size());
    return std::string(css_.substr(begin, at_ - begin));
  }

  void skip_blanks() { at_ = std::min(css_.find_first_not_of(markup_blanks, at_), css_.size()); }

  void keep(CssReference reference, bool is_import) {
    reference.is_import = is_import;
    if (!reference.url.empty()) found_.push_back(std::move(reference));
  }

  /// What a backslash begins, appended.
  void escape(std::string& text) {
    ++at_;
    if (at_ == css_.size()) return;
    if (css_[at_] == '\n') {  // a line that goes on
      ++at_;
      return;
    }
    constexpr std::size_t max_digits = 6;
    const std::string_view digits = css_.substr(at_, max_digits);
    std::uint32_t code = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (error != std::errc()) {
      text += css_[at_++];
      return;
    }
    at_ += static_cast<std::size_t>(end - digits.data());
    if (at_ < css_.size() && markup_blanks.find(css_[at_]) != std::string_view::npos) ++at_;
    const bool is_character = code > 0 && code < 0x110000 && (code < 0xD800 || code > 0xDFFF);
    append_utf8(text, is_character ? static_cast<char32_t>(code) : replacement_character);
  }

  /// From its quote on.
  CssReference string() {
    const char quote = css_[at_++];
    CssReference reference{.begin = at_};
    while (at_ < css_.size() && css_[at_] != quote && css_[at_] != '\n') {
      if (css_[at_] == '\\')
        escape(reference.url);
      else
        reference.url += css_[at_++];
    }
    reference.end = at_;
    const bool is_closed = at_ < css_.size() && css_[at_] == quote;
    if (is_closed) ++at_;
    if (!is_closed && at_ < css_.size()) reference.url.clear();  // a line break spoils it
    return reference;
  }

  /// From behind its bracket on.
  CssReference url() {
    skip_blanks();
    if (at_ < css_.size() && (css_[at_] == '"' || css_[at_] == '\'')) return string();
    CssReference reference{.begin = at_};
    bool is_spoiled = false;  // by a quote or a bracket within
    while (at_ < css_.size() && css_[at_] != ')' &&
           markup_blanks.find(css_[at_]) == std::string_view::npos) {
      is_spoiled = is_spoiled || css_[at_] == '"' || css_[at_] == '\'' || css_[at_] == '(';
      if (css_[at_] == '\\')
        escape(reference.url);
      else
        reference.url += css_[at_++];
    }
    reference.end = at_;
    skip_blanks();
    const bool is_closed = at_ == css_.size() || css_[at_] == ')';
    if (is_spoiled || !is_closed) reference.url.clear();
    at_ = std::min(std::min(css_.find(')', at_), css_.size()) + 1, css_.size());
    return reference;
  }

  std::string_view css_;
  std::size_t at_ = 0;
  std::vector<CssReference> found_;
};

}  // namespace

std::vector<CssReference> references_of_css(std::string_view css) { return CssReader(css).read(); }

}  // namespace parlab
