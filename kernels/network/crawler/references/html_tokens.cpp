#include "kernels/network/crawler/references/html_tokens.hpp"

#include <algorithm>
#include <array>

#include "kernels/base/text/ascii.hpp"

namespace parlab {
namespace {

/// Of a tag; a page with more means to keep us busy.
constexpr std::size_t max_attributes = 500;

/// Whose content is text until their end tag.
constexpr std::array<std::string_view, 9> text_elements = {
    "script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext"};

bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

void set_lower(std::string& to, std::string_view text) {
  to.assign(text);
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (std::ranges::none_of(text, is_capital)) return;
  for (char& c : to) c = lower(c);
}
bool ends_name(char c) { return c == '/' || c == '>' || is_markup_blank(c); }

}  // namespace

std::string_view HtmlToken::raw_attribute(std::string_view wanted) const {
  const auto found = std::ranges::find(attributes, wanted, &HtmlAttribute::name);
  return found == attributes.end() ? std::string_view() : found->raw;
}

const HtmlToken& HtmlTokens::begin_token(HtmlToken::Kind kind) {
  token_.kind = kind;
  token_.name.clear();
  token_.attributes.clear();
  token_.raw = {};
  token_.is_raw_text = token_.closes_itself = false;
  return token_;
}

const HtmlToken& HtmlTokens::text_to(std::size_t end, bool is_raw) {
  begin_token(HtmlToken::Kind::text);
  token_.raw = page_.substr(at_, end - at_);
  token_.is_raw_text = is_raw;
  at_ = end;
  return token_;
}

void HtmlTokens::skip_blanks() {
  while (at_ < page_.size() && is_markup_blank(page_[at_])) ++at_;
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
    for (std::size_t at = 4; end == std::string_view::npos; ++at) {
      at = rest.find("--", at);
      if (at == std::string_view::npos) break;
      if (rest.substr(at + 2).starts_with('>')) end = at + 3;
      if (rest.substr(at + 2).starts_with("!>")) end = at + 4;
    }
  }
  at_ = end == std::string_view::npos ? page_.size() : at_ + end;
  return true;
}

/// One attribute, from its name's first byte on.
void HtmlTokens::attribute() {
  const std::size_t begin = at_++;  // which may be a =
  while (at_ < page_.size() && !ends_name(page_[at_]) && page_[at_] != '=') ++at_;
  HtmlAttribute attribute;
  set_lower(attribute.name, page_.substr(begin, at_ - begin));
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
      while (at_ < page_.size() && page_[at_] != '>' && !is_markup_blank(page_[at_])) ++at_;
      attribute.raw = page_.substr(first, at_ - first);
    }
  }
  // Without a value the blanks behind the name belong to it, which changes nothing.
  attribute.whole = page_.substr(begin, at_ - begin);
  if (token_.attributes.size() < max_attributes &&
      std::ranges::find(token_.attributes, attribute.name, &HtmlAttribute::name) ==
          token_.attributes.end())
    token_.attributes.push_back(std::move(attribute));
}

const HtmlToken& HtmlTokens::tag() {
  const std::size_t begin = at_++;
  begin_token(HtmlToken::Kind::start_tag);
  if (page_[at_] == '/') {
    token_.kind = HtmlToken::Kind::end_tag;
    ++at_;
  }
  const std::size_t name = at_;
  while (at_ < page_.size() && !ends_name(page_[at_])) ++at_;
  set_lower(token_.name, page_.substr(name, at_ - name));
  for (;;) {
    skip_blanks();
    if (at_ == page_.size())
      return begin_token(HtmlToken::Kind::end);  // a tag that does not end is none
    if (page_[at_] == '>') break;
    token_.closes_itself = page_[at_] == '/';
    if (page_[at_] == '/')
      ++at_;
    else
      attribute();
  }
  ++at_;
  token_.raw = page_.substr(begin, at_ - begin);
  const bool has_content = !is_xml_ || !token_.closes_itself;
  if (token_.kind == HtmlToken::Kind::start_tag && has_content &&
      std::ranges::find(text_elements, token_.name) != text_elements.end())
    raw_text_of_ = token_.name;
  return token_;
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

const HtmlToken& HtmlTokens::next() {
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
  return begin_token(HtmlToken::Kind::end);
}

}  // namespace parlab
