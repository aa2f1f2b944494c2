#pragma once

#include <cstdint>
#include <functional>

#include "kernels/sharing/pool/worker_group.hpp"

namespace parlab {

/// Before each task on the wire.
struct TaskHead {
  std::uint32_t number;  ///< counts from 1 in each slot
  PoolTask::Runner runner;
  std::uint64_t first_item;
};

/// Before each answer.
struct AnswerHead {
  enum class Kind : std::uint32_t { ready, done, could_not_send, initializer_failed };
  Kind kind;
  std::uint32_t number;
};

/// A worker process: tasks from the socket, answers to it, until its other end is closed.
void work_on_tasks(int socket, WorkerProgress& progress, const std::function<void()>& initializer);

}  // namespace parlab
