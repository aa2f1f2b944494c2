#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/sharing/pool/worker_group.hpp"

namespace parlab {

/// What a call that was handed to a pool will return. Copies speak of the same call; it outlives
/// the pool, whose end fails what was not done.
template <class T>
class AsyncResult {
 public:
  /// `ready` is asked under the group's lock; `failure` and `take` once it has said yes.
  struct Call {
    std::function<bool()> ready;
    std::function<std::exception_ptr()> failure;
    std::function<T()> take;
  };
  AsyncResult(std::shared_ptr<WorkerGroup> group, Call call)
      : group_(std::move(group)), call_(std::make_shared<Call>(std::move(call))) {}

  /// Waits for the call; false where the deadline passed first.
  bool wait(Deadline deadline = {}) const { return group_->wait_until(call_->ready, deadline); }
  bool ready() const { return wait(std::chrono::seconds(0)); }
  /// Whether it returned. Throws std::logic_error while it is not ready.
  bool successful() const {
    if (!ready()) throw std::logic_error("the result is not ready: wait() for it first");
    return call_->failure() == nullptr;
  }
  /// Waits for the result and returns it, once; throws what the call threw, WorkerDied where its
  /// worker died, and TimedOut at the deadline, after which it may be asked again.
  T get(Deadline deadline = {}) const {
    if (!wait(deadline)) throw TimedOut("the result was not ready at the deadline");
    if (const std::exception_ptr failure = call_->failure()) std::rethrow_exception(failure);
    return call_->take();
  }

 private:
  std::shared_ptr<WorkerGroup> group_;
  std::shared_ptr<Call> call_;
};

}  // namespace parlab
