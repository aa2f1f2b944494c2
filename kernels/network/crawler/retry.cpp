#include "kernels/network/crawler/retry.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace parlab {
namespace {

/// Waits beyond this are the same to us: longer than any crawl. Also keeps sums from overflowing.
constexpr std::int64_t longest = 1'000'000'000;

}  // namespace

std::optional<std::chrono::seconds> retry_after(std::string_view field, std::time_t now) {
  if (field.empty()) return std::nullopt;
  if (field.find_first_not_of("0123456789") == std::string_view::npos) {
    std::int64_t seconds = longest;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), seconds);
    if (error != std::errc()) seconds = longest;
    return std::chrono::seconds(std::min(seconds, longest));
  }
  std::tm date{};
  const std::string text(field);
  const char* end = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
  if (!end || *end != '\0') return std::nullopt;
  const std::int64_t wait = std::int64_t{timegm(&date)} - std::int64_t{now};
  return std::chrono::seconds(std::clamp<std::int64_t>(wait, 0, longest));
}

bool is_worth_a_retry(int status, std::string_view error) {
  if (status == 429 || status == 500 || status == 502 || status == 503 || status == 504)
    return true;
  constexpr std::array<std::string_view, 10> passing = {
      "connect_refused", "connect_timeout",    "connection_failed", "connection_reset",
      "empty",           "first_byte_timeout", "idle_timeout",      "truncated",
      "total_timeout",   "tls_failed"};
  return std::ranges::find(passing, error) != passing.end();
}

}  // namespace parlab
