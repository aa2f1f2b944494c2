#include "kernels/network/crawler/references/html_tokens.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "kernels/base/text/ascii.hpp"

namespace parlab {
namespace {

/// Whose content is text until their end tag.
constexpr std::array<std::string_view, 9> text_elements = {
    "script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext"};

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool ends_name(char c) {
  return c == '/' || c == '>' || markup_blanks.find(c) != std::string::npos;
}

}  // namespace

std::string_view HtmlToken::raw_attribute(std::string_view wanted) const {
  const auto found = std::ranges::find(attributes, wanted, &HtmlAttribute::name);
  return found == attributes.end() ? std::string_view() : found->raw;
}

HtmlToken HtmlTokens::text_to(std::size_t end, bool is_raw) {
  HtmlToken token{.kind = HtmlToken::Kind::text};
  token.raw = page_.substr(at_, end - at_);
  token.is_raw_text = is_raw;
  at_ = end;
  return token;
}

bool HtmlTokens::tag_begins(std::size_t at) const {
  if (at + 1 >= page_.size()) return false;
  const char c = page_[at + 1];
  return is_letter(c) || c == '!' || c == '?' || (c == '/' && at + 2 < page_.size());
}

/// A comment, a doctype or what browsers take for a comment. Returns false where a tag stands.
bool HtmlTokens::skip_markup() {
  const std::string_view rest = page_.substr(at_);
  const bool is_end_tag = rest[1] == '/' && rest.size() > 2 && is_letter(rest[2]);
  if (is_letter(rest[1]) || is_end_tag) return false;
  std::size_t end = std::string_view::npos;
  if (!rest.starts_with("<!--")) {
    end = rest.find('>');
    if (end != std::string_view::npos) ++end;
  } else if (rest.substr(4).starts_with('>')) {
    end = 5;
  } else if (rest.substr(4).starts_with("->")) {
    end = 6;
  } else {
    const std::size_t usual = rest.find("-->", 4), odd = rest.find("--!>", 4);
    if (usual != std::string_view::npos) end = usual + 3;
    if (odd < usual) end = odd + 4;
  }
  at_ = end == std::string_view::npos ? page_.size() : at_ + end;
  return true;
}

/// One attribute, from its name's first byte on.
void HtmlTokens::attribute(HtmlToken& tag) {
  const auto skip_blanks = [&] {
    at_ = std::min(page_.find_first_not_of(markup_blanks, at_), page_.size());
  };
  const std::size_t begin = at_++;  // which may be a =
  while (at_ < page_.size() && !ends_name(page_[at_]) && page_[at_] != '=') ++at_;
  HtmlAttribute attribute{.name = lower(page_.substr(begin, at_ - begin))};
  skip_blanks();
  if (at_ < page_.size() && page_[at_] == '=') {
    ++at_;
    skip_blanks();
    if (at_ == page_.size()) return;
    if (const char quote = page_[at_]; quote == '"' || quote == '\'') {
      const std::size_t end = std::min(page_.find(quote, at_ + 1), page_.size());
      attribute.raw = page_.substr(at_ + 1, end - at_ - 1);
      at_ = std::min(end + 1, page_.size());
    } else {
      const std::size_t first = at_;
      while (at_ < page_.size() && page_[at_] != '>' &&
             markup_blanks.find(page_[at_]) == std::string_view::npos)
        ++at_;
      attribute.raw = page_.substr(first, at_ - first);
    }
  }
  // Without a value the blanks behind the name belong to it, which changes nothing.
  attribute.whole = page_.substr(begin, at_ - begin);
  if (std::ranges::find(tag.attributes, attribute.name, &HtmlAttribute::name) ==
      tag.attributes.end())
    tag.attributes.push_back(std::move(attribute));
}

HtmlToken HtmlTokens::tag() {
  const std::size_t begin = at_++;
  HtmlToken token{.kind = HtmlToken::Kind::start_tag};
  if (page_[at_] == '/') {
    token.kind = HtmlToken::Kind::end_tag;
    ++at_;
  }
  const std::size_t name = at_;
  while (at_ < page_.size() && !ends_name(page_[at_])) ++at_;
  token.name = lower(page_.substr(name, at_ - name));
  for (;;) {
    at_ = std::min(page_.find_first_not_of(markup_blanks, at_), page_.size());
    if (at_ == page_.size()) return {};  // a tag that does not end is none
    if (page_[at_] == '>') break;
    token.closes_itself = page_[at_] == '/';
    if (page_[at_] == '/')
      ++at_;
    else
      attribute(token);
  }
  ++at_;
  token.raw = page_.substr(begin, at_ - begin);
  const bool has_content = !is_xml_ || !token.closes_itself;
  if (token.kind == HtmlToken::Kind::start_tag && has_content &&
      std::ranges::find(text_elements, token.name) != text_elements.end())
    raw_text_of_ = token.name;
  return token;
}

std::size_t HtmlTokens::end_of_raw_text() const {
  if (raw_text_of_ == "plaintext") return page_.size();
  for (std::size_t at = at_; (at = page_.find("</", at)) != std::string_view::npos; at += 2) {
    const std::size_t behind = at + 2 + raw_text_of_.size();
    if (behind < page_.size() && ends_name(page_[behind]) &&
        lower(page_.substr(at + 2, raw_text_of_.size())) == raw_text_of_)
      return at;
  }
  return page_.size();
}

HtmlToken HtmlTokens::next() {
  if (!raw_text_of_.empty()) {
    const std::size_t end = end_of_raw_text();
    const bool is_raw = raw_text_of_ != "title" && raw_text_of_ != "textarea";
    raw_text_of_.clear();
    if (end > at_) return text_to(end, is_raw);
  }
  while (at_ < page_.size()) {
    std::size_t end = at_;
    while (end < page_.size() && !(page_[end] == '<' && tag_begins(end)))
      end = std::min(page_.find('<', end + 1), page_.size());
    if (end > at_) return text_to(end, false);
    if (!skip_markup()) return tag();
  }
  return {};
}

}  // namespace parlab
