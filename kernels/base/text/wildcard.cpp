#include "kernels/base/text/wildcard.hpp"

namespace parlab {
namespace {

bool matches_wildcard(std::string_view pattern, std::string_view text, bool to_end) {
  std::size_t p = 0, t = 0;
  std::size_t star = std::string_view::npos, star_text = 0;
  for (;;) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p == pattern.size() && (!to_end || t == text.size())) {
      return true;
    } else if (p < pattern.size() && t < text.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos && star_text < text.size()) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
}

}  // namespace

bool matches_beginning(std::string_view pattern, std::string_view text) {
  const bool to_end = pattern.ends_with('$');
  if (to_end) pattern.remove_suffix(1);
  return matches_wildcard(pattern, text, to_end);
}

bool matches_whole(std::string_view pattern, std::string_view text) {
  return matches_wildcard(pattern, text, true);
}

}  // namespace parlab
