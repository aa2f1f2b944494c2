#include "kernels/sharing/pool/pool_worker.hpp"

#include <signal.h>
#include <sys/prctl.h>

#include <utility>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/sharing/messages/message_socket.hpp"
#include "kernels/sharing/messages/wire.hpp"
#include "kernels/sharing/pool/pool_chunk.hpp"

namespace parlab {
namespace {

void send_failure(int socket, AnswerHead::Kind kind, std::uint32_t number) {
  Bytes answer;
  put_on_wire(answer, AnswerHead{kind, number});
  put_on_wire(answer, describe_current_exception());
  send_message(socket, answer);
}

void answer_tasks(int socket, WorkerProgress& progress) {
  Bytes task;
  Bytes answer;
  for (;;) {
    receive_message(socket, task);
    WireReader input(task);
    const auto head = take_from_wire<TaskHead>(input);
    if (!progress.begin(head.number, head.first_item)) continue;  // another does it
    answer.clear();
    put_on_wire(answer, AnswerHead{AnswerHead::Kind::done, head.number});
    try {
      head.runner(head.first_item, input, answer, progress);
      send_message(socket, answer);
    } catch (const EndOfFile&) {
      throw;
    } catch (...) {  // for instance an answer that is too long
      send_failure(socket, AnswerHead::Kind::could_not_send, head.number);
    }
  }
}

}  // namespace

void work_on_tasks(int socket, WorkerProgress& progress, const std::function<void()>& initializer) {
  prctl(PR_SET_NAME, "pool worker");
  try {
    try {
      if (initializer) initializer();
    } catch (...) {
      send_failure(socket, AnswerHead::Kind::initializer_failed, 0);
      return;
    }
    answer_tasks(socket, progress);
  } catch (const EndOfFile&) {  // NOLINT(bugprone-empty-catch): the pool wants no more of it
  }
}

}  // namespace parlab
