#pragma once

// What a pool needs of those who work for it, whether they are processes or threads.

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>

#include "kernels/function_ref.hpp"
#include "kernels/sharing/deadline.hpp"
#include "kernels/sharing/wire.hpp"

namespace parlab {

/// Where a worker is, in shared memory, so that its death tells what it was at.
struct WorkerPlace {
  std::atomic<std::uint64_t> task = 0;  ///< number of the task begun last, in this worker's seat
  std::atomic<std::uint64_t> item = 0;  ///< index of the item, within the whole call
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
                          WorkerPlace& place);
  virtual Runner runner() const = 0;
  virtual void write_input(Bytes& message) const = 0;
  virtual void read_output(WireReader& output) = 0;
  /// For a worker that is a thread.
  virtual void run_here() = 0;
  /// Instead of any of these: no item has a result.
  virtual void fail(std::exception_ptr why) = 0;
  /// Called once, last, under the crew's lock.
  virtual void finish() = 0;

 private:
  std::uint64_t first_item_;
};

struct CrewOptions {
  /// Called in each worker before its first task. What it throws ends the pool.
  std::function<void()> initializer{};
  /// A worker process ends after so many tasks (chunks), and another takes its place; 0: never.
  std::uint64_t max_tasks_per_child = 0;
};

/// Takes tasks in order, and gives each to whoever is free. Its methods may be called by several
/// threads at once.
class Crew {
 public:
  virtual ~Crew() = default;
  virtual int workers() const = 0;
  /// Throws std::logic_error after close().
  virtual void submit(std::shared_ptr<PoolTask> task) = 0;
  /// Waits until done(), which is asked under the crew's lock; false where the deadline passed
  /// first. Throws Interrupted (InterruptionScope).
  virtual bool wait_until(FunctionRef<bool()> done, Deadline deadline) = 0;
  /// Sees to it that tasks go on while nobody waits.
  virtual void run_in_background() = 0;
  /// No more tasks; those submitted are done.
  virtual void close() = 0;
  /// No more tasks; those that are not done fail. Bounded.
  virtual void terminate() = 0;
  /// After close() or terminate(): waits for the workers to end; false at the deadline.
  virtual bool join(Deadline deadline) = 0;
};

std::shared_ptr<Crew> make_process_crew(int workers, CrewOptions options);
std::shared_ptr<Crew> make_thread_crew(int workers, CrewOptions options);

}  // namespace parlab
