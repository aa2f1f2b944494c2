#pragma once

// Text as headers, robots.txt and pages have it: ASCII, in any case, with blanks around.

#include <algorithm>
#include <string>
#include <string_view>

namespace parlab {

/// What HTML and XML take for blanks.
inline constexpr std::string_view markup_blanks = " \t\n\f\r";
constexpr bool is_markup_blank(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// Without blanks, tabs and a line's end around it.
inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// With small letters for the capital ones of ASCII.
inline std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) { return lower(c); });
  return result;
}

}  // namespace parlab
