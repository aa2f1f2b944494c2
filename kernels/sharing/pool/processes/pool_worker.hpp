#pragma once

#include <cstdint>
#include <functional>

#include "kernels/sharing/pool/processes/task_board.hpp"

namespace parlab {

/// Before each message of a worker.
struct AnswerHead {
  enum class Kind : std::uint32_t {
    done,
    failed,     ///< the task as a whole: for instance, its answer cannot be sent
    asks_input  ///< which is too long for the board
  };
  Kind kind;
  std::uint64_t ticket;  ///< of the task; 0: none, since the initializer failed
};

/// A worker process: tasks from the board, answers to it, until the pool wants no more of it or it
/// has done `max_tasks` (0: as many as there are).
void work_on_tasks(TaskBoard& board, int worker, const std::function<void()>& initializer,
                   std::uint64_t max_tasks);

}  // namespace parlab
