#pragma once

// Whose turn it is: hosts that may begin a page stand in line, those that may later wait for their
// time, so that a host that is slow, or asks to be left alone for a while, holds up nobody else.

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/network/crawler/http_client.hpp"
#include "kernels/network/crawler/page_store.hpp"
#include "kernels/network/crawler/parsing/cookies.hpp"
#include "kernels/network/crawler/parsing/robots.hpp"

namespace parlab {

/// A page that is under way or waits for another try.
struct Task {
  Page page;
  int tries = 0;
  std::chrono::steady_clock::time_point begun;
};

/// What is known of a host, and its pages and connections in memory.
struct Host {
  using Clock = std::chrono::steady_clock;

  std::string origin;
  std::vector<Tcp::endpoint> endpoints;
  std::string error;  // why none of its pages can be fetched
  Robots robots;
  CookieJar cookies;
  std::chrono::milliseconds delay{};
  enum class State { unknown, preparing, ready } state = State::unknown;
  std::deque<Task> queue;
  std::int64_t last_loaded = 0;  // page id
  bool may_have_more = true;     // on disk
  std::multimap<Clock::time_point, Task> retries;
  std::uint64_t active = 0;
  Clock::time_point next_time;  // before which no request may be sent
  std::vector<std::unique_ptr<HttpConnection>> idle;
  enum class Line { none, ready, later } line = Line::none;  // where it waits for its turn
  Clock::time_point turn;                                    // in the line of those who wait
};

class Turns {
 public:
  using Clock = Host::Clock;

  /// At most `per_host` pages of a host are under way. `ready` is called where hosts that waited
  /// for their time have come into line.
  Turns(asio::io_context& loop, PageStore& store, std::uint64_t per_host,
        std::function<void()> ready)
      : store_(store),
        per_host_(per_host),
        ready_now_(std::move(ready)),
        alarm_(loop.get_executor()) {}

  /// Puts the host in line if it has something to do, now or later.
  void wake(Host& host);
  /// Takes the first host out of the line, and its next page; the host is at the end of the line
  /// again where it has more. None where the host's time has not come. Requires someone_is_ready().
  std::optional<std::pair<Host*, Task>> next();

  bool someone_is_ready() const { return !ready_.empty(); }
  bool someone_waits() const { return !ready_.empty() || !later_.empty(); }

 private:
  std::optional<Clock::time_point> turn_of(Host& host);
  void refill(Host& host);
  void wait_for_later();

  PageStore& store_;
  std::uint64_t per_host_;
  std::function<void()> ready_now_;
  std::deque<Host*> ready_;                        // may begin a page, in turn
  std::multimap<Clock::time_point, Host*> later_;  // may not before this
  Timer alarm_;
};

}  // namespace parlab
