#include "experiments/options/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include "kernels/base/errors.hpp"

namespace parlab {
namespace {

__extension__ using Wide = unsigned __int128;
constexpr Wide too_large = Wide{1} << 70;  // above any quantity, far below overflow in a product

enum class Fault { none, no_number, no_whole_number, negative };

struct Parsed {
  Wide value = 0;  // too_large where it is above 2^64
  Fault fault = Fault::none;
};

constexpr std::array<std::pair<std::string_view, std::uint64_t>, 4> binary_units = {
    {{"Ki", 1ULL << 10}, {"Mi", 1ULL << 20}, {"Gi", 1ULL << 30}, {"Ti", 1ULL << 40}}};

Wide times(Wide value, std::uint64_t factor) { return std::min(value * factor, too_large); }

/// digits [. digits] [e [+] digits] [Ki|Mi|Gi|Ti], underscores between digits
Parsed parse(std::string_view text) {
  if (text.starts_with('-')) return {0, Fault::negative};
  std::uint64_t unit = 1;
  for (const auto& [suffix, factor] : binary_units) {
    if (text.ends_with(suffix)) {
      unit = factor;
      text.remove_suffix(suffix.size());
    }
  }
  Wide value = 0;
  int decimals = 0;
  bool seen_point = false;
  bool digit_before = false;
  std::size_t i = 0;
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    const char c = text[i];
    if (c >= '0' && c <= '9') {
      value = std::min(value * 10 + static_cast<unsigned>(c - '0'), too_large);
      decimals += seen_point ? 1 : 0;
      digit_before = true;
    } else if (c == '_' && digit_before && i + 1 < text.size() && std::isdigit(text[i + 1])) {
      digit_before = false;
    } else if (c == '.' && !seen_point && digit_before) {
      seen_point = true;
      digit_before = false;
    } else {
      return {0, Fault::no_number};
    }
  }
  if (!digit_before) return {0, Fault::no_number};
  int exponent = 0;
  if (i < text.size()) {
    std::string_view power = text.substr(i + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    if (power.empty() || power.size() > 3 ||
        !std::ranges::all_of(power, [](unsigned char c) { return std::isdigit(c) != 0; }))
      return {0, power.starts_with('-') ? Fault::no_whole_number : Fault::no_number};
    for (const char c : power) exponent = exponent * 10 + (c - '0');
  }
  for (; exponent > decimals; --exponent) value = times(value, 10);
  value = times(value, unit);
  for (; decimals > exponent; --decimals) {
    if (value % 10 != 0) return {0, Fault::no_whole_number};
    value /= 10;
  }
  return {value, Fault::none};
}

std::string power_or_number(std::uint64_t value) {
  return value == std::numeric_limits<std::uint64_t>::max() ? "2^64 - 1" : fmt::to_string(value);
}

}  // namespace

std::uint64_t parse_quantity(std::string_view what, std::string_view text, std::uint64_t least,
                             std::uint64_t most) {
  const Parsed parsed = parse(text);
  if (parsed.fault == Fault::no_number)
    throw UsageError(
        fmt::format("{}: '{}' is not a number; write 1000, 1e8, 1_000_000 or 64Ki", what, text));
  if (parsed.fault == Fault::no_whole_number)
    throw UsageError(fmt::format("{}: '{}' is not a whole number", what, text));
  if (parsed.fault == Fault::negative || parsed.value < least || parsed.value > most)
    throw UsageError(fmt::format("{}: '{}' is out of range; it must be {} to {}", what, text, least,
                                 power_or_number(most)));
  return static_cast<std::uint64_t>(parsed.value);
}

namespace {

std::vector<std::string> pieces_of(std::string_view text) {
  std::vector<std::string> pieces;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    pieces.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return pieces;
}

}  // namespace

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> pieces = pieces_of(text);
  for (auto piece = pieces.begin(); piece != pieces.end(); ++piece)
    if (!piece->empty() && std::find(pieces.begin(), piece, *piece) != piece)
      throw UsageError(fmt::format("'{}' appears twice in '{}': name it once", *piece, text));
  return pieces;
}

std::vector<std::uint64_t> parse_quantities(std::string_view what, std::string_view text,
                                            std::uint64_t least, std::uint64_t most) {
  std::vector<std::uint64_t> values;
  for (const std::string& piece : pieces_of(text)) {
    const std::uint64_t value = parse_quantity(what, piece, least, most);
    if (std::ranges::find(values, value) == values.end()) values.push_back(value);
  }
  return values;
}

}  // namespace parlab
