#pragma once

// What a pool needs of those who work for it, whether they are processes or threads.

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <utility>

#include "kernels/base/deadline.hpp"
#include "kernels/base/function_ref.hpp"
#include "kernels/sharing/messages/wire.hpp"

namespace parlab {

/// The item that a worker is at, in shared memory, so that its death tells.
class WorkerProgress {
 public:
  /// Index within the whole call.
  void at_item(std::uint64_t item) { item_.store(item, std::memory_order_relaxed); }
  std::uint64_t item() const { return item_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> item_ = 0;
};

/// One chunk of items: what a worker takes and answers in one piece.
class PoolTask {
 public:
  explicit PoolTask(std::uint64_t first_item) : first_item_(first_item) {}
  PoolTask(const PoolTask&) = delete;
  PoolTask& operator=(const PoolTask&) = delete;
  virtual ~PoolTask() = default;

  std::uint64_t first_item() const { return first_item_; }

  /// For a worker in another process: what its runner gets, and what it gives back.
  using Runner = void (*)(std::uint64_t first_item, WireReader& input, Bytes& output,
                          WorkerProgress& progress);
  virtual Runner runner() const = 0;
  virtual void write_input(Bytes& message) const = 0;
  virtual void read_output(WireReader& output) = 0;
  /// For a worker that is a thread.
  virtual void run_here() = 0;
  /// Instead of any of these: no item has a result.
  virtual void fail(std::exception_ptr why) = 0;
  /// Called once, last, under the group's lock.
  virtual void finish() = 0;
  /// Both of them.
  void fail_and_finish(std::exception_ptr why) {
    fail(std::move(why));
    finish();
  }

 private:
  std::uint64_t first_item_;
};

struct WorkerGroupOptions {
  /// Called in each worker before its first task. What it throws ends the pool.
  std::function<void()> initializer{};
  /// A worker process ends after so many tasks (chunks), and another takes its place; 0: never.
  std::uint64_t max_tasks_per_child = 0;
};

/// Takes tasks in order, and gives each to whoever is free. Its methods may be called by several
/// threads at once.
class WorkerGroup {
 public:
  virtual ~WorkerGroup() = default;
  virtual int workers() const = 0;
  /// What somebody may wait for: each task by itself, or only the last of them.
  enum class AwaitedAs { each, whole };
  /// Throws std::logic_error after close(): then none is submitted.
  virtual void submit(std::span<const std::shared_ptr<PoolTask>> tasks, AwaitedAs awaited) = 0;
  /// Waits until done(), which is asked under the group's lock; false where the deadline passed
  /// first. Throws Interrupted (InterruptionScope).
  virtual bool wait_until(FunctionRef<bool()> done, Deadline deadline) = 0;
  /// Calls change() under the group's lock, then lets all who wait look again.
  virtual void change(FunctionRef<void()> change) = 0;
  /// Sees to it that tasks go on while nobody waits.
  virtual void run_in_background() = 0;
  /// No more tasks; those submitted are done.
  virtual void close() = 0;
  /// No more tasks; those that are not done fail. Bounded.
  virtual void terminate() = 0;
  /// After close() or terminate(): waits for the workers to end; false at the deadline.
  virtual bool join(Deadline deadline) = 0;
};

std::shared_ptr<WorkerGroup> make_process_worker_group(int workers, WorkerGroupOptions options);
std::shared_ptr<WorkerGroup> make_thread_worker_group(int workers, WorkerGroupOptions options);

}  // namespace parlab
