// Futures: fetch() returns at once, its own thread does the waiting. The caller keeps as many
// futures as there may be requests at once and asks for the oldest. It reads like the serial
// program, but a slow answer holds up those behind it.

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <deque>
#include <future>
#include <memory>
#include <thread>

#include "kernels/network/clients/callback_connection.hpp"

namespace parlab {
namespace {

struct Answered {
  std::string body;
  bool ok;
};

/// A loop on its own thread, whose connections are used again.
class FutureClient {
 public:
  explicit FutureClient(const Job& job) : job_(job) {}
  ~FutureClient() {
    guard_.reset();
    asio::post(loop_, [this] { loop_.stop(); });
  }

  std::future<Answered> fetch(std::uint64_t request) {
    auto promise = std::make_unique<std::promise<Answered>>();
    std::future<Answered> future = promise->get_future();
    asio::post(loop_, [this, request, promise = std::move(promise)]() mutable {
      start(request, std::move(promise));
    });
    return future;
  }

 private:
  void start(std::uint64_t request, std::unique_ptr<std::promise<Answered>> promise) {
    if (idle_.empty()) {
      connections_.push_back(std::make_unique<CallbackConnection>(loop_, deadlines_, job_));
      idle_.push_back(connections_.back().get());
    }
    CallbackConnection& connection = *idle_.back();
    idle_.pop_back();
    std::shared_ptr<std::promise<Answered>> shared = std::move(promise);
    connection.on_answer = [this, &connection, shared](std::string_view body, bool ok) {
      idle_.push_back(&connection);
      shared->set_value({std::string(body), ok});
    };
    connection.fetch(request);
  }

  const Job& job_;
  asio::io_context loop_{1};
  Deadlines deadlines_{loop_};
  std::vector<std::unique_ptr<CallbackConnection>> connections_;
  std::vector<CallbackConnection*> idle_;
  asio::executor_work_guard<Executor> guard_{loop_.get_executor()};
  std::jthread thread_{[this] { loop_.run(); }};  // last: it ends before the others go
};

Fetched fetch_by_futures(const Job& job) {
  Fetched fetched;
  FutureClient client(job);
  std::deque<std::future<Answered>> window;
  const auto finish_oldest = [&] {
    const Answered oldest = window.front().get();
    window.pop_front();
    tally(fetched, oldest.body, oldest.ok);
  };
  for (std::uint64_t request = 0; request < job.requests; ++request) {
    if (window.size() == job.at_once) finish_oldest();
    window.push_back(client.fetch(request));
  }
  while (!window.empty()) finish_oldest();
  return fetched;
}

}  // namespace

Client future_client() {
  return {"futures", "a std::future each, the oldest is waited for", fetch_by_futures};
}

}  // namespace parlab
