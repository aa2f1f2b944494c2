#include "kernels/network/crawler/parsing/date.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "kernels/base/text/ascii.hpp"

namespace parlab {
namespace {

bool is_delimiter(char c) {
  return c == '\t' || (c >= 0x20 && c <= 0x2F) || (c >= 0x3B && c <= 0x40) ||
         (c >= 0x5B && c <= 0x60) || (c >= 0x7B && c <= 0x7E);
}

/// The number at the beginning, of `least` to `most` digits and no more; taken off the text.
std::optional<int> take_number(std::string_view& text, std::size_t least, std::size_t most) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits < least || digits > most) return std::nullopt;
  int number = 0;
  std::from_chars(text.data(), text.data() + digits, number);
  text.remove_prefix(digits);
  return number;
}

struct Date {
  std::optional<std::array<int, 3>> time;
  std::optional<int> day, month, year;

  /// The first part that the token can be and that is not there yet.
  void take(std::string_view token) {
    if (!time && take_time(token)) return;
    std::string_view rest = token;
    if (!day && (day = take_number(rest, 1, 2))) return;
    if (!month && take_month(token)) return;
    rest = token;
    if (!year) year = take_number(rest, 2, 4);
  }

  bool take_time(std::string_view token) {
    std::array<int, 3> parts{};
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i > 0 && !token.starts_with(':')) return false;
      if (i > 0) token.remove_prefix(1);
      const auto part = take_number(token, 1, 2);
      if (!part) return false;
      parts[i] = *part;
    }
    time = parts;
    return true;
  }

  bool take_month(std::string_view token) {
    constexpr std::string_view names = "janfebmaraprmayjunjulaugsepoctnovdec";
    const std::size_t at = token.size() < 3 ? names.npos : names.find(lower(token.substr(0, 3)));
    if (at == names.npos || at % 3 != 0) return false;
    month = static_cast<int>(at / 3);
    return true;
  }
};

}  // namespace

std::optional<std::time_t> parse_date(std::string_view text) {
  Date date;
  while (!text.empty()) {
    const auto end =
        static_cast<std::size_t>(std::ranges::find_if(text, is_delimiter) - text.begin());
    date.take(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (!date.time || !date.day || !date.month || !date.year) return std::nullopt;
  int year = *date.year;
  if (year < 100) year += year < 70 ? 2000 : 1900;
  const auto [hour, minute, second] = *date.time;
  if (*date.day < 1 || *date.day > 31 || year < 1601 || hour > 23 || minute > 59 || second > 59)
    return std::nullopt;
  std::tm parts{};
  parts.tm_year = year - 1900;
  parts.tm_mon = *date.month;
  parts.tm_mday = *date.day;
  parts.tm_hour = hour;
  parts.tm_min = minute;
  parts.tm_sec = second;
  const std::time_t time = timegm(&parts);
  if (parts.tm_mday != *date.day) return std::nullopt;  // no 30th of February
  return time;
}

}  // namespace parlab
