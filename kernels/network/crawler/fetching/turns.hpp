#pragma once

// Whose turn it is. Hosts that may begin a page stand in line, the one with the fewest under way first;
// those that may later wait for their time. Hosts that are slow, or whose speed is not known yet, get a
// part of the places, so that they hold up nobody else. Those that are not known are tried in a random
// order: slow ones often come one after the other, and would take all their places at once.

#include <chrono>
#include <deque>
#include <functional>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "kernels/network/crawler/fetching/http_client.hpp"
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

struct Host;

/// A connection that waits for its host's next request.
struct IdleConnection {
  Host* host;
  std::unique_ptr<HttpConnection> connection;
};
using IdleConnections = std::list<IdleConnection>;

/// What is known of a host, and its pages and connections in memory.
struct Host {
  using Clock = std::chrono::steady_clock;

  std::string origin;
  std::vector<Tcp::endpoint> endpoints;  // its own, or its proxy's
  const Proxy* proxy = nullptr;          // nullptr where it is asked directly
  std::string error;                     // why none of its pages can be fetched
  Robots robots;
  CookieJar cookies;
  std::chrono::milliseconds delay{};
  enum class State { unknown, preparing, ready } state = State::unknown;
  std::deque<Task> queue;
  std::int64_t last_loaded = 0;  // page id
  bool may_have_more = true;     // on disk
  std::multimap<Clock::time_point, Task> retries;
  std::uint64_t active = 0;
  Clock::time_point last_request;
  std::vector<IdleConnections::iterator> idle;  // the one that is idle longest first

  /// Before which no request may be sent.
  Clock::time_point next_time() const { return last_request + delay; }

  // Of Turns: where it waits for its turn, and how fast it answers.
  enum class Line { none, ready, later } line = Line::none;
  Clock::time_point turn;  // in the line of those who wait
  struct Place {
    bool is_known_slow = false;
    std::uint64_t active = 0, order = 0;
    bool operator<(const Place& other) const {
      return std::tie(is_known_slow, active, order) <
             std::tie(other.is_known_slow, other.active, other.order);
    }
  } place;                             // in the line of those who are ready
  std::optional<double> mean_seconds;  // an answer takes, lately
  bool is_slow = true;                 // or not known
};

class Turns {
 public:
  using Clock = Host::Clock;

  /// Pages of an origin with ids above `after`, at most so deep, lowest id first.
  using Load = std::function<std::vector<Page>(const std::string& origin, std::int64_t after,
                                               std::size_t most, int deepest)>;

  /// At most `per_host` pages of a host are under way, `at_once` in all. `load` is asked where a host's queue
  /// is empty. `ready` is called where hosts that waited for their time have come into line.
  Turns(asio::io_context& loop, Load load, std::uint64_t per_host, std::uint64_t at_once,
        std::function<void()> ready)
      : load_(std::move(load)),
        per_host_(per_host),
        at_once_(at_once),
        ready_now_(std::move(ready)),
        alarm_(loop.get_executor()) {}

  /// Puts the host in line if it has something to do, now or later.
  void wake(Host& host);
  /// The host that is to begin its next page, and this page; the host is in line again where it has more.
  /// None where no host may begin one now.
  std::optional<std::pair<Host*, Task>> next();
  /// A page that next() gave is done; `seconds` where it was asked for. Wakes the host.
  void ended(Host& host, std::optional<double> seconds);

  /// Pages that are deeper are left where they are; at first there is no limit.
  void set_deepest(int depth) { deepest_ = depth; }
  int deepest() const { return deepest_; }

  bool someone_waits() const { return !quick_.empty() || !slow_.empty() || !later_.empty(); }

 private:
  /// Hosts in line, by the pages that they have under way, then in the order in which they came, or a random one.
  using Line = std::map<Host::Place, Host*>;

  std::optional<Clock::time_point> turn_of(Host& host);
  void refill(Host& host);
  void wait_for_later();
  Line& line_of(const Host& host) { return host.is_slow ? slow_ : quick_; }
  void stand_in_line(Host& host);
  Host* first_in_line();
  void note_speed(Host& host, double seconds);

  Load load_;
  std::uint64_t per_host_, at_once_;
  std::function<void()> ready_now_;
  Line quick_, slow_;                              // may begin a page
  std::multimap<Clock::time_point, Host*> later_;  // may not before this
  int deepest_ = std::numeric_limits<int>::max();
  std::uint64_t arrivals_ = 0;
  std::mt19937_64 random_;         // any seed does
  std::uint64_t slow_active_ = 0;  // pages under way of slow hosts
  double mean_seconds_ = 0;        // of all answers, lately
  Timer alarm_;
};

}  // namespace parlab
