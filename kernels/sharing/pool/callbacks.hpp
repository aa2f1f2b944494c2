#pragma once

// Callbacks of a pool's asynchronous calls.

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "kernels/base/deadline.hpp"
#include "kernels/sharing/pool/async_result.hpp"
#include "kernels/sharing/pool/worker_group.hpp"

namespace parlab {

/// Called once a call is done, one after the other, in a thread of the pool: `callback` with the
/// result, which get() returns as well, or `error_callback` with what get() will throw. The result
/// is ready when they have returned: they must not wait for results that have callbacks, nor
/// join() the pool, but may make calls. What they throw is printed, as what a Process throws.
template <class Result>
struct Callbacks {
  std::function<void(const Result&)> callback{};
  std::function<void(std::exception_ptr)> error_callback{};
};

/// Runs what is posted, in order, in a thread that is started when it is first needed.
class CallbackThread {
 public:
  CallbackThread();
  CallbackThread(const CallbackThread&) = delete;
  CallbackThread& operator=(const CallbackThread&) = delete;
  /// Runs what was posted, then ends. Called by a callback, it leaves the thread to itself.
  ~CallbackThread();

  /// Throws OutOfRoom where no thread can be started.
  void start();
  void post(std::function<void()> work);
  /// Until all that was posted has run; false at the deadline. Throws Interrupted.
  bool wait_until_idle(Deadline deadline);

 private:
  struct State;
  static void run(State& state);

  std::shared_ptr<State> state_;
  std::thread thread_;
};

/// Calls back; what it throws is printed.
void call_back(const std::function<void()>& callback) noexcept;

/// A call whose result is for the callbacks first.
template <class T>
class ToldCall : public std::enable_shared_from_this<ToldCall<T>> {
 public:
  using Call = typename AsyncResult<T>::Call;
  ToldCall(Call call, Callbacks<T> callbacks)
      : call_(std::move(call)), callbacks_(std::move(callbacks)) {}

  /// To be called when the call has become ready, under the group's lock.
  void tell(const std::shared_ptr<CallbackThread>& thread, std::weak_ptr<WorkerGroup> group) {
    thread->post([self = this->shared_from_this(), group = std::move(group)] {
      self->run();
      if (const std::shared_ptr<WorkerGroup> alive = group.lock())
        alive->change([&] { self->ready_ = true; });
    });
  }
  /// What its AsyncResult asks.
  Call call() {
    const auto self = this->shared_from_this();
    return {.ready = [self] { return self->ready_; },
            .failure = [self] { return self->failure_; },
            .take = [self] { return *std::move(self->result_); }};
  }

 private:
  void run() {
    failure_ = call_.failure();
    try {
      if (!failure_) result_.emplace(call_.take());
    } catch (...) {
      failure_ = std::current_exception();
    }
    if (failure_ && callbacks_.error_callback)
      call_back([this] { callbacks_.error_callback(failure_); });
    if (!failure_ && callbacks_.callback) call_back([this] { callbacks_.callback(*result_); });
  }

  Call call_;
  Callbacks<T> callbacks_;
  std::optional<T> result_;
  std::exception_ptr failure_;
  bool ready_ = false;  // under the group's lock
};

}  // namespace parlab
