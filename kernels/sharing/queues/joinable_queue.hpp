#pragma once

#include <atomic>
#include <cstdint>

#include "kernels/posix/futex.hpp"
#include "kernels/sharing/queues/queue.hpp"
#include "kernels/sharing/sync/shared_object.hpp"

namespace parlab {

/// Items that were put and not yet reported as done, in shared memory.
class Unfinished {
 public:
  void add() { items_.fetch_add(1); }
  /// Throws std::logic_error where there is none.
  void done();
  /// Waits for there to be none; false at the deadline.
  bool wait_for_none(Deadline deadline);

 private:
  std::atomic<std::uint64_t> items_ = 0;
  EventCount none_;
};

/// A Queue whose items are each reported as done, so that join() can wait for all work:
///
///   producer: queue.put(job); ... queue.join();
///   worker:   const Job job = queue.get(); do(job); queue.task_done();
///
/// A worker that is killed between the two never reports: join with a deadline.
template <class T>
class JoinableQueue : public Queue<T> {
 public:
  using Queue<T>::Queue;

  void put(const Argument<T>& item, Deadline deadline = {}) {
    if (!try_put(item, deadline)) throw Full();
  }
  bool try_put(const Argument<T>& item, Deadline deadline = std::chrono::seconds(0)) {
    unfinished_->add();  // before it can be got and done
    bool put = false;
    try {
      put = Queue<T>::try_put(item, deadline);
    } catch (...) {
      unfinished_->done();
      throw;
    }
    if (!put) unfinished_->done();
    return put;
  }
  /// One item that was got is done. Throws std::logic_error where all were.
  void task_done() { unfinished_->done(); }
  /// Waits until all that was put is done; false where the deadline passed first.
  bool join(Deadline deadline = {}) { return unfinished_->wait_for_none(deadline); }

 private:
  SharedObject<Unfinished> unfinished_{0};
};

}  // namespace parlab
