// The processes of a Pool. A fork server forks and reaps them; tasks and answers lie in shared memory.
// Whichever thread waits for a result serves the pool meanwhile: reads answers and hands out tasks. A
// thread of the pool's own does it once an asynchronous call was made.

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <stdexcept>
#include <thread>
#include <vector>

#include "kernels/base/limits.hpp"
#include "kernels/base/sharing_errors.hpp"
#include "kernels/posix/mutex.hpp"
#include "kernels/posix/process/fork_guard.hpp"
#include "kernels/posix/signal_guard.hpp"
#include "kernels/posix/spin.hpp"
#include "kernels/posix/start_thread.hpp"
#include "kernels/sharing/pool/processes/fork_server.hpp"
#include "kernels/sharing/pool/processes/pool_worker.hpp"
#include "kernels/sharing/pool/processes/task_board.hpp"
#include "kernels/sharing/pool/processes/worker_tasks.hpp"
#include "kernels/sharing/pool/worker_group.hpp"
#include "kernels/sharing/sync/shared_object.hpp"

namespace parlab {
namespace {

constexpr std::chrono::milliseconds termination_grace{1000};  // between SIGTERM and SIGKILL

class ProcessWorkerGroup final : public WorkerGroup {
 public:
  ProcessWorkerGroup(int workers, WorkerGroupOptions options)
      : workers_(workers),
        options_(std::move(options)),
        board_(workers),
        events_(0),
        fork_server_(
            [this](int worker) {
              work_on_tasks(board_, worker, options_.initializer, options_.max_tasks_per_child);
            },
            [this] {
              events_->fetch_add(1);
              board_.wake_server();
            }),
        tasks_(board_, workers),
        running_(static_cast<std::size_t>(workers)) {
    try {
      for (int worker = 0; worker < workers; ++worker) fork_server_.start(worker);
      // Not to return before they are there, or it is known why not.
      while (fork_server_.starting() > 0 && !broken_) {
        pollfd event{fork_server_.fd(), POLLIN, 0};
        if (poll(&event, 1, -1) < 0 && errno == EINTR) InterruptionScope::check();
        read_events();
      }
      if (broken_) std::rethrow_exception(broken_);
    } catch (...) {
      terminate();  // those that started are gone when the caller learns why not all did
      throw;
    }
  }

  ~ProcessWorkerGroup() override { terminate(); }

  int workers() const override { return workers_; }

  void submit(std::span<const std::shared_ptr<PoolTask>> tasks, AwaitedAs awaited) override {
    if (getpid() != owner_)
      throw std::logic_error("a pool belongs to the process that made it: make another here");
    const MutexLock lock(mutex_);
    if (broken_) std::rethrow_exception(broken_);
    if (closed_) throw std::logic_error("the pool was closed: make another");
    tasks_.add(tasks, awaited);
    tasks_.hand_out();
  }

  bool wait_until(FunctionRef<bool()> done, Deadline deadline) override {
    return serve_until(done, deadline, true);
  }

  void change(FunctionRef<void()> change) override {
    const MutexLock lock(mutex_);
    change();
    tell_waiters();
    board_.wake_server();
  }

  void run_in_background() override {
    const MutexLock lock(mutex_);
    if (background_.joinable() || closed_) return;
    const auto serve = [this] {
      const ThreadThatMayFork counted;
      block_all_signals();
      try {
        const auto ended = [this] {
          mutex_.assert_held();
          return ended_;
        };
        serve_until(ended, {}, false);
      } catch (...) {  // whoever waits for a result gets it
        const MutexLock held(mutex_);
        give_up(std::current_exception());
        tell_waiters();
      }
    };
    background_ = start_thread(serve, "the thread that serves a pool's asynchronous calls");
  }

  void close() override {
    const MutexLock lock(mutex_);
    if (closed_) return;
    closed_ = true;
    release_idle_workers();
    board_.wake_server();
  }

  void terminate() override {
    if (getpid() != owner_) return;  // a forked copy
    {
      const MutexLock lock(mutex_);
      if (!closed_ || !ended_) fork_server_.end_all(termination_grace);
      closed_ = true;
      if (!broken_)
        broken_ =
            std::make_exception_ptr(SharingError("the pool was terminated before this was done"));
      ended_ = true;
      tasks_.fail_all(broken_);
      tell_waiters();
      board_.wake_server();
    }
    if (background_.joinable()) background_.join();
    if (!fork_server_.join(termination_grace + std::chrono::seconds(1))) fork_server_.kill();
  }

  bool join(Deadline deadline) override {
    {
      const MutexLock lock(mutex_);
      if (!closed_) throw std::logic_error("close() or terminate() the pool before join()");
    }
    const auto all_done = [this] {
      mutex_.assert_held();
      return tasks_.all_answered() && (fork_server_gone_ || fork_server_.starting() == 0) &&
             none_running();
    };
    return serve_until(all_done, deadline, true) && fork_server_.join(deadline);
  }

 private:
  /// Serves, or waits while another thread serves, until done().
  bool serve_until(FunctionRef<bool()> done, Deadline deadline, bool interruptible) {
    MutexLock lock(mutex_);
    const Deadline look(look_before_sleep);
    for (bool in_vain = false; !done();) {
      if (deadline.passed()) return false;
      if (interruptible) InterruptionScope::check();
      if (serving_) {
        wait_for_round(lock, deadline, look);
        continue;
      }
      serving_ = true;
      try {
        in_vain = !serve(deadline, in_vain);
      } catch (...) {
        serving_ = false;
        tell_waiters();
        throw;
      }
      serving_ = false;
      tell_waiters();
    }
    return true;
  }

  /// Until another thread, which serves the pool, has done something; looks for it until `look`.
  void wait_for_round(MutexLock& lock, Deadline deadline, Deadline look) PARLAB_REQUIRES(mutex_) {
    if (look.passed()) {
      lock.wait_until(changed_, deadline.within(max_sleep).at());
      return;
    }
    const std::uint64_t seen = rounds_.load();
    mutex_.unlock();
    spin_until([&] { return rounds_.load() != seen || look.passed(); });
    mutex_.lock();
  }

  /// Those that wait while another thread serves look again.
  void tell_waiters() PARLAB_REQUIRES(mutex_) {
    rounds_.fetch_add(1);
    changed_.notify_all();
  }

  /// Waits for news and handles it; looks for it a while, or sleeps. False where there was none.
  bool serve(Deadline deadline, bool sleep) PARLAB_REQUIRES(mutex_) {
    const std::vector<int> receivers = tasks_.receivers();
    const std::uint64_t events_seen = events_seen_;
    const auto has_news = [&] {
      return board_.has_answers() || events_->load() != events_seen ||
             std::ranges::any_of(receivers,
                                 [&](int worker) { return board_.inputs(worker).has_room(); });
    };
    // With the mutex: whoever changes what this thread waits for wakes it from here on.
    if (sleep) board_.announce_sleep();
    mutex_.unlock();
    bool news = sleep ? has_news() : spin_until(has_news);
    if (sleep) board_.sleep(news ? Deadline(std::chrono::seconds(0)) : deadline.within(max_sleep));
    mutex_.lock();
    if (sleep) {  // in case a wake-up was lost with whoever was to give it, or to get it
      read_events();
      board_.wake_workers_again();
      news = news || has_news();
    } else if (events_->load() != events_seen_) {
      read_events();
    }
    tasks_.read_answers(give_up_);
    tasks_.hand_out();
    release_idle_workers();
    return news;
  }

  void read_events() PARLAB_REQUIRES(mutex_) {
    events_seen_ = events_->load();  // first: what is counted later may be read now
    try {
      while (const std::optional<ForkServer::Event> event = fork_server_.next_event())
        handle_event(*event);
    } catch (const EndOfFile&) {
      if (std::exchange(fork_server_gone_, true)) return;
      for (int worker = 0; worker < workers_; ++worker)
        on_worker_death(worker, SIGKILL, "killed with the pool's fork server");
      if (!closed_ || fork_server_.starting() > 0 || !tasks_.all_claimed())
        give_up(
            std::make_exception_ptr(WorkerDied(SIGKILL, 0, "the pool's fork server was killed")));
    }
  }

  void handle_event(const ForkServer::Event& event) PARLAB_REQUIRES(mutex_) {
    switch (event.kind) {
      case ForkServer::Event::Kind::started:
        running_[static_cast<std::size_t>(event.slot)] = true;
        break;
      case ForkServer::Event::Kind::not_started:
        give_up(std::make_exception_ptr(OutOfRoom(
            refusal(fmt::format("start worker {} of {} of a pool", event.slot + 1, workers_),
                    event.error)
                .what())));
        break;
      case ForkServer::Event::Kind::ended:
        on_worker_death(event.slot, event.status.signal.value_or(0), event.status.describe());
        if (!ended_ && !broken_ && (!closed_ || !tasks_.all_claimed()))
          fork_server_.start(event.slot);
        break;
    }
  }

  void on_worker_death(int worker, int signal, const std::string& cause) PARLAB_REQUIRES(mutex_) {
    running_[static_cast<std::size_t>(worker)] = false;
    tasks_.on_worker_death(worker, signal, cause, give_up_);
    if (broken_) tasks_.fail_all(broken_);
  }

  /// Everything waits for what will not come: says why.
  void give_up(std::exception_ptr why) PARLAB_REQUIRES(mutex_) {
    if (!broken_) broken_ = std::move(why);
    tasks_.fail_all(broken_);
  }

  /// After close(): who has nothing to do will get nothing more.
  void release_idle_workers() PARLAB_REQUIRES(mutex_) {
    if (!closed_ || !tasks_.all_put()) return;
    if (!std::exchange(workers_released_, true)) board_.release_workers();
    if (!tasks_.all_answered() || fork_server_.starting() > 0) return;
    if (!std::exchange(fork_server_released_, true)) fork_server_.end_when_idle();
  }

  bool none_running() const PARLAB_REQUIRES(mutex_) {
    return std::ranges::find(running_, true) == running_.end();
  }

  const pid_t owner_ = getpid();
  const int workers_;
  WorkerGroupOptions options_;
  TaskBoard board_;
  SharedObject<std::atomic<std::uint64_t>> events_;  // of the fork server, that were sent
  ForkServer fork_server_;                           // forked before the pool's own thread

  Mutex mutex_;
  std::condition_variable changed_;
  std::atomic<std::uint64_t> rounds_ = 0;           // tell_waiters() was called
  bool serving_ PARLAB_GUARDED_BY(mutex_) = false;  // some thread is
  bool closed_ PARLAB_GUARDED_BY(mutex_) = false;
  bool ended_ PARLAB_GUARDED_BY(mutex_) = false;  // terminated
  bool workers_released_ PARLAB_GUARDED_BY(mutex_) = false;
  bool fork_server_released_ PARLAB_GUARDED_BY(mutex_) = false;
  bool fork_server_gone_ PARLAB_GUARDED_BY(mutex_) = false;
  std::exception_ptr broken_ PARLAB_GUARDED_BY(mutex_);  // why no task can be done any more
  WorkerTasks tasks_ PARLAB_GUARDED_BY(mutex_);
  std::vector<bool> running_ PARLAB_GUARDED_BY(mutex_);  // workers
  std::uint64_t events_seen_ PARLAB_GUARDED_BY(mutex_) = 0;
  const std::function<void(std::exception_ptr)> give_up_ = [this](std::exception_ptr why) {
    mutex_.assert_held();
    give_up(std::move(why));
  };
  std::thread background_;  // started under the mutex, joined without it once closed_
};

}  // namespace

std::shared_ptr<WorkerGroup> make_process_worker_group(int workers, WorkerGroupOptions options) {
  if (workers < 1) throw std::invalid_argument("a pool needs one worker or more");
  return std::make_shared<ProcessWorkerGroup>(workers, std::move(options));
}

}  // namespace parlab
