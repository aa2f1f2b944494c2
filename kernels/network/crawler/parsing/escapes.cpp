#include "kernels/network/crawler/parsing/escapes.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace parlab {
namespace {

bool is_hex(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }

/// The byte that an escape at the beginning stands for; none where there is no escape.
std::optional<unsigned char> escape_in(std::string_view text) {
  if (text.size() < 3 || text[0] != '%' || !is_hex(text[1]) || !is_hex(text[2]))
    return std::nullopt;
  unsigned char byte = 0;
  std::from_chars(text.data() + 1, text.data() + 3, byte, 16);
  return byte;
}

bool is_unreserved(unsigned char c) {
  return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_' || c == '~';
}

}  // namespace

std::string with_normal_escapes(std::string_view text, std::string_view also) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  int behind_percent = 0;  // so many digits would make an escape of a bare %
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto escape = escape_in(text.substr(i));
    const auto c = escape.value_or(static_cast<unsigned char>(text[i]));
    if (escape) i += 2;
    const bool may_stand =
        !escape && c > 32 && c < 127 && also.find(static_cast<char>(c)) == std::string_view::npos;
    const bool makes_escape = escape && behind_percent > 0 && is_hex(static_cast<char>(c));
    behind_percent = !escape && c == '%' ? 2 : std::max(behind_percent - 1, 0);
    if ((is_unreserved(c) && !makes_escape) || may_stand) {
      out += static_cast<char>(c);
    } else {
      out += '%';
      out += digits[c >> 4];
      out += digits[c & 15];
    }
  }
  return out;
}

std::string without_escapes(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto escape = escape_in(text.substr(i));
    out += escape ? static_cast<char>(*escape) : text[i];
    if (escape) i += 2;
  }
  return out;
}

}  // namespace parlab
