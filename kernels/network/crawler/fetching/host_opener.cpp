#include "kernels/network/crawler/fetching/host_opener.hpp"

#include <algorithm>
#include <ctime>
#include <deque>
#include <unordered_set>

#include "kernels/network/crawler/fetching/retry.hpp"
#include "kernels/network/crawler/parsing/content_coding.hpp"
#include "kernels/network/crawler/parsing/sitemap.hpp"

namespace parlab {
namespace {

/// Sitemap files that are read.
constexpr std::size_t max_sitemap_files = 1000;
/// Of a sitemap, inflated (sitemaps.org). Bytes.
constexpr std::uint64_t max_of_sitemap = std::uint64_t{50} << 20;
/// RFC 9309, 2.3.1.2.
constexpr int max_redirects_of_robots = 5;

}  // namespace

Awaitable<bool> HostOpener::open(Host& host, Address address) {
  host.error = co_await fetcher_.locate(host, address);
  if (!host.error.empty() || !options_.robots) co_return true;
  const auto robots = address.resolve("/robots.txt");
  if (!robots) co_return true;
  if (!co_await read_robots(host, *robots)) co_return false;
  if (const auto delay = host.robots.crawl_delay())
    host.delay =
        std::max(host.delay, std::chrono::duration_cast<std::chrono::milliseconds>(*delay));
  if (!options_.sitemap || !host.error.empty()) co_return true;
  const bool is_whole = co_await read_sitemaps(host, *robots);
  co_return is_whole;
}

Awaitable<bool> HostOpener::read_robots(Host& host, Address address) {
  for (int tries = 1;; ++tries) {
    Answer answer = co_await follow(host, address);
    if (!answer.connection) co_return false;
    MessageReader& reader = answer.reader();
    const bool is_answered = answer.error.empty();
    const int status = is_answered ? reader.status() : 0;
    if (is_worth_a_retry(status, answer.error)) {
      const auto wait = wait_before_retry(
          options_, tries, is_answered ? reader.field("retry-after") : std::string_view(), random_);
      if (wait) {
        keep(host, answer);
        if (!co_await pause_(Host::Clock::now() + *wait)) co_return false;
        continue;
      }
    }
    take_robots(host, answer);
    keep(host, answer);
    co_return true;
  }
}

void HostOpener::keep(Host& host, Answer& answer) {
  if (!answer.is_elsewhere) fetcher_.give_back(host, std::move(answer.connection));
}

void HostOpener::take_robots(Host& host, Answer& answer) const {
  MessageReader& reader = answer.reader();
  const int status = reader.status();
  // What is too long is read as far as it came (RFC 9309, 2.5).
  if (!answer.error.empty() && answer.error != "body_too_big") {
    const bool told = answer.error.starts_with("tls_") || answer.error.starts_with("connect") ||
                      answer.error.starts_with("proxy_") || answer.error == "private_address" ||
                      answer.error.starts_with("resolve");
    host.error = told ? answer.error : "robots_unreachable";
  } else if (status >= 200 && status < 300) {
    std::string text;
    const auto inflated =
        inflate_body(reader.field("content-encoding"), reader.body(), max_of_robots, text);
    if (inflated == InflateResult::malformed && answer.error.empty())
      host.error = "robots_unreachable";  // rules that nobody can read allow nothing
    else
      host.robots = Robots::parse(text, product_of(options_.agent));
  } else if (status >= 500 || status == 429) {
    host.error = "robots_unreachable";  // RFC 9309, 2.3.1.4: then nothing may be fetched
  }
}

Awaitable<Answer> HostOpener::follow(Host& host, Address address) {
  Host elsewhere;  // what another host is asked for, it is asked once
  for (int redirects = 0;; ++redirects) {
    const bool is_here = address.origin() == host.origin;
    Host& asked = is_here ? host : elsewhere;
    Answer answer;
    if (!co_await pause_(host.next_time())) co_return answer;
    if (!is_here) {
      elsewhere = Host();
      answer.error = co_await fetcher_.locate(elsewhere, address);
    }
    host.last_request = Host::Clock::now();
    if (answer.error.empty()) {
      HttpRequest request;
      answer = co_await fetcher_.fetch(asked, address, request);
    } else {
      answer.connection = fetcher_.unused_connection();
    }
    answer.is_elsewhere = !is_here;
    const int status = answer.reader().status();
    const std::string location(answer.reader().field("location"));
    if (!answer.error.empty() || status < 300 || status >= 400 || location.empty() ||
        redirects == max_redirects_of_robots)
      co_return answer;
    const auto next = address.resolve(location);
    if (!next) co_return answer;
    address = *next;
    keep(host, answer);
  }
}

Awaitable<bool> HostOpener::read_sitemaps(Host& host, Address robots) {
  std::deque<Address> files;
  std::unordered_set<std::string> seen;
  const auto add = [&](const Address& base, const std::string& location) {
    const auto file = base.resolve(location);
    if (file && file->origin() == host.origin && seen.size() < max_sitemap_files &&
        seen.insert(file->text()).second)
      files.push_back(*file);
  };
  for (const std::string& location : host.robots.sitemaps()) add(robots, location);
  for (; !files.empty(); files.pop_front()) {
    const Address file = files.front();
    Answer answer = co_await follow(host, file);
    if (!answer.connection) co_return false;
    MessageReader& reader = answer.reader();
    std::string body;
    if (answer.error.empty() && reader.status() == 200)
      inflate_body(reader.field("content-encoding"), reader.body(), max_of_sitemap, body);
    const Sitemap sitemap = read_sitemap(body, reader.field("content-type"), max_of_sitemap);
    keep(host, answer);
    for (const std::string& location : sitemap.locations) {
      if (sitemap.is_index)
        add(file, location);
      else if (const auto page = file.resolve(location))
        found_(*page);
    }
  }
  co_return true;
}

}  // namespace parlab
