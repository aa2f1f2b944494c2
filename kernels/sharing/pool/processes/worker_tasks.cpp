#include "kernels/sharing/pool/processes/worker_tasks.hpp"

#include <algorithm>
#include <cstddef>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/sharing/messages/message_socket.hpp"

namespace parlab {
namespace {

/// What a worker wrote of an exception, as one of ours.
std::exception_ptr take_failure(WireReader& answer, const std::string& before = "") {
  const auto [type, message] = take_from_wire<std::pair<std::string, std::string>>(answer);
  return std::make_exception_ptr(TaskFailed(type, before + message));
}

}  // namespace

void WorkerTasks::add(std::span<const std::shared_ptr<PoolTask>> tasks,
                      WorkerGroup::AwaitedAs awaited) {
  ++calls_;
  for (const auto& task : tasks) {
    waiting_.push_back({task, calls_});
    if (awaited == WorkerGroup::AwaitedAs::each) ++calls_;
  }
}

/// The input of the first that waits; false where none has one. Who has none fails.
bool WorkerTasks::write_next_input() {
  while (!has_input_ && !waiting_.empty()) {
    input_.clear();
    try {
      waiting_.front().task->write_input(input_);
      require_message(input_.size());
      has_input_ = true;
    } catch (...) {  // whoever waits for it learns why
      const std::shared_ptr<PoolTask> task = std::move(waiting_.front().task);
      waiting_.pop_front();
      task->fail_and_finish(std::current_exception());
    }
  }
  return has_input_;
}

void WorkerTasks::hand_out() {
  bool put_some = false;
  while (write_next_input() && board_.has_place(input_.size())) {
    auto& [task, call] = waiting_.front();
    const TaskTicket ticket = board_.put(task->runner(), task->first_item(), call, input_);
    if (put_.size() <= ticket.place()) put_.resize(ticket.place() + std::size_t{1});
    Put& put = put_[ticket.place()];
    put.ticket = ticket;
    put.task = std::move(task);
    put.in_use = true;
    if (input_.size() > TaskBoard::max_input_bytes) put.input = std::exchange(input_, {});
    ++under_way_;
    waiting_.pop_front();
    has_input_ = false;
    put_some = true;
  }
  if (put_some) board_.wake_workers(!waiting_.empty());
}

std::shared_ptr<PoolTask> WorkerTasks::remove(Put& put) {
  board_.remove(put.ticket);
  put.in_use = false;
  if (!put.input.empty()) put.input = {};
  --under_way_;
  return std::move(put.task);
}

void WorkerTasks::read_answers(FunctionRef<void(std::exception_ptr)> initializer_failed) {
  for (int number = 0; number < static_cast<int>(workers_.size()); ++number) {
    if (board_.answers(number).has_some()) read_answers(number, initializer_failed);
    if (workers_[static_cast<std::size_t>(number)].receives) send_input(number);
  }
}

void WorkerTasks::read_answers(int number,
                               FunctionRef<void(std::exception_ptr)> initializer_failed) {
  Worker& worker = workers_[static_cast<std::size_t>(number)];
  if (worker.dismissed) return;
  ByteStream& stream = board_.answers(number);
  try {
    while (worker.answers.read(stream)) {
      WireReader answer(worker.answers.message());
      take_answer(number, answer, initializer_failed);
    }
  } catch (const BadMessage&) {  // a task wrote over its worker's memory
    worker.dismissed = true;
    board_.dismiss(number);
  }
  stream.emptied.notify(1);
}

void WorkerTasks::take_answer(int number, WireReader& answer,
                              FunctionRef<void(std::exception_ptr)> initializer_failed) {
  const auto head = take_from_wire<AnswerHead>(answer);
  const TaskTicket ticket(head.ticket);
  if (ticket == TaskTicket()) {
    initializer_failed(take_failure(answer, "the initializer failed: "));
    return;
  }
  if (ticket.place() >= put_.size() || !put_[ticket.place()].in_use ||
      put_[ticket.place()].ticket != ticket || board_.owner(ticket) != number)
    throw BadMessage("a worker answered for a task that it does not have");
  Put& put = put_[ticket.place()];
  if (head.kind == AnswerHead::Kind::asks_input) {
    Worker& worker = workers_[static_cast<std::size_t>(number)];
    if (worker.receives || put.input.empty())
      throw BadMessage("a worker asked for an input that it has");
    worker.message = std::exchange(put.input, {});
    worker.receives = true;
    return;
  }
  const std::shared_ptr<PoolTask> task = remove(put);
  if (!task) return;  // it failed before
  try {
    if (head.kind == AnswerHead::Kind::done)
      task->read_output(answer);
    else
      task->fail(take_failure(answer));
  } catch (...) {
    task->fail(std::current_exception());
  }
  task->finish();
}

void WorkerTasks::send_input(int number) {
  Worker& worker = workers_[static_cast<std::size_t>(number)];
  ByteStream& stream = board_.inputs(number);
  if (!stream.has_room()) return;
  if (worker.input.write(stream, worker.message)) {
    worker.message = {};
    worker.receives = false;
  }
  stream.filled.notify(1);
}

std::vector<int> WorkerTasks::receivers() const {
  std::vector<int> numbers;
  for (std::size_t number = 0; number < workers_.size(); ++number)
    if (workers_[number].receives) numbers.push_back(static_cast<int>(number));
  return numbers;
}

void WorkerTasks::on_worker_death(int number, int signal, const std::string& cause,
                                  FunctionRef<void(std::exception_ptr)> initializer_failed) {
  read_answers(number, initializer_failed);
  Worker& worker = workers_[static_cast<std::size_t>(number)];
  worker.answers.reset();
  worker.input.reset();
  worker.message = {};
  worker.receives = worker.dismissed = false;
  board_.reset(number);
  for (Put& put : put_) {
    if (!put.in_use || board_.owner(put.ticket) != number) continue;
    const std::uint64_t item = board_.item(put.ticket);
    if (const auto task = remove(put))
      task->fail_and_finish(std::make_exception_ptr(WorkerDied(signal, item, cause)));
  }
  board_.wake_workers_again();  // it may have been woken for a task
}

void WorkerTasks::fail_all(const std::exception_ptr& why) {
  for (Put& put : put_) {
    if (!put.in_use) continue;
    const bool claimed = board_.owner(put.ticket, true).has_value();
    // The place of one that is claimed is free when it is answered, or its worker is dead.
    if (const auto task = claimed ? std::exchange(put.task, nullptr) : remove(put))
      task->fail_and_finish(why);
  }
  for (const Waiting& waiting : std::exchange(waiting_, {})) waiting.task->fail_and_finish(why);
  has_input_ = false;
}

}  // namespace parlab
