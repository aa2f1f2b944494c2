#include "kernels/network/crawler/crawler.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <csignal>
#include <ctime>
#include <memory>
#include <optional>
#include <random>
#include <unordered_map>
#include <utility>

#include "kernels/base/errors.hpp"
#include "kernels/base/text/ascii.hpp"
#include "kernels/network/crawler/fetcher.hpp"
#include "kernels/network/crawler/host_opener.hpp"
#include "kernels/network/crawler/page_files.hpp"
#include "kernels/network/crawler/parsing/charset.hpp"
#include "kernels/network/crawler/parsing/content.hpp"
#include "kernels/network/crawler/parsing/idna.hpp"
#include "kernels/network/crawler/retry.hpp"
#include "kernels/network/crawler/scope.hpp"
#include "kernels/network/crawler/turns.hpp"
#include "kernels/network/http/hangup.hpp"

namespace parlab {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// Between two commits, and two looks at what to show.
constexpr milliseconds tick{200};

Address start_of(const CrawlOptions& options) {
  if (auto start = Address::parse(options.start)) return *std::move(start);
  if (!has_idna() && std::ranges::any_of(options.start, [](unsigned char c) { return c > 127; }))
    throw UsageError(
        fmt::format("'{}': this build lacks libidn2-dev, which reads hosts beyond ASCII; write the "
                    "host as xn--..., or run make deps, then make build",
                    options.start));
  throw UsageError(fmt::format("'{}' is not the address of a page; give one as http://example.com/",
                               options.start));
}

class Crawl {
 public:
  Crawl(const CrawlOptions& options, const CrawlWatcher& watcher)
      : options_(options),
        watcher_(watcher),
        start_(start_of(options)),
        scope_(start_, options.hosts, options.prefix),
        fetcher_(loop_, options),
        store_(options.state),
        files_(options.folder) {
    store_.remember_options(
        fmt::format("{} {} {}", start_.text(), fmt::join(options.hosts, ","), options.prefix));
  }

  CrawlSummary run() {
    const auto begin = Clock::now();
    asio::signal_set signals(loop_, SIGINT, SIGTERM);
    add_hangup(signals);
    listen(signals);
    store_.add({start_.text(), start_.origin(), 0, 0}, 0);
    asio::co_spawn(loop_.get_executor(), start(), asio::detached);
    asio::co_spawn(loop_.get_executor(), keep_time(), asio::detached);
    loop_.run();
    store_.commit();
    if (failure_) std::rethrow_exception(failure_);
    store_.mark_redirects(options_.limits.redirects);
    const auto end = store_.end_of_redirects(start_.text());
    if (end && end->second.error == "redirect_out_of_scope")
      summary_.start_leads_to = end->second.redirect;
    summary_.requests = fetcher_.requests();
    summary_.totals = store_.totals();
    summary_.errors = store_.errors();
    summary_.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    return summary_;
  }
  PageStore& store() { return store_; }

 private:
  // ---- Whose turn it is --------------------------------------------------------------------

  void listen(asio::signal_set& signals) {
    signals.async_wait([this, &signals](boost::system::error_code error, int signal) {
      if (error) return;
      if (std::exchange(summary_.signal, signal) != 0 || active_ + paused_ == 0)
        return loop_.stop();
      if (watcher_.draining) watcher_.draining();
      listen(signals);
    });
  }

  Awaitable<> start() {
    co_await fetcher_.learn_from(start_);
    if (options_.limits.depth < CrawlLimits().depth) turns_.set_deepest(0);
    for (const std::string& origin : store_.hosts()) turns_.wake(host_of(origin));
    pump();
  }

  /// Commits and shows, some times a second.
  Awaitable<> keep_time() {
    Timer timer(loop_.get_executor());
    for (;;) {
      timer.expires_after(tick);
      co_await timer.async_wait(as_results);
      guarded([this] { store_.commit(); });
      if (watcher_.progress) watcher_.progress(store_.totals());
    }
  }

  /// The first failure (a full disk, say) ends the crawl.
  template <class Act>
  void guarded(const Act& act) {
    try {
      act();
    } catch (...) {
      if (!failure_) failure_ = std::current_exception();
      loop_.stop();
    }
  }

  Host& host_of(const std::string& origin) {
    auto& host = hosts_[origin];
    if (!host) {
      host = std::make_unique<Host>();
      host->origin = origin;
      host->delay = options_.delay;
    }
    return *host;
  }

  bool may_begin_more() const {
    const CrawlTotals totals = store_.totals();
    return summary_.signal == 0 && totals.done + active_ < options_.limits.pages &&
           totals.bytes < options_.limits.total_bytes;
  }

  /// Begins what may be begun; ends the crawl where nothing is left.
  void pump() {
    do {
      while (active_ < fetcher_.max_at_once() && may_begin_more()) {
        auto next = turns_.next();
        if (!next) break;
        begin(*next->first, std::move(next->second));
      }
    } while (active_ + paused_ == 0 && !turns_.someone_waits() && may_begin_more() && go_deeper());
    if (active_ + paused_ > 0 || (turns_.someone_waits() && may_begin_more())) return;
    summary_.complete = summary_.signal == 0;
    loop_.stop();
  }

  /// With a limit of depth, pages are taken level by level: otherwise which were within it depended on
  /// what answered first. Returns whether there is another level.
  bool go_deeper() {
    const auto depth = store_.lowest_depth_left();
    if (!depth || *depth <= turns_.deepest()) return false;
    turns_.set_deepest(*depth);
    for (auto& [origin, host] : hosts_) {
      host->last_loaded = 0;
      host->may_have_more = true;
      turns_.wake(*host);
    }
    return true;
  }

  void begin(Host& host, Task task) {
    ++active_;
    asio::co_spawn(loop_.get_executor(), work(host, std::move(task)),
                   [this, &host](const std::exception_ptr& failed, std::optional<double> seconds) {
                     if (failed && !failure_) failure_ = failed;
                     if (failure_) return loop_.stop();
                     --active_;
                     turns_.ended(host, seconds);
                     pump();
                   });
  }

  /// Waits, and leaves its place to others meanwhile. Returns false where the crawl is to end.
  Awaitable<bool> pause(Clock::time_point end) {
    if (Clock::now() >= end) co_return summary_.signal == 0;
    --active_;
    ++paused_;
    pump();
    Timer timer(loop_.get_executor());
    while (Clock::now() < end && summary_.signal == 0) {
      timer.expires_at(std::min(end, Clock::now() + tick));
      co_await timer.async_wait(as_results);
    }
    --paused_;
    ++active_;
    co_return summary_.signal == 0;
  }

  // ---- One page ----------------------------------------------------------------------------

  /// Returns how long the page took, where it was asked for.
  Awaitable<std::optional<double>> work(Host& host, Task task) {
    const std::optional<Address> address = Address::parse(task.page.url);
    if (!address) {
      finish(task, 0, "bad_address", 0);
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
      finish(task, 0, host.error, 0);
      co_return std::nullopt;
    }
    if (!host.robots.allows(address->target())) {
      finish(task, 0, "robots_disallow", 0);
      co_return std::nullopt;
    }
    ++task.tries;
    const auto begun = Clock::now();
    Answer answer = co_await fetcher_.fetch(host, *address);
    const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();
    take(host, task, *address, answer);
    fetcher_.give_back(host, std::move(answer.connection));
    co_return seconds;
  }

  /// What an answer means: another try, or a result and new pages.
  void take(Host& host, const Task& task, const Address& address, Answer& answer) {
    MessageReader& reader = answer.reader();
    const bool is_answered = answer.error.empty();
    const int status = is_answered ? reader.status() : 0;
    if (is_worth_a_retry(status, answer.error) && try_again(host, task, reader, is_answered))
      return;
    if (!is_answered)  // the head may have come before the rest was lost
      return finish(task, answer.error == "malformed" ? 0 : reader.status(), answer.error, 0);
    bool has_new_cookie = false;
    reader.each_field("set-cookie", [&](std::string_view value) {
      has_new_cookie |=
          host.cookies.take(value, address.host(), address.target(), std::time(nullptr));
    });
    if (status >= 300 && status < 400 && !reader.field("location").empty()) {
      const std::string location(reader.field("location"));
      if (has_new_cookie && comes_back(host, task, address, location)) return;
      return redirect(task, address, status, location);
    }
    if (status < 200 || status >= 300)  // tells more than whether its body can be undone
      return finish(task, status, fmt::format("http_{}", status), reader.body().size());
    std::string body;
    const InflateResult inflated = inflate_body(reader.field("content-encoding"), reader.body(),
                                                options_.limits.page_bytes, body);
    if (inflated != InflateResult::ok)
      return finish(task, status,
                    inflated == InflateResult::too_big ? "inflated_too_big" : "bad_encoding",
                    body.size());
    files_.save(address, body);
    const std::string type = lower(reader.field("content-type"));
    const bool is_html = type.empty() || type.find("html") != std::string::npos;
    bool is_followed = is_html && task.page.depth < options_.limits.depth;
    reader.each_field("x-robots-tag", [&](std::string_view value) {
      is_followed = is_followed && !says_nofollow(value, product_of(options_.agent));
    });
    if (is_followed) add_links(task.page, address, reader.field("content-type"), body);
    finish(task, status, "", body.size());
  }

  void add_links(const Page& page, const Address& address, std::string_view content_type,
                 const std::string& body) {
    const Charset charset = Charset::of_page(content_type, body);
    const PageLinks links = links_of_html(charset.to_utf8(body), product_of(options_.agent));
    const Address base = address.resolve(links.base, charset).value_or(address);
    for (const std::string& reference : links.references)
      if (const auto target = base.resolve(reference, charset); target && scope_.contains(*target))
        add(*target, page.depth + 1, 0, page.id);
  }

  /// A page that sets a cookie and redirects to itself is asked for again, with the cookie.
  bool comes_back(Host& host, Task task, const Address& address, const std::string& location) {
    const auto target = address.resolve(location);
    if (!target || target->text() != address.text() ||
        ++task.page.redirects > options_.limits.redirects)
      return false;
    host.retries.emplace(Clock::now(), std::move(task));
    return true;
  }

  void redirect(const Task& task, const Address& address, int status, const std::string& location) {
    const auto target = address.resolve(location);
    const std::string scheme = scheme_of(location);
    std::string error;
    if (!scheme.empty() && scheme != "http" && scheme != "https")
      error = "redirect_scheme";
    else if (!target)
      error = "redirect_malformed";
    else if (store_.redirected_from(task.page.id, target->text()))
      error = "redirect_loop";
    else if (task.page.redirects >= options_.limits.redirects)
      error = "redirect_limit";
    else if (!scope_.contains(*target))
      error = "redirect_out_of_scope";
    else
      add(*target, task.page.depth, task.page.redirects + 1, task.page.id);
    finish(task, status, error, 0, target ? target->text() : std::string());
  }

  /// Returns false where it was the last try, or the wait would be too long.
  bool try_again(Host& host, const Task& task, const MessageReader& reader, bool is_answered) {
    if (summary_.signal != 0) return false;
    const auto wait =
        wait_before_retry(options_, task.tries,
                          is_answered ? reader.field("retry-after") : std::string_view(), random_);
    if (!wait) return false;
    host.retries.emplace(Clock::now() + *wait, task);
    return true;
  }

  void add(const Address& address, int depth, int redirects, std::int64_t parent) {
    if (!store_.add({address.text(), address.origin(), depth, redirects}, parent)) return;
    Host& host = host_of(address.origin());
    host.may_have_more = true;
    turns_.wake(host);
  }

  void finish(const Task& task, int status, const std::string& error, std::uint64_t bytes,
              const std::string& redirect = {}) {
    PageResult result{status, error, bytes, 0, std::max(task.tries, 1), redirect};
    result.seconds = std::chrono::duration<double>(Clock::now() - task.begun).count();
    store_.finish(task.page, result);
    if (watcher_.page) watcher_.page(result_line(task.page, result, ""));
  }

  const CrawlOptions& options_;
  const CrawlWatcher& watcher_;
  Address start_;  // before the store: a bad address makes no file
  Scope scope_;
  asio::io_context loop_{1};
  Fetcher fetcher_;
  PageStore store_;
  PageFiles files_;
  std::unordered_map<std::string, std::unique_ptr<Host>> hosts_;
  Turns turns_{loop_, store_, options_.at_once_per_host, fetcher_.max_at_once(),
               [this] { pump(); }};
  HostOpener opener_{options_, fetcher_, [this](Clock::time_point end) { return pause(end); },
                     [this](const Address& page) {
                       if (scope_.contains(page)) add(page, 0, 0, 0);
                     }};
  std::uint64_t active_ = 0, paused_ = 0;
  std::mt19937_64 random_{std::random_device{}()};
  std::exception_ptr failure_;
  CrawlSummary summary_;
};

}  // namespace

CrawlSummary crawl(const CrawlOptions& options, const CrawlWatcher& watcher,
                   const std::function<void(const std::string&)>& lines) {
  Crawl crawl(options, watcher);
  CrawlSummary summary = crawl.run();
  if (lines) crawl.store().each_line(lines);
  return summary;
}

}  // namespace parlab
