#include "kernels/network/crawler/fetching/fetcher.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <ctime>
#include <utility>

namespace parlab {
namespace {

/// For the database, the output, folders of a mirror that stay open, and threads that resolve.
constexpr std::uint64_t other_descriptors = 104;

/// As far as the name tells.
bool has_private_name(const Address& address) {
  boost::system::error_code error;
  const asio::ip::address literal = asio::ip::make_address(address.host(), error);
  if (!error) return is_private(literal);
  return address.host() == "localhost" || address.host().ends_with(".localhost");
}

std::uint64_t connections_at_most() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return UINT64_MAX;
  const std::uint64_t all = limit.rlim_cur;
  return all > 2 * other_descriptors ? all - other_descriptors
                                     : std::max<std::uint64_t>(all / 2, 1);
}

}  // namespace

Fetcher::Fetcher(asio::io_context& loop, const CrawlOptions& options)
    : loop_(loop),
      options_(options),
      tls_(options.ca_file),
      private_allowed_(options.allow_private),
      max_open_(connections_at_most()) {}

std::uint64_t Fetcher::max_at_once() const { return std::min(options_.at_once, max_open_); }

Awaitable<> Fetcher::learn_from(const Address& start) {
  if (options_.proxies.proxy_for(start)) {
    private_allowed_ = private_allowed_ || has_private_name(start);
    co_return;
  }
  const Resolved resolved = co_await resolve_host(loop_, start, options_.timeouts.resolve);
  private_allowed_ = private_allowed_ || any_is_private(resolved);
}

Awaitable<std::string> Fetcher::locate(Host& host, const Address& address) {
  host.proxy = options_.proxies.proxy_for(address);
  if (host.proxy) {
    if (!private_allowed_ && has_private_name(address)) co_return std::string("private_address");
    Resolved proxy = co_await resolve_host(loop_, host.proxy->address, options_.timeouts.resolve);
    host.endpoints = std::move(proxy.endpoints);
    co_return std::string(host.endpoints.empty() ? "proxy_unreachable" : "");
  }
  Resolved resolved = co_await resolve_host(loop_, address, options_.timeouts.resolve);
  if (resolved.error.empty() && !private_allowed_ && any_is_private(resolved))
    resolved.error = "private_address";
  host.endpoints = std::move(resolved.endpoints);
  co_return std::move(resolved.error);
}

Awaitable<Answer> Fetcher::fetch(Host& host, const Address& address, HttpRequest request) {
  Answer answer;
  if (!host.idle.empty()) {
    answer.connection = std::move(host.idle.back()->connection);
    idle_.erase(host.idle.back());
    host.idle.pop_back();
  } else {
    make_room();
    answer.connection = unused_connection();
  }
  ++in_use_;
  const std::string cookies =
      host.cookies.header(address.target(), address.is_https(), std::time(nullptr));
  request.proxy = host.proxy;
  if (!cookies.empty()) request.fields += "Cookie: " + cookies + "\r\n";
  for (;;) {
    ++requests_;
    answer.error = co_await answer.connection->ask(address, host.endpoints, request);
    if (answer.error != "too_many_files" || idle_.empty()) break;
    close_oldest();
  }
  --in_use_;
  co_return answer;
}

std::unique_ptr<HttpConnection> Fetcher::unused_connection() {
  return std::make_unique<HttpConnection>(loop_, deadlines_, tls_, options_);
}

void Fetcher::give_back(Host& host, std::unique_ptr<HttpConnection> connection) {
  if (!connection->can_be_used_again()) return;
  idle_.push_back({&host, std::move(connection)});
  host.idle.push_back(std::prev(idle_.end()));
}

void Fetcher::make_room() {
  while (!idle_.empty() && in_use_ + idle_.size() >= max_open_) close_oldest();
}

void Fetcher::close_oldest() {
  // A host's last is used first, so its first has been idle longest.
  Host& host = *idle_.front().host;
  host.idle.erase(host.idle.begin());
  idle_.pop_front();
}

}  // namespace parlab
