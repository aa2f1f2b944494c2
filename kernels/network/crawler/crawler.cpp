#include "kernels/network/crawler/crawler.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <csignal>
#include <ctime>
#include <deque>
#include <random>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "kernels/base/errors.hpp"
#include "kernels/network/crawler/page_files.hpp"
#include "kernels/network/crawler/parsing/charset.hpp"
#include "kernels/network/crawler/parsing/content.hpp"
#include "kernels/network/crawler/parsing/idna.hpp"
#include "kernels/network/crawler/parsing/sitemap.hpp"
#include "kernels/network/crawler/parsing/text.hpp"
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
/// Sitemap files that are read.
constexpr std::size_t most_sitemap_files = 1000;
/// RFC 9309, 2.3.1.2.
constexpr int most_redirects_of_robots = 5;

struct Answer {
  std::string error;
  std::unique_ptr<HttpConnection> connection;
  MessageReader& reader() const { return connection->reader(); }
};

Address start_of(const CrawlOptions& options) {
  if (auto start = Address::parse(options.start)) return *std::move(start);
  if (!has_idna() && std::ranges::any_of(options.start, [](unsigned char c) { return c > 127; }))
    throw UsageError(
        fmt::format("'{}': this build lacks libidn2-dev, which reads hosts beyond ASCII; write the "
                    "host as xn--..., "
                    "or run make deps, then make build",
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
        tls_(tls_context(options.ca_file)),
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
      if (std::exchange(summary_.signal, signal) != 0 || active_ == 0) return loop_.stop();
      if (watcher_.draining) watcher_.draining();
      listen(signals);
    });
  }

  Awaitable<> start() {
    // The start's own address says whether private ones are meant.
    const Resolved resolved = co_await resolve_host(loop_, start_, options_.timeouts.resolve);
    private_allowed_ = options_.allow_private || any_is_private(resolved);
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
    while (active_ < options_.at_once && turns_.someone_is_ready() && may_begin_more())
      if (auto next = turns_.next()) begin(*next->first, std::move(next->second));
    if (active_ > 0 || (turns_.someone_waits() && may_begin_more())) return;
    summary_.complete = summary_.signal == 0;
    loop_.stop();
  }

  void begin(Host& host, Task task) {
    ++active_;
    asio::co_spawn(loop_.get_executor(), work(host, std::move(task)),
                   [this, &host](const std::exception_ptr& failed) {
                     if (failed && !failure_) failure_ = failed;
                     if (failure_) return loop_.stop();
                     --active_;
                     --host.active;
                     turns_.wake(host);
                     pump();
                   });
  }

  // ---- One page ----------------------------------------------------------------------------

  Awaitable<> work(Host& host, Task task) {
    const std::optional<Address> address = Address::parse(task.page.url);
    if (!address) {
      finish(task, 0, "bad_address", 0);
      co_return;
    }
    if (host.state == Host::State::preparing) {
      co_await prepare(host, *address);
      host.state = Host::State::ready;
      turns_.wake(host);
      pump();
    }
    if (!host.error.empty()) {
      finish(task, 0, host.error, 0);
      co_return;
    }
    if (!host.robots.allows(address->target())) {
      finish(task, 0, "robots_disallow", 0);
      co_return;
    }
    ++task.tries;
    Answer answer = co_await fetch(host, *address);
    take(host, task, *address, answer);
    give_back(host, std::move(answer.connection));
  }

  Awaitable<Answer> fetch(Host& host, const Address& address) {
    Answer answer;
    if (!host.idle.empty()) {
      answer.connection = std::move(host.idle.back());
      host.idle.pop_back();
    } else {
      answer.connection = std::make_unique<HttpConnection>(loop_, deadlines_, tls_, options_);
    }
    ++summary_.requests;
    const std::string cookies = host.cookies.header(address.target(), address.is_https());
    answer.error = co_await answer.connection->get(address, host.endpoints, cookies);
    co_return answer;
  }

  void give_back(Host& host, std::unique_ptr<HttpConnection> connection) {
    if (connection->can_be_used_again()) host.idle.push_back(std::move(connection));
  }

  /// Resolves the host and reads its robots.txt, and the sitemaps named there.
  Awaitable<> prepare(Host& host, const Address& address) {
    Resolved resolved = co_await resolve_host(loop_, address, options_.timeouts.resolve);
    host.error = resolved.error;
    if (host.error.empty() && !private_allowed_ && any_is_private(resolved))
      host.error = "private_address";
    host.endpoints = std::move(resolved.endpoints);
    host.delay = options_.delay;
    if (!host.error.empty() || !options_.robots) co_return;
    const auto at = address.resolve("/robots.txt");
    if (!at) co_return;
    Answer answer = co_await follow(host, *at);
    MessageReader& reader = answer.reader();
    const int status = reader.status();
    // What is too long is read as far as it came (RFC 9309, 2.5).
    if (answer.error.empty() || answer.error == "body_too_big") {
      if (status >= 200 && status < 300) {
        std::string text;
        const auto inflated =
            inflate_body(reader.field("content-encoding"), reader.body(), most_of_robots, text);
        if (inflated == InflateResult::malformed && answer.error.empty())
          host.error = "robots_unreachable";  // rules that nobody can read allow nothing
        else
          host.robots = Robots::parse(text, product_of(options_.agent));
      } else if (status >= 500 || status == 429) {
        host.error = "robots_unreachable";  // RFC 9309, 2.3.1.4: then nothing may be fetched
      }
    } else {
      const bool told = answer.error.starts_with("tls_") || answer.error.starts_with("connect");
      host.error = told ? answer.error : "robots_unreachable";
    }
    give_back(host, std::move(answer.connection));
    if (const auto delay = host.robots.crawl_delay())
      host.delay = std::max(host.delay, std::chrono::duration_cast<milliseconds>(*delay));
    if (options_.sitemap && host.error.empty()) co_await read_sitemaps(host);
  }

  /// GET that follows redirects within the host.
  Awaitable<Answer> follow(Host& host, Address address) {
    for (int redirects = 0;; ++redirects) {
      Answer answer = co_await fetch(host, address);
      const int status = answer.reader().status();
      const std::string location(answer.reader().field("location"));
      if (!answer.error.empty() || status < 300 || status >= 400 || location.empty() ||
          redirects == most_redirects_of_robots)
        co_return answer;
      const auto next = address.resolve(location);
      if (!next || next->origin() != host.origin) co_return answer;
      address = *next;
      give_back(host, std::move(answer.connection));
    }
  }

  Awaitable<> read_sitemaps(Host& host) {
    std::deque<std::string> files(host.robots.sitemaps().begin(), host.robots.sitemaps().end());
    std::unordered_set<std::string> seen;
    while (!files.empty() && seen.size() < most_sitemap_files) {
      const auto address = Address::parse(files.front());
      files.pop_front();
      if (!address || address->origin() != host.origin || !seen.insert(address->text()).second)
        continue;
      Answer answer = co_await follow(host, *address);
      MessageReader& reader = answer.reader();
      std::string body;
      if (answer.error.empty() && reader.status() == 200)
        inflate_body(reader.field("content-encoding"), reader.body(), options_.limits.page_bytes,
                     body);
      const Sitemap sitemap =
          read_sitemap(body, reader.field("content-type"), options_.limits.page_bytes);
      give_back(host, std::move(answer.connection));
      for (const std::string& location : sitemap.locations) {
        if (sitemap.is_index) {
          files.push_back(location);
        } else if (const auto page = Address::parse(location); page && scope_.contains(*page)) {
          add(*page, 0, 0, 0);
        }
      }
    }
  }

  /// What an answer means: another try, or a result and new pages.
  void take(Host& host, const Task& task, const Address& address, Answer& answer) {
    MessageReader& reader = answer.reader();
    const bool is_answered = answer.error.empty();
    const int status = is_answered ? reader.status() : 0;
    if (is_worth_a_retry(status, answer.error) && try_again(host, task, reader, is_answered))
      return;
    if (!is_answered) return finish(task, 0, answer.error, 0);
    reader.each_field("set-cookie", [&](std::string_view value) { host.cookies.take(value); });
    if (status >= 300 && status < 400 && !reader.field("location").empty())
      return redirect(task, address, status, std::string(reader.field("location")));
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
    if (task.tries > options_.retries || summary_.signal != 0) return false;
    // Full jitter, so that those who failed together do not come back together.
    const auto most = options_.first_backoff * (1LL << std::min(task.tries - 1, 20));
    const auto bounded = std::min<milliseconds>(most, options_.longest_wait);
    milliseconds wait(
        std::uniform_int_distribution<std::int64_t>(bounded.count() / 2, bounded.count())(random_));
    if (is_answered)
      if (const auto asked = retry_after(reader.field("retry-after"), std::time(nullptr))) {
        if (*asked > options_.longest_wait) return false;
        wait = std::max<milliseconds>(wait, *asked);
      }
    host.retries.emplace(Clock::now() + wait, task);
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
  Deadlines deadlines_{loop_};
  asio::ssl::context tls_;
  PageStore store_;
  PageFiles files_;
  bool private_allowed_ = false;
  std::unordered_map<std::string, std::unique_ptr<Host>> hosts_;
  Turns turns_{loop_, store_, options_.at_once_per_host, [this] { pump(); }};
  std::uint64_t active_ = 0;
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
