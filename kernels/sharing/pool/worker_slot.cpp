#include "kernels/sharing/pool/worker_slot.hpp"

#include <utility>

namespace parlab {

void WorkerSlot::attach(FileDescriptor socket) {
  detach();
  socket_ = std::move(socket);
  number_ = 0;
  progress_->reset();
}

void WorkerSlot::detach() {
  socket_.reset();
  outgoing_.clear();
  incoming_.reset();
}

void WorkerSlot::give(std::shared_ptr<PoolTask> task) {
  Bytes message = OutgoingMessages::begin();
  put_on_wire(message, TaskHead{number_ + 1, task->runner(), task->first_item()});
  task->write_input(message);
  outgoing_.add(std::move(message));
  given_.emplace_back(++number_, std::move(task));
  flush();
}

std::shared_ptr<PoolTask> WorkerSlot::answered(std::uint32_t number) {
  if (given_.empty() || given_.front().first != number) return nullptr;
  std::shared_ptr<PoolTask> task = std::move(given_.front().second);
  given_.pop_front();
  return task;
}

std::deque<std::shared_ptr<PoolTask>> WorkerSlot::take_back() {
  std::deque<std::shared_ptr<PoolTask>> back;
  if (given_.empty()) return back;
  const std::uint32_t begun = progress_->take_back(given_.back().first);
  for (; !given_.empty() && given_.back().first > begun; given_.pop_back())
    back.push_front(std::move(given_.back().second));
  return back;
}

WorkerSlot::Remains WorkerSlot::clear() {
  detach();
  Remains remains{{}, {}, progress_->item()};
  const std::uint32_t begun = progress_->last_begun();
  for (auto& [number, task] : given_)
    (number <= begun ? remains.begun : remains.untouched).push_back(std::move(task));
  given_.clear();
  return remains;
}

}  // namespace parlab
