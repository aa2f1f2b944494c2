#include "kernels/network/crawler/fetching/crawl_loop.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <csignal>
#include <utility>

#include "kernels/network/crawler/fetching/retry.hpp"
#include "kernels/network/http/hangup.hpp"

namespace parlab {
namespace {

/// Between two looks at what to commit and to show.
constexpr std::chrono::milliseconds tick{200};
/// What is under way at the first signal may take so long: a dead server must not hold up who wants to leave.
constexpr std::chrono::seconds max_drain{2};

}  // namespace

std::vector<Page> CrawlClient::load_pages(const std::string&, std::int64_t, std::size_t, int) {
  return {};
}

HttpRequest CrawlClient::request_for(const Task&, const Address&) { return {}; }

CrawlLoop::CrawlLoop(const CrawlOptions& options, CrawlClient& client)
    : options_(options),
      client_(client),
      fetcher_(loop_, options),
      turns_(
          loop_,
          [this](const std::string& origin, std::int64_t after, std::size_t most, int deepest) {
            return client_.load_pages(origin, after, most, deepest);
          },
          options.at_once_per_host, fetcher_.max_at_once(),
          [this] { guarded([this] { pump(); }); }),
      opener_(
          options, fetcher_, [this](Clock::time_point end) { return pause(end); },
          [this](const Address& page) { client_.sitemap_names(page); }) {}

void CrawlLoop::run(const Address& start) {
  asio::signal_set signals(loop_, SIGINT, SIGTERM);
  add_hangup(signals);
  listen(signals);
  const auto note_failure = [this](const std::exception_ptr& failed) {
    if (!failed) return;
    if (!failure_) failure_ = failed;
    loop_.stop();
  };
  asio::co_spawn(loop_.get_executor(), begin_with(start), note_failure);
  asio::co_spawn(loop_.get_executor(), keep_time(), note_failure);
  loop_.run();
  if (failure_) std::rethrow_exception(failure_);
}

void CrawlLoop::listen(asio::signal_set& signals) {
  signals.async_wait([this, &signals](boost::system::error_code error, int signal) {
    if (error) return;
    if (std::exchange(signal_, signal) != 0 || active_ + paused_ == 0) return loop_.stop();
    drain_end_ = Clock::now() + max_drain;
    client_.draining();
    listen(signals);
  });
}

Awaitable<> CrawlLoop::begin_with(Address start) {
  co_await fetcher_.learn_from(start);
  client_.started();
  pump();
}

Awaitable<> CrawlLoop::keep_time() {
  Timer timer(loop_.get_executor());
  for (;;) {
    timer.expires_after(tick);
    co_await timer.async_wait(as_results);
    client_.tick();
    if (Clock::now() >= drain_end_) loop_.stop();
  }
}

/// The first failure (a full disk, say) ends the crawl.
template <class Act>
void CrawlLoop::guarded(const Act& act) {
  try {
    act();
  } catch (...) {
    if (!failure_) failure_ = std::current_exception();
    loop_.stop();
  }
}

Host& CrawlLoop::host_of(const std::string& origin) {
  auto& host = hosts_[origin];
  if (!host) {
    host = std::make_unique<Host>();
    host->origin = origin;
    host->delay = options_.delay;
  }
  return *host;
}

void CrawlLoop::wake_all() {
  for (auto& [origin, host] : hosts_) {
    host->last_loaded = 0;
    host->may_have_more = true;
    turns_.wake(*host);
  }
}

bool CrawlLoop::may_begin_more() { return signal_ == 0 && client_.may_begin_more(active_); }

/// Begins what may be begun; ends the loop where nothing is left.
void CrawlLoop::pump() {
  do {
    while (active_ < fetcher_.max_at_once() && may_begin_more()) {
      auto next = turns_.next();
      if (!next) break;
      begin(*next->first, std::move(next->second));
    }
  } while (active_ + paused_ == 0 && !turns_.someone_waits() && may_begin_more() &&
           client_.go_deeper());
  if (active_ + paused_ > 0 || (turns_.someone_waits() && may_begin_more())) return;
  is_complete_ = signal_ == 0;
  loop_.stop();
}

void CrawlLoop::begin(Host& host, Task task) {
  ++active_;
  asio::co_spawn(loop_.get_executor(), work(host, std::move(task)),
                 [this, &host](const std::exception_ptr& failed, std::optional<double> seconds) {
                   if (failed && !failure_) failure_ = failed;
                   if (failure_) return loop_.stop();
                   --active_;
                   guarded([&] {
                     turns_.ended(host, seconds);
                     pump();
                   });
                 });
}

/// Waits, and leaves its place to others meanwhile. Returns false where the crawl is to end.
Awaitable<bool> CrawlLoop::pause(Clock::time_point end) {
  if (Clock::now() >= end) co_return signal_ == 0;
  --active_;
  ++paused_;
  pump();
  Timer timer(loop_.get_executor());
  while (Clock::now() < end && signal_ == 0) {
    timer.expires_at(std::min(end, Clock::now() + tick));
    co_await timer.async_wait(as_results);
  }
  --paused_;
  ++active_;
  co_return signal_ == 0;
}

/// Returns how long the page took, where it was asked for.
Awaitable<std::optional<double>> CrawlLoop::work(Host& host, Task task) {
  const std::optional<Address> address = Address::parse(task.page.url);
  if (!address) {
    client_.refused(task, "bad_address");
    co_return std::nullopt;
  }
  if (host.state == Host::State::preparing) {
    const bool is_open = co_await opener_.open(host, *address);
    host.state = is_open ? Host::State::ready : Host::State::unknown;
    if (host.error.empty()) {
      host.queue.push_front(std::move(task));  // until its turn comes, by the host's delay
      co_return std::nullopt;
    }
  }
  if (!host.error.empty()) {
    client_.refused(task, host.error);
    co_return std::nullopt;
  }
  if (!host.robots.allows(address->target())) {
    client_.refused(task, "robots_disallow");
    co_return std::nullopt;
  }
  ++task.tries;
  const auto begun = Clock::now();
  HttpRequest request = client_.request_for(task, *address);
  Answer answer = co_await fetcher_.fetch(host, *address, request);
  const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  if (!try_again(host, task, answer)) client_.answered(host, task, *address, answer);
  fetcher_.give_back(host, std::move(answer.connection));
  co_return seconds;
}

/// Returns false where another try would do no better, it was the last one, or the wait would be too long.
bool CrawlLoop::try_again(Host& host, const Task& task, Answer& answer) {
  MessageReader& reader = answer.reader();
  const bool is_answered = answer.error.empty();
  if (signal_ != 0 || !is_worth_a_retry(is_answered ? reader.status() : 0, answer.error))
    return false;
  const auto wait =
      wait_before_retry(options_, task.tries,
                        is_answered ? reader.field("retry-after") : std::string_view(), random_);
  if (!wait) return false;
  host.retries.emplace(Clock::now() + *wait, task);
  return true;
}

}  // namespace parlab
