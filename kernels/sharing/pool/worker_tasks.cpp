#include "kernels/sharing/pool/worker_tasks.hpp"

#include <algorithm>
#include <cstddef>

#include "kernels/base/sharing_errors.hpp"

namespace parlab {
namespace {

/// Tasks that a worker has, so that it need not wait for the next. A second one that waits behind a
/// long first is taken back as soon as another worker has nothing to do.
constexpr std::size_t tasks_ahead = 2;

}  // namespace

bool WorkerTasks::hand_out() {
  bool more_to_send = false;
  // One each, then another each: the last ones are not to queue up behind one worker.
  for (std::size_t ahead = 1; ahead <= tasks_ahead && !waiting_.empty(); ++ahead)
    for (WorkerSlot& worker : workers_) {
      if (waiting_.empty()) break;
      if (!worker.attached() || worker.waiting() >= ahead || is_used_up(worker)) continue;
      const std::shared_ptr<PoolTask> task = std::move(waiting_.front());
      waiting_.pop_front();
      try {
        worker.give(task);
      } catch (const EndOfFile&) {  // the task stays given, and untouched
        worker.detach();
      } catch (...) {  // its input cannot be sent; whoever waits for it learns why
        task->fail_and_finish(std::current_exception());
      }
      more_to_send |= worker.has_more_to_send();
    }
  return more_to_send;
}

bool WorkerTasks::rebalance() {
  const auto has_nothing = [this](const WorkerSlot& worker) {
    return worker.attached() && worker.waiting() == 0 && !is_used_up(worker);
  };
  if (!waiting_.empty() || std::ranges::none_of(workers_, has_nothing)) return false;
  for (WorkerSlot& worker : workers_)
    if (worker.waiting() >= tasks_ahead)
      for (auto& task : worker.take_back()) waiting_.push_back(std::move(task));
  return hand_out();
}

void WorkerTasks::on_worker_death(WorkerSlot& worker, int signal, const std::string& cause) {
  WorkerSlot::Remains remains = worker.clear();
  for (const auto& task : remains.begun)
    task->fail_and_finish(std::make_exception_ptr(WorkerDied(signal, remains.at_item, cause)));
  for (auto task = remains.untouched.rbegin(); task != remains.untouched.rend(); ++task)
    waiting_.push_front(std::move(*task));
}

void WorkerTasks::fail_all(const std::exception_ptr& why) {
  for (WorkerSlot& worker : workers_) {
    const WorkerSlot::Remains remains = worker.clear();
    for (const auto* tasks : {&remains.begun, &remains.untouched})
      for (const auto& task : *tasks) task->fail_and_finish(why);
  }
  for (const auto& task : waiting_) task->fail_and_finish(why);
  waiting_.clear();
}

}  // namespace parlab
