#include "kernels/network/crawler/fetching/retry.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "kernels/network/crawler/parsing/date.hpp"

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
  const auto date = parse_date(field);
  if (!date) return std::nullopt;
  const std::int64_t wait = std::int64_t{*date} - std::int64_t{now};
  return std::chrono::seconds(std::clamp<std::int64_t>(wait, 0, longest));
}

bool is_worth_a_retry(int status, std::string_view error) {
  if (status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
      status == 504)
    return true;
  constexpr std::array<std::string_view, 15> passing = {
      "connect_refused", "connect_timeout",    "connection_failed", "connection_reset",
      "empty",           "first_byte_timeout", "idle_timeout",      "truncated",
      "total_timeout",   "tls_failed",         "too_many_files",    "proxy_unreachable",
      "proxy_http_502",  "proxy_http_503",     "proxy_http_504"};
  return std::ranges::find(passing, error) != passing.end();
}

std::optional<std::chrono::milliseconds> wait_before_retry(const CrawlOptions& options, int tries,
                                                           std::string_view field,
                                                           std::mt19937_64& random) {
  using std::chrono::milliseconds;
  if (tries > options.retries) return std::nullopt;
  // So that those who failed together do not come back together.
  const auto most = options.first_backoff * (1LL << std::min(tries - 1, 20));
  const auto bounded = std::min<milliseconds>(most, options.longest_wait);
  const milliseconds wait(
      std::uniform_int_distribution<std::int64_t>(bounded.count() / 2, bounded.count())(random));
  const auto asked = retry_after(field, std::time(nullptr));
  if (!asked) return wait;
  if (*asked > options.longest_wait) return std::nullopt;
  return std::max<milliseconds>(wait, *asked);
}

}  // namespace parlab
