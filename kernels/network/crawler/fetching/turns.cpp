#include "kernels/network/crawler/fetching/turns.hpp"

#include <algorithm>

namespace parlab {
namespace {

/// Pages of a host in memory; the others wait on disk.
constexpr std::size_t pages_in_memory = 64;
/// Pages of a host that wait for another try; with more, none is begun.
constexpr std::size_t max_retries_waiting = 256;
/// A host is slow whose answers take so many times as long as all do, and longer than this.
constexpr double slow_ratio = 4;
constexpr double slow_seconds = 0.05;
/// How much the last answer counts in a mean.
constexpr double weight_of_host = 0.3, weight_of_all = 0.02;

}  // namespace

/// Loads pages where memory holds none.
void Turns::refill(Host& host) {
  if (!host.queue.empty() || !host.may_have_more) return;
  for (Page& page : load_(host.origin, host.last_loaded, pages_in_memory, deepest_)) {
    host.last_loaded = page.id;
    host.queue.push_back({std::move(page), 0, {}});
  }
  host.may_have_more = !host.queue.empty();
}

/// When the host may begin its next page; none where it has none, or enough under way.
std::optional<Turns::Clock::time_point> Turns::turn_of(Host& host) {
  if (host.state == Host::State::preparing || host.active >= per_host_) return std::nullopt;
  refill(host);
  if (!host.queue.empty() && host.retries.size() < max_retries_waiting) return host.next_time();
  if (!host.retries.empty()) return std::max(host.next_time(), host.retries.begin()->first);
  return std::nullopt;
}

void Turns::wake(Host& host) {
  if (host.line == Host::Line::ready) return;
  const auto turn = turn_of(host);
  if (!turn) return;
  if (host.line == Host::Line::later) {
    if (*turn >= host.turn) return;
    const auto [first, last] = later_.equal_range(host.turn);
    later_.erase(std::find_if(first, last, [&](const auto& e) { return e.second == &host; }));
  }
  if (*turn <= Clock::now()) return stand_in_line(host);
  host.line = Host::Line::later;
  host.turn = *turn;
  later_.emplace(*turn, &host);
  if (later_.begin()->second == &host) wait_for_later();
}

void Turns::wait_for_later() {
  alarm_.expires_at(later_.begin()->first);
  alarm_.async_wait([this](boost::system::error_code cancelled) {
    if (cancelled) return;
    const auto now = Clock::now();
    while (!later_.empty() && later_.begin()->first <= now) {
      stand_in_line(*later_.begin()->second);
      later_.erase(later_.begin());
    }
    if (!later_.empty()) wait_for_later();
    ready_now_();
  });
}

void Turns::stand_in_line(Host& host) {
  host.line = Host::Line::ready;
  const bool is_known = host.mean_seconds.has_value();
  host.place = {host.is_slow && is_known, host.active, is_known ? ++arrivals_ : random_()};
  line_of(host).emplace(host.place, &host);
}

Host* Turns::first_in_line() {
  // A quarter of the places is for slow hosts; where nobody else is in line they get more, but some places stay for
  // those who come.
  const std::uint64_t quarter = at_once_ / 4;
  const std::uint64_t max_slow =
      quick_.empty() ? at_once_ - quarter : std::max<std::uint64_t>(quarter, 1);
  if (!slow_.empty() && slow_active_ < max_slow) return slow_.begin()->second;
  return quick_.empty() ? nullptr : quick_.begin()->second;
}

std::optional<std::pair<Host*, Task>> Turns::next() {
  while (Host* const first = first_in_line()) {
    Host& host = *first;
    line_of(host).erase(host.place);
    host.line = Host::Line::none;
    const auto turn = turn_of(host);
    const auto now = Clock::now();
    if (!turn || *turn > now) {
      wake(host);
      continue;
    }
    Task task;
    if (!host.retries.empty() && host.retries.begin()->first <= now) {
      task = std::move(host.retries.begin()->second);
      host.retries.erase(host.retries.begin());
    } else {
      task = std::move(host.queue.front());
      host.queue.pop_front();
      task.begun = now;
    }
    ++host.active;
    slow_active_ += host.is_slow ? 1 : 0;
    if (host.state == Host::State::unknown)
      host.state = Host::State::preparing;  // which asks for other things first
    else
      host.last_request = now;
    wake(host);
    return std::pair(&host, std::move(task));
  }
  return std::nullopt;
}

void Turns::ended(Host& host, std::optional<double> seconds) {
  // It has fewer under way now, and may be in the other line.
  const bool is_in_line = host.line == Host::Line::ready;
  if (is_in_line) line_of(host).erase(host.place);
  --host.active;
  slow_active_ -= host.is_slow ? 1 : 0;
  if (seconds) note_speed(host, *seconds);
  if (is_in_line) {
    host.place.active = host.active;
    host.place.is_known_slow = host.is_slow && host.mean_seconds.has_value();
    line_of(host).emplace(host.place, &host);
  }
  wake(host);
}

void Turns::note_speed(Host& host, double seconds) {
  const double before = host.mean_seconds.value_or(seconds);
  host.mean_seconds = before + weight_of_host * (seconds - before);
  mean_seconds_ += mean_seconds_ == 0 ? seconds : weight_of_all * (seconds - mean_seconds_);
  const bool is_slow =
      *host.mean_seconds > slow_seconds && *host.mean_seconds > slow_ratio * mean_seconds_;
  if (is_slow == host.is_slow) return;
  host.is_slow = is_slow;
  if (is_slow)
    slow_active_ += host.active;
  else
    slow_active_ -= host.active;
}

}  // namespace parlab
