// The processes of a Pool. A fork server forks and reaps them; each has its own socket, so that
// no lock is shared with one that may be killed. Whichever thread waits for a result does the work
// of the group meanwhile; a thread of the group's own does it once an asynchronous call was made.

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <new>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include "kernels/base/limits.hpp"
#include "kernels/base/sharing_errors.hpp"
#include "kernels/posix/file_descriptor.hpp"
#include "kernels/posix/mutex.hpp"
#include "kernels/posix/process/fork_guard.hpp"
#include "kernels/posix/shared_mapping.hpp"
#include "kernels/posix/signal_guard.hpp"
#include "kernels/posix/start_thread.hpp"
#include "kernels/sharing/pool/fork_server.hpp"
#include "kernels/sharing/pool/pool_worker.hpp"
#include "kernels/sharing/pool/worker_group.hpp"
#include "kernels/sharing/pool/worker_tasks.hpp"

namespace parlab {
namespace {

constexpr std::chrono::milliseconds termination_grace{1000};  // between SIGTERM and SIGKILL

/// What a worker wrote of an exception, as one of ours.
std::exception_ptr take_failure(WireReader& answer, const std::string& before = "") {
  const auto [type, message] = take_from_wire<std::pair<std::string, std::string>>(answer);
  return std::make_exception_ptr(TaskFailed(type, before + message));
}

class ProcessWorkerGroup final : public WorkerGroup {
 public:
  ProcessWorkerGroup(int workers, WorkerGroupOptions options)
      : workers_(workers),
        options_(std::move(options)),
        progress_(static_cast<std::size_t>(workers) * sizeof(WorkerProgress)),
        fork_server_([this](int slot, int socket) {
          work_on_tasks(socket, progress(slot), options_.initializer);
        }),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        tasks_(options_.max_tasks_per_child) {
    if (!wake_) throw OutOfRoom(refusal("make a pool", errno).what());
    try {
      for (int slot = 0; slot < workers; ++slot) {
        new (&progress(slot)) WorkerProgress;
        tasks_.add_worker(progress(slot));
      }
      for (int slot = 0; slot < workers; ++slot) fork_server_.start(slot);
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

  void submit(std::shared_ptr<PoolTask> task) override {
    if (getpid() != owner_)
      throw std::logic_error("a pool belongs to the process that made it: make another here");
    const MutexLock lock(mutex_);
    if (broken_) std::rethrow_exception(broken_);
    if (closed_) throw std::logic_error("the pool was closed: make another");
    tasks_.add(std::move(task));
    hand_out();
  }

  bool wait_until(FunctionRef<bool()> done, Deadline deadline) override {
    return serve_until(done, deadline, true);
  }

  void change(FunctionRef<void()> change) override {
    const MutexLock lock(mutex_);
    change();
    changed_.notify_all();
    wake_leader();
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
        changed_.notify_all();
      }
    };
    background_ = start_thread(serve, "the thread that serves a pool's asynchronous calls");
  }

  void close() override {
    const MutexLock lock(mutex_);
    if (closed_) return;
    closed_ = true;
    release_idle_workers();
    wake_leader();
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
      changed_.notify_all();
      wake_leader();
    }
    if (background_.joinable()) background_.join();
    if (!fork_server_.join(termination_grace + std::chrono::seconds(1))) fork_server_.kill();
    const MutexLock lock(mutex_);  // a thread that waits for a result may look at them
    for (WorkerSlot& slot : tasks_.workers()) slot.detach();
  }

  bool join(Deadline deadline) override {
    {
      const MutexLock lock(mutex_);
      if (!closed_) throw std::logic_error("close() or terminate() the pool before join()");
    }
    // One that is only starting waits for a socket that nobody takes, and so does the fork server.
    const auto all_done = [this] {
      mutex_.assert_held();
      return tasks_.all_given() && (fork_server_gone_ || fork_server_.starting() == 0) &&
             std::none_of(
                 tasks_.workers().begin(), tasks_.workers().end(),
                 [](const WorkerSlot& slot) { return slot.waiting() > 0 || slot.attached(); });
    };
    return serve_until(all_done, deadline, true) && fork_server_.join(deadline);
  }

 private:
  WorkerProgress& progress(int slot) {
    return reinterpret_cast<WorkerProgress*>(progress_.data())[slot];
  }

  /// Leads, or waits while another thread leads, until done().
  bool serve_until(FunctionRef<bool()> done, Deadline deadline, bool interruptible) {
    MutexLock lock(mutex_);
    while (!done()) {
      if (deadline.passed()) return false;
      if (interruptible) InterruptionScope::check();
      if (leading_) {
        lock.wait_until(changed_, deadline.within(max_sleep).at());
        continue;
      }
      leading_ = true;
      try {
        run_event_loop(deadline);
      } catch (...) {
        leading_ = false;
        changed_.notify_all();
        throw;
      }
      leading_ = false;
      changed_.notify_all();
    }
    return true;
  }

  /// Waits for one round of events and handles them.
  void run_event_loop(Deadline deadline) PARLAB_REQUIRES(mutex_) {
    watched_.clear();
    watched_.push_back({wake_.get(), POLLIN, 0});
    // Its death is an event once: later all is known.
    watched_.push_back({fork_server_gone_ ? -1 : fork_server_.fd(), POLLIN, 0});
    for (const WorkerSlot& slot : tasks_.workers())
      watched_.push_back({slot.socket(),
                          static_cast<short>(slot.has_more_to_send() ? POLLIN | POLLOUT : POLLIN),
                          0});
    mutex_.unlock();
    const int ready =
        poll(watched_.data(), watched_.size(), deadline.within(max_sleep).poll_milliseconds());
    const int error = errno;
    mutex_.lock();
    if (ready < 0 && error != EINTR)
      throw std::system_error(error, std::generic_category(), "cannot wait for the workers");
    if (ready <= 0) return;
    if (watched_[0].revents != 0) {
      std::uint64_t count = 0;
      static_cast<void>(read(wake_.get(), &count, sizeof count));
    }
    for (std::size_t i = 0; i < tasks_.workers().size(); ++i)
      if (watched_[i + 2].revents != 0 && tasks_.workers()[i].socket() == watched_[i + 2].fd)
        read_answers(tasks_.workers()[i]);
    if (watched_[1].revents != 0) read_events();
    hand_out();
    if (tasks_.rebalance()) wake_leader();
    release_idle_workers();
  }

  /// Answers of a worker. The tasks of a dead one are handled when its death is reported.
  void read_answers(WorkerSlot& slot) PARLAB_REQUIRES(mutex_) {
    try {
      slot.flush();
      while (slot.attached() && slot.receive()) {
        WireReader answer(slot.answer());
        take_answer(slot, answer);
      }
    } catch (const EndOfFile&) {
      slot.detach();
    } catch (const BadMessage&) {  // a task wrote over its worker's memory, or to its socket
      slot.detach();
    }
  }

  void take_answer(WorkerSlot& slot, WireReader& answer) PARLAB_REQUIRES(mutex_) {
    const auto head = take_from_wire<AnswerHead>(answer);
    if (head.kind == AnswerHead::Kind::initializer_failed) {
      give_up(take_failure(answer, "the initializer failed: "));
      return;
    }
    const std::shared_ptr<PoolTask> task = slot.answered(head.number);
    if (!task) return;
    try {
      if (head.kind == AnswerHead::Kind::done) {
        task->read_output(answer);
      } else {
        task->fail(take_failure(answer));
      }
    } catch (...) {
      task->fail(std::current_exception());
    }
    task->finish();
    // On the end of its socket it ends; the fork server reports that, and another is started.
    if (tasks_.is_used_up(slot) && slot.waiting() == 0) slot.detach();
  }

  void read_events() PARLAB_REQUIRES(mutex_) {
    try {
      while (std::optional<ForkServer::Event> event = fork_server_.next_event())
        handle_event(*std::move(event));
    } catch (const EndOfFile&) {
      fork_server_gone_ = true;
      for (WorkerSlot& slot : tasks_.workers())
        on_worker_death(slot, SIGKILL, "killed with the pool's fork server");
      if (!closed_ || fork_server_.starting() > 0 || !tasks_.all_given())
        give_up(
            std::make_exception_ptr(WorkerDied(SIGKILL, 0, "the pool's fork server was killed")));
    }
  }

  void handle_event(ForkServer::Event event) PARLAB_REQUIRES(mutex_) {
    WorkerSlot& slot = tasks_.workers()[static_cast<std::size_t>(event.slot)];
    switch (event.kind) {
      case ForkServer::Event::Kind::started:
        slot.attach(std::move(event.socket));
        break;
      case ForkServer::Event::Kind::not_started:
        give_up(std::make_exception_ptr(
            OutOfRoom(refusal(fmt::format("start worker {} of {} of a pool", event.slot + 1,
                                          tasks_.workers().size()),
                              event.error)
                          .what())));
        break;
      case ForkServer::Event::Kind::ended:
        if (slot.attached()) read_answers(slot);  // what it answered before
        on_worker_death(slot, event.status.signal.value_or(0), event.status.describe());
        if (!ended_ && !broken_ && (!closed_ || !tasks_.all_given()))
          fork_server_.start(event.slot);
        break;
    }
  }

  void on_worker_death(WorkerSlot& slot, int signal, const std::string& cause)
      PARLAB_REQUIRES(mutex_) {
    tasks_.on_worker_death(slot, signal, cause);
    if (broken_) tasks_.fail_all(broken_);
  }

  /// Everything waits for what will not come: says why.
  void give_up(std::exception_ptr why) PARLAB_REQUIRES(mutex_) {
    if (!broken_) broken_ = std::move(why);
    tasks_.fail_all(broken_);
  }

  void hand_out() PARLAB_REQUIRES(mutex_) {
    if (tasks_.hand_out()) wake_leader();
  }

  /// After close(): who has nothing to do will get nothing more.
  void release_idle_workers() PARLAB_REQUIRES(mutex_) {
    if (!closed_ || !tasks_.all_given()) return;
    bool all_idle = true;
    for (WorkerSlot& slot : tasks_.workers()) {
      if (slot.attached() && slot.waiting() == 0) slot.detach();
      all_idle &= slot.waiting() == 0;
    }
    if (all_idle && !released_) fork_server_.end_when_idle();
    released_ |= all_idle;
  }

  void wake_leader() PARLAB_REQUIRES(mutex_) {
    const std::uint64_t one = 1;
    if (leading_) static_cast<void>(write(wake_.get(), &one, sizeof one));
  }

  const pid_t owner_ = getpid();
  const int workers_;
  WorkerGroupOptions options_;
  SharedMapping progress_;
  ForkServer fork_server_;  // forked before the group's own thread
  FileDescriptor wake_;     // eventfd, ends the leader's poll()

  Mutex mutex_;
  std::condition_variable changed_;
  bool leading_ PARLAB_GUARDED_BY(mutex_) = false;
  bool closed_ PARLAB_GUARDED_BY(mutex_) = false;
  bool ended_ PARLAB_GUARDED_BY(mutex_) = false;  // terminated
  /// The fork server was told to end after its workers.
  bool released_ PARLAB_GUARDED_BY(mutex_) = false;
  bool fork_server_gone_ PARLAB_GUARDED_BY(mutex_) = false;
  std::exception_ptr broken_ PARLAB_GUARDED_BY(mutex_);  // why no task can be done any more
  WorkerTasks tasks_ PARLAB_GUARDED_BY(mutex_);
  std::vector<pollfd> watched_;  // the leader's
  std::thread background_;       // started under the mutex, joined without it once closed_
};

}  // namespace

std::shared_ptr<WorkerGroup> make_process_worker_group(int workers, WorkerGroupOptions options) {
  if (workers < 1) throw std::invalid_argument("a pool needs one worker or more");
  return std::make_shared<ProcessWorkerGroup>(workers, std::move(options));
}

}  // namespace parlab
