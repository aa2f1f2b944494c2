#include "kernels/network/crawler/references/character_references.hpp"

#include <libxml/HTMLparser.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>

#include "kernels/base/text/utf8.hpp"

namespace parlab {
namespace {

/// What begins at an &.
struct CharacterReference {
  std::size_t size = 0;  // with & and ;; 0 where there is none
  char32_t code = 0;
};

bool is_alphanumeric(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

/// Numbers 80 to 9F mean what windows-1252 has there (HTML, 13.2.5.80).
char32_t meant_by(std::uint32_t number) {
  constexpr std::array<char32_t, 32> windows = {
      0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
      0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
      0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};
  if (number >= 0x80 && number < 0xA0) return windows[number - 0x80];
  const bool is_character = number > 0 && number < 0x110000 && (number < 0xD800 || number > 0xDFFF);
  return is_character ? static_cast<char32_t>(number) : replacement_character;
}

CharacterReference numeric_reference(std::string_view raw) {
  std::size_t digits = 2;  // behind &#
  const bool is_hex = raw.size() > 2 && (raw[2] == 'x' || raw[2] == 'X');
  digits += is_hex ? 1 : 0;
  const auto is_digit = [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return is_hex ? std::isxdigit(byte) != 0 : std::isdigit(byte) != 0;
  };
  const std::string_view rest = raw.substr(std::min(digits, raw.size()));
  const auto count =
      static_cast<std::size_t>(std::ranges::find_if_not(rest, is_digit) - rest.begin());
  if (count == 0) return {};
  std::uint32_t number = 0;
  const auto [end, error] =
      std::from_chars(rest.data(), rest.data() + count, number, is_hex ? 16 : 10);
  if (error != std::errc()) number = UINT32_MAX;  // too big for any character
  const bool is_closed = count < rest.size() && rest[count] == ';';
  return {digits + count + (is_closed ? 1 : 0), meant_by(number)};
}

/// Of HTML 4, by libxml2: those of HTML 5 beyond are not found in addresses.
CharacterReference named_reference(std::string_view raw, bool is_attribute) {
  constexpr std::size_t longest_name = 8;  // thetasym
  const auto end = std::ranges::find_if_not(raw.substr(1, longest_name + 1), is_alphanumeric);
  const std::string name(raw.begin() + 1, end);
  const std::size_t behind = 1 + name.size();
  const bool is_closed = behind < raw.size() && raw[behind] == ';';
  if (!is_closed && is_attribute && behind < raw.size() && raw[behind] == '=') return {};
  if (name == "apos" && is_closed) return {behind + 1, U'\''};
  const htmlEntityDesc* const entity =
      htmlEntityLookup(reinterpret_cast<const xmlChar*>(name.c_str()));
  // Without ; only the old ones count, those of Latin-1.
  if (!entity || (!is_closed && entity->value > 0xFF)) return {};
  return {behind + (is_closed ? 1 : 0), static_cast<char32_t>(entity->value)};
}

}  // namespace

DecodedText decode_references(std::string_view raw, bool is_attribute) {
  DecodedText decoded;
  decoded.text.reserve(raw.size());
  for (std::size_t at = 0; at < raw.size();) {
    CharacterReference reference;
    if (raw[at] == '&' && at + 1 < raw.size())
      reference = raw[at + 1] == '#' ? numeric_reference(raw.substr(at))
                                     : named_reference(raw.substr(at), is_attribute);
    if (reference.size == 0) {
      decoded.text += raw[at];
      decoded.places.push_back(at++);
      continue;
    }
    append_utf8(decoded.text, reference.code);
    decoded.places.resize(decoded.text.size(), at);
    at += reference.size;
  }
  decoded.places.push_back(raw.size());
  return decoded;
}

}  // namespace parlab
