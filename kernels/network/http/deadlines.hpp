#pragma once

// Time limits of many connections by one timer. A timer for each would be set and cancelled for
// every request, which costs as much as parsing its answer; here a request sets a number, and a
// tick looks for those that have passed. A limit is kept to within one tick.

#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

#include "kernels/network/http/tcp.hpp"

namespace parlab {

class Deadlines {
  class Watch;

 public:
  using Clock = std::chrono::steady_clock;

  explicit Deadlines(asio::io_context& loop,
                     std::chrono::milliseconds tick = std::chrono::milliseconds(100));

  /// The limit of one socket's operations; none at first.
  class Limit {
   public:
    Limit(Deadlines& all, Socket& socket);
    Limit(const Limit&) = delete;
    Limit& operator=(const Limit&) = delete;
    ~Limit();

    void set(std::chrono::milliseconds from_now) {
      at_ = Clock::now() + from_now;
      passed_ = false;
    }
    void clear() { at_ = Clock::time_point::max(); }
    /// Whether it has passed, and the socket was closed for it.
    bool passed() const { return passed_; }

   private:
    friend class Watch;
    void pass() {
      clear();
      passed_ = true;
      boost::system::error_code ignored;
      socket_->close(ignored);
    }

    // Shared: a coroutine that its loop's destructor ends may outlive the Deadlines.
    std::shared_ptr<Watch> watch_;
    Socket* socket_;
    Clock::time_point at_ = Clock::time_point::max();
    bool passed_ = false;
  };

 private:
  std::shared_ptr<Watch> watch_;
};

class Deadlines::Watch {
 public:
  Watch(asio::io_context& loop, std::chrono::milliseconds tick)
      : timer_(loop.get_executor()), tick_(tick) {}

  void add(Limit* limit) {
    limits_.push_back(limit);
    if (limits_.size() == 1) wait();
  }
  void remove(Limit* limit) {
    const auto place = std::ranges::find(limits_, limit);
    *place = limits_.back();
    limits_.pop_back();
    if (limits_.empty()) timer_.cancel();  // so that the loop may end
  }

 private:
  void wait() {
    timer_.expires_after(tick_);
    timer_.async_wait([this](boost::system::error_code cancelled) {
      if (cancelled || limits_.empty()) return;
      const auto now = Clock::now();
      for (Limit* limit : limits_)
        if (limit->at_ <= now) limit->pass();
      wait();
    });
  }

  std::vector<Limit*> limits_;
  Timer timer_;
  std::chrono::milliseconds tick_;
};

inline Deadlines::Deadlines(asio::io_context& loop, std::chrono::milliseconds tick)
    : watch_(std::make_shared<Watch>(loop, tick)) {}
inline Deadlines::Limit::Limit(Deadlines& all, Socket& socket)
    : watch_(all.watch_), socket_(&socket) {
  watch_->add(this);
}
inline Deadlines::Limit::~Limit() { watch_->remove(this); }

}  // namespace parlab
