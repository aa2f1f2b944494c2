#include "kernels/network/crawler/parsing/idna.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "kernels/base/text/ascii.hpp"
#include "kernels/base/text/utf8.hpp"

#ifdef PARLAB_HAS_IDN2
#include <idn2.h>

#include <cstdlib>
#endif

namespace parlab {
namespace {

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 128; });
}

/// The labels, which any of the four dots of UTS 46 part.
std::vector<std::string> labels_of(std::string_view name) {
  std::vector<std::string> labels(1);
  while (!name.empty()) {
    const Utf8Character c = first_character(name);
    if (c.code == '.' || c.code == 0x3002 || c.code == 0xFF0E || c.code == 0xFF61)
      labels.emplace_back();
    else
      labels.back() += name.substr(0, c.bytes);
    name.remove_prefix(c.bytes);
  }
  return labels;
}

#ifdef PARLAB_HAS_IDN2

/// RFC 3492, 6.1.
std::uint32_t adapted_bias(std::uint32_t delta, std::uint32_t count, bool is_first) {
  delta = is_first ? delta / 700 : delta / 2;
  delta += delta / count;
  std::uint32_t k = 0;
  for (; delta > 35 * 26 / 2; k += 36) delta /= 35;
  return k + 36 * delta / (delta + 38);
}

/// RFC 3492, 6.3. Requires fewer than 64 characters, one of them beyond ASCII.
std::string punycode(const std::vector<char32_t>& label) {
  std::string out;
  for (const char32_t c : label)
    if (c < 128) out += static_cast<char>(c);
  const auto basic = static_cast<std::uint32_t>(out.size());
  if (basic > 0) out += '-';
  std::uint32_t bias = 72, delta = 0, handled = basic;
  for (char32_t code = 128; handled < label.size(); ++code, ++delta) {
    char32_t next = 0x110000;
    for (const char32_t c : label)
      if (c >= code) next = std::min(next, c);
    delta += (next - code) * (handled + 1);
    code = next;
    for (const char32_t c : label) {
      if (c < code) ++delta;
      if (c != code) continue;
      std::uint32_t q = delta;
      for (std::uint32_t k = 36;; k += 36) {
        const std::uint32_t t = k <= bias ? 1 : std::min<std::uint32_t>(k - bias, 26);
        const std::uint32_t digit = q < t ? q : t + (q - t) % (36 - t);
        out += static_cast<char>(digit < 26 ? 'a' + digit : '0' + (digit - 26));
        if (q < t) break;
        q = (q - t) / (36 - t);
      }
      bias = adapted_bias(delta, handled + 1, handled == basic);
      delta = 0;
      ++handled;
    }
  }
  return out;
}

/// Arrows, signs and emoji, which UTS 46 takes, as browsers do, and IDNA 2008 does not.
bool is_symbol(char32_t c) {
  return (c >= 0x2190 && c <= 0x2BFF) || (c >= 0x1F000 && c <= 0x1FAFF);
}

/// What the ASCII part of an international name may hold: anything else could not be decoded again.
bool is_name_character(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

/// A label that libidn2 refuses for its symbols only.
std::optional<std::string> with_symbols(std::string_view label) {
  std::vector<char32_t> characters;
  bool has_symbol = false;
  while (!label.empty()) {
    const Utf8Character c = first_character(label);
    label.remove_prefix(c.bytes);
    if (c.code == 0xFE0F) continue;  // says "as an emoji"; UTS 46 drops it
    const bool is_letter_of_ascii = c.code >= 'A' && c.code <= 'Z';
    characters.push_back(is_letter_of_ascii ? c.code + 32 : c.code);
    if (c.code < 128 ? !is_name_character(c.code) : !is_symbol(c.code)) return std::nullopt;
    has_symbol = has_symbol || is_symbol(c.code);
  }
  constexpr std::size_t longest_label = 63;
  if (!has_symbol || characters.size() > longest_label) return std::nullopt;
  return "xn--" + punycode(characters);
}

std::optional<std::string> ascii_label(const std::string& label) {
  char* ascii = nullptr;
  const int state = idn2_to_ascii_8z(label.c_str(), &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
  const std::unique_ptr<char, void (*)(void*)> owner(ascii, idn2_free);
  if (state == IDN2_OK) return std::string(ascii);
  if (state != IDN2_DISALLOWED) return std::nullopt;
  if (is_ascii(label)) return lower(label);  // xn--: decodes, to symbols
  return with_symbols(label);
}

#else

std::optional<std::string> ascii_label(const std::string& label) {
  return is_ascii(label) ? std::optional(lower(label)) : std::nullopt;
}

#endif

}  // namespace

bool has_idna() {
#ifdef PARLAB_HAS_IDN2
  return true;
#else
  return false;
#endif
}

std::optional<std::string> ascii_domain(std::string_view name) {
  if (name.find('\0') != std::string_view::npos) return std::nullopt;
  std::string domain;
  bool is_first = true;
  for (const std::string& label : labels_of(name)) {
    if (!std::exchange(is_first, false)) domain += '.';
    if (is_ascii(label) && !lower(label).starts_with("xn--")) {
      domain += lower(label);
    } else {
      const auto ascii = ascii_label(label);
      if (!ascii || ascii->empty()) return std::nullopt;
      domain += *ascii;
    }
  }
  return domain;
}

}  // namespace parlab
