#pragma once

// Which worker process of a pool has which task, and which tasks wait for a worker. Has no lock: the
// group's guards it.

#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/sharing/pool/worker_group.hpp"
#include "kernels/sharing/pool/worker_slot.hpp"

namespace parlab {

class WorkerTasks {
 public:
  /// A worker is used up after so many tasks; 0: never.
  explicit WorkerTasks(std::uint64_t max_tasks_per_worker)
      : max_tasks_per_worker_(max_tasks_per_worker) {}

  void add_worker(WorkerProgress& progress) { workers_.emplace_back(progress); }
  std::vector<WorkerSlot>& workers() { return workers_; }
  bool is_used_up(const WorkerSlot& worker) const {
    return max_tasks_per_worker_ != 0 && worker.given() >= max_tasks_per_worker_;
  }

  void add(std::shared_ptr<PoolTask> task) { waiting_.push_back(std::move(task)); }
  /// Whether no task waits for a worker.
  bool all_given() const { return waiting_.empty(); }

  /// Gives tasks to workers that have few. True where a socket took no more: there is more to send.
  bool hand_out();
  /// Gives what waits behind one worker's task to others that have nothing to do. Returns as
  /// hand_out().
  bool rebalance();

  /// Fails what a dead worker had begun, and takes back what it had not.
  void on_worker_death(WorkerSlot& worker, int signal, const std::string& cause);
  /// Fails all tasks, given or not.
  void fail_all(const std::exception_ptr& why);

 private:
  std::uint64_t max_tasks_per_worker_;
  std::vector<WorkerSlot> workers_;
  std::deque<std::shared_ptr<PoolTask>> waiting_;
};

}  // namespace parlab
