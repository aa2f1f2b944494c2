#pragma once

// UTF-8 as browsers read it (WHATWG Encoding, 8.1.1): no surrogates, nothing longer than need be, and
// U+FFFD for what is no character.

#include <cstdint>
#include <string>
#include <string_view>

namespace parlab {

inline constexpr char32_t replacement_character = 0xFFFD;

struct Utf8Character {
  char32_t code;
  std::size_t bytes;  // that it takes, at least 1
  bool is_valid;      // otherwise code is U+FFFD
};

/// Whether a terminal or a reader would take it for an order: controls, and marks that are not seen or turn
/// the direction of a text.
bool is_control(char32_t code);

/// Requires text.
Utf8Character first_character(std::string_view text);
bool is_valid_utf8(std::string_view text);
/// U+FFFD in the place of what is not UTF-8.
std::string valid_utf8(std::string_view text);
void append_utf8(std::string& text, char32_t code);

}  // namespace parlab
