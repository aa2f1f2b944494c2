#include "kernels/base/text/utf8.hpp"

#include <cstring>

namespace parlab {
namespace {

/// How many bytes at the beginning are ASCII, or some fewer.
std::size_t ascii_bytes(std::string_view text) {
  constexpr std::uint64_t beyond_ascii = 0x8080808080808080;
  std::size_t at = 0;
  for (std::uint64_t word = 0; at + sizeof word <= text.size(); at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    if ((word & beyond_ascii) != 0) break;
  }
  return at;
}

}  // namespace

bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x61C || code == 0x180E ||
         (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF ||
         (code >= 0xFFF9 && code <= 0xFFFB) || code == 0xFFFE || code == 0xFFFF ||
         (code >= 0xE0000 && code <= 0xE0FFF);
}

Utf8Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return {first, 1, true};
  const std::size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
  if (first < 0xC2 || first > 0xF4) return {replacement_character, 1, false};
  // What the second byte may be keeps out long forms, surrogates and what is beyond U+10FFFF.
  unsigned lowest = 0x80, highest = 0xBF;
  if (first == 0xE0) lowest = 0xA0;
  if (first == 0xED) highest = 0x9F;
  if (first == 0xF0) lowest = 0x90;
  if (first == 0xF4) highest = 0x8F;
  char32_t code = first & (0x3FU >> more);
  for (std::size_t i = 1; i <= more; ++i) {
    if (byte(i) < lowest || byte(i) > highest) return {replacement_character, i, false};
    code = code << 6 | (byte(i) & 0x3F);
    lowest = 0x80;
    highest = 0xBF;
  }
  return {code, more + 1, true};
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    text.remove_prefix(ascii_bytes(text));
    for (int i = 0; i < 8 && !text.empty(); ++i) {
      const Utf8Character c = first_character(text);
      if (!c.is_valid) return false;
      text.remove_prefix(c.bytes);
    }
  }
  return true;
}

std::string valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const std::size_t plain = ascii_bytes(text);
    valid += text.substr(0, plain);
    text.remove_prefix(plain);
    for (int i = 0; i < 8 && !text.empty(); ++i) {
      const Utf8Character c = first_character(text);
      if (c.is_valid)
        valid += text.substr(0, c.bytes);
      else
        append_utf8(valid, c.code);
      text.remove_prefix(c.bytes);
    }
  }
  return valid;
}

void append_utf8(std::string& text, char32_t code) {
  const auto put = [&](char32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xE0 | code >> 12);
    } else {
      put(0xF0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3F));
    }
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

}  // namespace parlab
