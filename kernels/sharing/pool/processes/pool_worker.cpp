#include "kernels/sharing/pool/processes/pool_worker.hpp"

#include <sys/prctl.h>

#include <optional>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/sharing/messages/message_socket.hpp"
#include "kernels/sharing/messages/wire.hpp"
#include "kernels/sharing/pool/pool_chunk.hpp"

namespace parlab {
namespace {

class Worker {
 public:
  Worker(TaskBoard& board, int number) : board_(board), number_(number) {}

  bool tell(AnswerHead::Kind kind, TaskTicket ticket) {
    begin(kind, ticket);
    return board_.write_answer(number_, answer_);
  }
  /// What is being thrown.
  bool tell_failure(TaskTicket ticket) {
    begin(AnswerHead::Kind::failed, ticket);
    put_on_wire(answer_, describe_current_exception());
    return board_.write_answer(number_, answer_);
  }

  /// False where the pool wants no more of this worker.
  bool work_on(const ClaimedTask& task) {
    BytesView input;
    if (task.input) {
      input = *task.input;
    } else {
      if (!tell(AnswerHead::Kind::asks_input, task.ticket) || !board_.read_input(number_, reader_))
        return false;
      input = reader_.message();
    }
    begin(AnswerHead::Kind::done, task.ticket);
    try {
      WireReader reader(input);
      task.runner(task.first_item, reader, answer_, *task.progress);
      require_message(answer_.size());
    } catch (...) {  // for instance an answer that is too long
      return tell_failure(task.ticket);
    }
    return board_.write_answer(number_, answer_);
  }

 private:
  void begin(AnswerHead::Kind kind, TaskTicket ticket) {
    answer_.clear();
    put_on_wire(answer_, AnswerHead{kind, ticket.bits()});
  }

  TaskBoard& board_;
  const int number_;
  Bytes answer_;
  StreamReader reader_;
};

}  // namespace

void work_on_tasks(TaskBoard& board, int number, const std::function<void()>& initializer,
                   std::uint64_t max_tasks) {
  prctl(PR_SET_NAME, "pool worker");
  Worker worker(board, number);
  try {
    if (initializer) initializer();
  } catch (...) {
    worker.tell_failure(TaskTicket());
    board.wake_server();
    return;
  }
  std::optional<std::uint64_t> call;
  for (std::uint64_t tasks = 0; max_tasks == 0 || tasks < max_tasks; ++tasks) {
    const std::optional<ClaimedTask> task = board.claim(number, call);
    if (!task || !worker.work_on(*task)) return;
    call = task->call;
  }
}

}  // namespace parlab
