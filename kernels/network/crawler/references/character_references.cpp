#include "kernels/network/crawler/references/character_references.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <unordered_map>

#include "kernels/base/text/utf8.hpp"

namespace parlab {
namespace {

/// What begins at an &.
struct CharacterReference {
  std::size_t size = 0;             // with & and ;; 0 where there is none
  std::array<char32_t, 2> codes{};  // the second one is mostly 0: none
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
  return {digits + count + (is_closed ? 1 : 0), {meant_by(number)}};
}

/// A name of the standard's table.
struct NamedReference {
  std::array<char32_t, 2> codes{};
  bool may_be_bare = false;  // it counts without a ; too
};
using NamedReferences = std::unordered_map<std::string_view, NamedReference>;

/// One line a name: see named_references.py.
constexpr std::string_view table_text =
#include "named_references.inc"
    ;

std::string_view first_of(std::string_view& text, char end) {
  const std::string_view first = text.substr(0, text.find(end));
  text.remove_prefix(std::min(first.size() + 1, text.size()));
  return first;
}

NamedReferences read_table() {
  NamedReferences table;
  for (std::string_view text = table_text; !text.empty();) {
    std::string_view line = first_of(text, '\n');
    const std::string_view name = first_of(line, ' ');
    if (name.empty()) continue;
    NamedReference& named = table[name];
    for (std::size_t count = 0; !line.empty();) {
      const std::string_view word = first_of(line, ' ');
      std::uint32_t code = 0;
      if (word == "bare")
        named.may_be_bare = true;
      else if (std::from_chars(word.data(), word.data() + word.size(), code, 16).ec == std::errc())
        named.codes.at(count++) = code;
    }
  }
  return table;
}

/// HTML, 13.2.5.73: the longest name that matches.
CharacterReference named_reference(std::string_view raw, bool is_attribute) {
  static const NamedReferences table = read_table();
  constexpr std::size_t longest_name = 31;  // CounterClockwiseContourIntegral
  constexpr std::size_t longest_bare = 6;   // Aacute
  std::string_view name = raw.substr(1, longest_name + 1);
  name = name.substr(
      0, static_cast<std::size_t>(std::ranges::find_if_not(name, is_alphanumeric) - name.begin()));
  const std::size_t behind = 1 + name.size();
  if (behind < raw.size() && raw[behind] == ';')
    if (const auto found = table.find(name); found != table.end())
      return {behind + 1, found->second.codes};
  for (name = name.substr(0, longest_bare); !name.empty(); name.remove_suffix(1)) {
    const auto found = table.find(name);
    if (found == table.end() || !found->second.may_be_bare) continue;
    const std::string_view rest = raw.substr(1 + name.size());
    const bool goes_on = !rest.empty() && (rest[0] == '=' || is_alphanumeric(rest[0]));
    if (is_attribute && goes_on) return {};
    return {1 + name.size(), found->second.codes};
  }
  return {};
}

}  // namespace

DecodedText decode_references(std::string_view raw, bool is_attribute) {
  DecodedText decoded;
  if (raw.find('&') == std::string_view::npos) {
    decoded.text = raw;
    return decoded;
  }
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
    for (const char32_t code : reference.codes)
      if (code != 0) append_utf8(decoded.text, code);
    decoded.places.resize(decoded.text.size(), at);
    at += reference.size;
  }
  decoded.places.push_back(raw.size());
  return decoded;
}

std::string without_references(std::string_view raw, bool is_attribute) {
  return decode_references(raw, is_attribute).text;
}

}  // namespace parlab
