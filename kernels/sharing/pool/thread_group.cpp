// The threads of a ThreadPool.

#include <fmt/format.h>

#include <condition_variable>
#include <deque>
#include <stdexcept>
#include <thread>
#include <vector>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/posix/mutex.hpp"
#include "kernels/posix/signal_guard.hpp"
#include "kernels/posix/start_thread.hpp"
#include "kernels/sharing/pool/worker_group.hpp"

namespace parlab {
namespace {

class ThreadWorkerGroup final : public WorkerGroup {
 public:
  ThreadWorkerGroup(int workers, WorkerGroupOptions options)
      : options_(std::move(options)), busy_(workers) {
    threads_.reserve(static_cast<std::size_t>(workers));
    try {
      for (int worker = 1; worker <= workers; ++worker)
        threads_.push_back(
            start_thread([this] { work(); }, fmt::format("thread {} of {}", worker, workers)));
    } catch (...) {
      terminate();  // those that started
      throw;
    }
  }
  ~ThreadWorkerGroup() override { terminate(); }

  int workers() const override { return static_cast<int>(threads_.size()); }

  void submit(std::span<const std::shared_ptr<PoolTask>> tasks, AwaitedAs /*awaited*/) override {
    const MutexLock lock(mutex_);
    if (broken_) std::rethrow_exception(broken_);
    if (closed_) throw std::logic_error("the pool was closed: make another");
    tasks_.insert(tasks_.end(), tasks.begin(), tasks.end());
    if (tasks.size() == 1)
      more_.notify_one();
    else
      more_.notify_all();
  }

  bool wait_until(FunctionRef<bool()> done, Deadline deadline) override {
    MutexLock lock(mutex_);
    while (!done()) {
      if (deadline.passed()) return false;
      InterruptionScope::check();
      lock.wait_until(finished_, deadline.within(max_sleep).at());
    }
    return true;
  }

  void change(FunctionRef<void()> change) override {
    const MutexLock lock(mutex_);
    change();
    finished_.notify_all();
  }

  void run_in_background() override {}  // they do

  void close() override {
    const MutexLock lock(mutex_);
    closed_ = true;
    more_.notify_all();
  }

  void terminate() override {
    {
      const MutexLock lock(mutex_);
      closed_ = true;
      give_up(
          std::make_exception_ptr(SharingError("the pool was terminated before this was done")));
    }
    for (std::thread& thread : threads_)
      if (thread.joinable()) thread.join();
  }

  bool join(Deadline deadline) override {
    {
      const MutexLock lock(mutex_);
      if (!closed_) throw std::logic_error("close() or terminate() the pool before join()");
    }
    const auto none_busy = [this] {
      mutex_.assert_held();
      return busy_ == 0;
    };
    return wait_until(none_busy, deadline);
  }

 private:
  void work() {
    try {
      if (options_.initializer) options_.initializer();
    } catch (...) {
      const MutexLock lock(mutex_);
      give_up(std::current_exception());
    }
    MutexLock lock(mutex_);
    for (;;) {
      while (!closed_ && tasks_.empty()) lock.wait(more_);
      if (tasks_.empty()) break;
      const std::shared_ptr<PoolTask> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      std::exception_ptr failure;
      try {
        task->run_here();
      } catch (...) {  // no memory for what the task threw
        failure = std::current_exception();
      }
      lock.lock();
      if (failure) task->fail(failure);
      task->finish();
      finished_.notify_all();
    }
    --busy_;
    finished_.notify_all();
  }

  void give_up(std::exception_ptr why) PARLAB_REQUIRES(mutex_) {
    if (!broken_) broken_ = std::move(why);
    for (const auto& task : tasks_) task->fail_and_finish(broken_);
    tasks_.clear();
    more_.notify_all();
    finished_.notify_all();
  }

  WorkerGroupOptions options_;
  std::vector<std::thread> threads_;
  Mutex mutex_;
  std::condition_variable more_;
  std::condition_variable finished_;
  bool closed_ PARLAB_GUARDED_BY(mutex_) = false;
  std::exception_ptr broken_ PARLAB_GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<PoolTask>> tasks_ PARLAB_GUARDED_BY(mutex_);
  int busy_ PARLAB_GUARDED_BY(mutex_);
};

}  // namespace

std::shared_ptr<WorkerGroup> make_thread_worker_group(int workers, WorkerGroupOptions options) {
  if (workers < 1) throw std::invalid_argument("a pool needs one worker or more");
  return std::make_shared<ThreadWorkerGroup>(workers, std::move(options));
}

}  // namespace parlab
