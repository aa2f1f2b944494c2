#include "kernels/network/crawler/turns.hpp"

#include <algorithm>

namespace parlab {
namespace {

/// Pages of a host in memory; the others wait on disk.
constexpr std::size_t pages_in_memory = 64;
/// Pages of a host that wait for another try; with more, none is begun.
constexpr std::size_t most_retries_waiting = 256;

}  // namespace

/// Loads pages from disk where memory holds none.
void Turns::refill(Host& host) {
  if (!host.queue.empty() || !host.may_have_more) return;
  for (Page& page : store_.next_pages(host.origin, host.last_loaded, pages_in_memory)) {
    host.last_loaded = page.id;
    host.queue.push_back({std::move(page), 0, {}});
  }
  host.may_have_more = !host.queue.empty();
}

/// When the host may begin its next page; none where it has none, or enough under way.
std::optional<Turns::Clock::time_point> Turns::turn_of(Host& host) {
  if (host.state == Host::State::preparing || host.active >= per_host_) return std::nullopt;
  refill(host);
  if (!host.queue.empty() && host.retries.size() < most_retries_waiting) return host.next_time;
  if (!host.retries.empty()) return std::max(host.next_time, host.retries.begin()->first);
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
  if (*turn <= Clock::now()) {
    host.line = Host::Line::ready;
    ready_.push_back(&host);
    return;
  }
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
      later_.begin()->second->line = Host::Line::ready;
      ready_.push_back(later_.begin()->second);
      later_.erase(later_.begin());
    }
    if (!later_.empty()) wait_for_later();
    ready_now_();
  });
}

std::optional<std::pair<Host*, Task>> Turns::next() {
  Host& host = *ready_.front();
  ready_.pop_front();
  host.line = Host::Line::none;
  const auto turn = turn_of(host);
  const auto now = Clock::now();
  if (!turn || *turn > now) {
    wake(host);
    return std::nullopt;
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
  if (host.state == Host::State::unknown) host.state = Host::State::preparing;
  host.next_time = now + host.delay;
  wake(host);  // at the end of the line
  return std::pair(&host, std::move(task));
}

}  // namespace parlab
