#pragma once

// The pool's side of its board: which tasks lie there, which wait for a place, and what came of
// those that workers claimed. Has no lock: the group's guards it.

#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernels/base/function_ref.hpp"
#include "kernels/sharing/pool/processes/pool_worker.hpp"
#include "kernels/sharing/pool/processes/task_board.hpp"
#include "kernels/sharing/pool/worker_group.hpp"

namespace parlab {

class WorkerTasks {
 public:
  WorkerTasks(TaskBoard& board, int workers)
      : board_(board), workers_(static_cast<std::size_t>(workers)) {}

  void add(std::span<const std::shared_ptr<PoolTask>> tasks, WorkerGroup::AwaitedAs awaited);
  /// Puts as many on the board as have a place there, and wakes as many workers as that takes.
  void hand_out();

  /// Whether no task waits for a place.
  bool all_put() const { return waiting_.empty(); }
  /// Whether none waits for a place or a worker.
  bool all_claimed() const { return waiting_.empty() && board_.unclaimed() == 0; }
  /// Whether none is under way. One that failed is, as long as a worker is at it.
  bool all_answered() const { return waiting_.empty() && under_way_ == 0; }

  /// Reads what has come from the workers, and sends them the inputs that they ask for.
  /// `initializer_failed` is told what one threw.
  void read_answers(FunctionRef<void(std::exception_ptr)> initializer_failed);
  /// Workers whose input is on its way: there is more to send when their streams have room.
  std::vector<int> receivers() const;

  /// Reads the last answers of a dead worker, fails what else it had claimed, and makes its streams
  /// ready for another.
  void on_worker_death(int worker, int signal, const std::string& cause,
                       FunctionRef<void(std::exception_ptr)> initializer_failed);
  /// Fails all tasks, put or not, claimed or not.
  void fail_all(const std::exception_ptr& why);

 private:
  struct Waiting {
    std::shared_ptr<PoolTask> task;
    std::uint64_t call;
  };
  struct Put {
    TaskTicket ticket;
    std::shared_ptr<PoolTask> task;  // null: it failed already, or the place is free
    Bytes input;                     // one that is too long for the board
    bool in_use = false;
  };
  struct Worker {
    StreamReader answers;
    StreamWriter input;
    Bytes message;  // the input that it is being sent
    bool receives = false;
    bool dismissed = false;
  };

  bool write_next_input();
  void read_answers(int number, FunctionRef<void(std::exception_ptr)> initializer_failed);
  void take_answer(int number, WireReader& answer,
                   FunctionRef<void(std::exception_ptr)> initializer_failed);
  void send_input(int number);
  std::shared_ptr<PoolTask> remove(Put& put);

  TaskBoard& board_;
  std::vector<Worker> workers_;
  std::deque<Waiting> waiting_;
  Bytes input_;  // of the first that waits, where it is known
  bool has_input_ = false;
  std::uint64_t calls_ = 0;
  std::vector<Put> put_;  // by place
  std::size_t under_way_ = 0;
};

}  // namespace parlab
