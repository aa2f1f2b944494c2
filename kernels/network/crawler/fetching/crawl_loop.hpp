#pragma once

// The loop that crawls and link checks share: one thread on which hosts take turns, robots.txt is read
// before a host's first page, requests are sent and tried again, and the first signal drains, for a while at
// most. What answers mean is the client's business.

#include <boost/asio/signal_set.hpp>
#include <exception>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "kernels/network/crawler/fetching/fetcher.hpp"
#include "kernels/network/crawler/fetching/host_opener.hpp"
#include "kernels/network/crawler/fetching/turns.hpp"

namespace parlab {

/// Who is asked what to fetch, and told what came. Exceptions end the loop.
class CrawlClient {
 public:
  virtual ~CrawlClient() = default;
  /// The loop runs: it is known whether private hosts are allowed.
  virtual void started() {}
  /// Whether another page may be begun while `active` are under way.
  virtual bool may_begin_more(std::uint64_t active) = 0;
  /// Nothing is left at this depth. Returns whether there is more now.
  virtual bool go_deeper() { return false; }
  /// Pages of an origin beyond those in its queue, as Turns::Load.
  virtual std::vector<Page> load_pages(const std::string& origin, std::int64_t after,
                                       std::size_t most, int deepest);
  /// A page that is not asked for: a bad address, robots.txt, a host without an address.
  virtual void refused(const Task& task, const std::string& error) = 0;
  virtual HttpRequest request_for(const Task& task, const Address& address);
  /// An answer, or why there is none, after the last try.
  virtual void answered(Host& host, const Task& task, const Address& address, Answer& answer) = 0;
  /// A page that a sitemap names.
  virtual void sitemap_names(const Address&) {}
  /// A few times a second.
  virtual void tick() {}
  /// The first signal: what is under way is finished, nothing is begun.
  virtual void draining() {}
};

class CrawlLoop {
 public:
  using Clock = Host::Clock;

  CrawlLoop(const CrawlOptions& options, CrawlClient& client);
  CrawlLoop(const CrawlLoop&) = delete;
  CrawlLoop& operator=(const CrawlLoop&) = delete;

  /// Until nothing is left that may be begun, or a second signal. Rethrows what the client threw.
  void run(const Address& start);

  Host& host_of(const std::string& origin);
  Turns& turns() { return turns_; }
  /// Puts every host in line again: more of its pages may be begun.
  void wake_all();
  /// The page is asked for again as soon as its host's turn comes.
  void ask_again(Host& host, Task task) { host.retries.emplace(Clock::now(), std::move(task)); }
  std::uint64_t requests() const { return fetcher_.requests(); }
  /// That ended it before its end; 0 for none.
  int signal() const { return signal_; }
  /// Whether it ended because nothing was left.
  bool is_complete() const { return is_complete_; }

 private:
  void listen(asio::signal_set& signals);
  Awaitable<> begin_with(Address start);
  Awaitable<> keep_time();
  template <class Act>
  void guarded(const Act& act);
  bool may_begin_more();
  void pump();
  void begin(Host& host, Task task);
  Awaitable<bool> pause(Clock::time_point end);
  Awaitable<std::optional<double>> work(Host& host, Task task);
  bool try_again(Host& host, const Task& task, Answer& answer);

  const CrawlOptions& options_;
  CrawlClient& client_;
  asio::io_context loop_{1};
  Fetcher fetcher_;
  std::unordered_map<std::string, std::unique_ptr<Host>> hosts_;
  Turns turns_;
  HostOpener opener_;
  std::uint64_t active_ = 0, paused_ = 0;
  std::mt19937_64 random_{std::random_device{}()};
  std::exception_ptr failure_;
  int signal_ = 0;
  Clock::time_point drain_end_ = Clock::time_point::max();
  bool is_complete_ = false;
};

}  // namespace parlab
