// The processes of a Pool. One keeper forks and reaps them; each has a socket of its own, so that
// no lock is shared with one that may be killed. Whichever thread waits for a result does the work
// of the crew meanwhile; a thread of the crew's own does it once an asynchronous call was made.

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <new>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include "kernels/base/limits.hpp"
#include "kernels/base/sharing_errors.hpp"
#include "kernels/posix/file_descriptor.hpp"
#include "kernels/posix/fork_guard.hpp"
#include "kernels/posix/shared_mapping.hpp"
#include "kernels/posix/signal_guard.hpp"
#include "kernels/posix/start_thread.hpp"
#include "kernels/sharing/pool/fork_server.hpp"
#include "kernels/sharing/pool/pool_worker.hpp"
#include "kernels/sharing/pool/worker_group.hpp"
#include "kernels/sharing/pool/worker_slot.hpp"

namespace parlab {
namespace {

constexpr std::chrono::milliseconds crew_grace{1000};  // between SIGTERM and SIGKILL

/// Tasks that a worker has, so that it need not wait for the next. A second one that waits behind a
/// long first is taken back as soon as another worker has nothing to do.
constexpr std::size_t tasks_ahead = 2;

class ProcessCrew final : public Crew {
 public:
  ProcessCrew(int workers, CrewOptions options)
      : options_(std::move(options)),
        places_(static_cast<std::size_t>(workers) * sizeof(WorkerPlace)),
        keeper_([this](int seat, int socket) {
          work_on_tasks(socket, place(seat), options_.initializer);
        }),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!wake_) throw OutOfRoom(refusal("make a pool", errno).what());
    try {
      for (int seat = 0; seat < workers; ++seat) {
        new (&place(seat)) WorkerPlace;
        seats_.emplace_back(place(seat));
      }
      for (int seat = 0; seat < workers; ++seat) keeper_.start(seat);
      // Not to return before they are there, or it is known why not.
      while (keeper_.starting() > 0 && !broken_) {
        pollfd news{keeper_.fd(), POLLIN, 0};
        if (poll(&news, 1, -1) < 0 && errno == EINTR) InterruptionScope::check();
        hear_keeper();
      }
      if (broken_) std::rethrow_exception(broken_);
    } catch (...) {
      terminate();  // those that started are gone when the caller learns why not all did
      throw;
    }
  }

  ~ProcessCrew() override { terminate(); }

  int workers() const override { return static_cast<int>(seats_.size()); }

  void submit(std::shared_ptr<PoolTask> task) override {
    if (getpid() != owner_)
      throw std::logic_error("a pool belongs to the process that made it: make another here");
    const std::lock_guard lock(mutex_);
    if (broken_) std::rethrow_exception(broken_);
    if (closed_) throw std::logic_error("the pool was closed: make another");
    tasks_.push_back(std::move(task));
    hand_out();
  }

  bool wait_until(FunctionRef<bool()> done, Deadline deadline) override {
    return serve_until(done, deadline, true);
  }

  void change(FunctionRef<void()> change) override {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
    wake_leader();
  }

  void run_in_background() override {
    const std::lock_guard lock(mutex_);
    if (background_.joinable() || closed_) return;
    const auto serve = [this] {
      const ThreadThatMayFork counted;
      block_all_signals();
      try {
        serve_until([this] { return ended_; }, {}, false);
      } catch (...) {  // whoever waits for a result gets it
        const std::lock_guard held(mutex_);
        give_up(std::current_exception());
        changed_.notify_all();
      }
    };
    background_ = start_thread(serve, "the thread that serves a pool's asynchronous calls");
  }

  void close() override {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    closed_ = true;
    let_idle_workers_go();
    wake_leader();
  }

  void terminate() override {
    if (getpid() != owner_) return;  // a forked copy
    {
      const std::lock_guard lock(mutex_);
      if (!closed_ || !ended_) keeper_.end_all(crew_grace);
      closed_ = true;
      if (!broken_)
        broken_ =
            std::make_exception_ptr(SharingError("the pool was terminated before this was done"));
      ended_ = true;
      fail_all();
      changed_.notify_all();
      wake_leader();
    }
    if (background_.joinable()) background_.join();
    if (!keeper_.join(crew_grace + std::chrono::seconds(1))) keeper_.kill();
    for (Seat& seat : seats_) seat.leave();
  }

  bool join(Deadline deadline) override {
    {
      const std::lock_guard lock(mutex_);
      if (!closed_) throw std::logic_error("close() or terminate() the pool before join()");
    }
    // One that is only starting would wait for a socket that nobody takes, and so would the keeper.
    const auto all_done = [this] {
      return tasks_.empty() && (keeper_gone_ || keeper_.starting() == 0) &&
             std::none_of(seats_.begin(), seats_.end(),
                          [](const Seat& seat) { return seat.waiting() > 0 || seat.taken(); });
    };
    return serve_until(all_done, deadline, true) && keeper_.join(deadline);
  }

 private:
  WorkerPlace& place(int seat) { return reinterpret_cast<WorkerPlace*>(places_.data())[seat]; }

  /// Leads, or waits while another thread leads, until done().
  bool serve_until(FunctionRef<bool()> done, Deadline deadline, bool interruptible) {
    std::unique_lock lock(mutex_);
    while (!done()) {
      if (deadline.passed()) return false;
      if (interruptible) InterruptionScope::check();
      if (leading_) {
        changed_.wait_until(lock, deadline.within(longest_sleep).at());
        continue;
      }
      leading_ = true;
      try {
        lead(lock, deadline);
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
  void lead(std::unique_lock<std::mutex>& lock, Deadline deadline) {
    watched_.clear();
    watched_.push_back({wake_.get(), POLLIN, 0});
    // Its death is news once: later all is known.
    watched_.push_back({keeper_gone_ ? -1 : keeper_.fd(), POLLIN, 0});
    for (const Seat& seat : seats_)
      watched_.push_back({seat.socket(),
                          static_cast<short>(seat.has_more_to_send() ? POLLIN | POLLOUT : POLLIN),
                          0});
    lock.unlock();
    const int ready =
        poll(watched_.data(), watched_.size(), deadline.within(longest_sleep).poll_milliseconds());
    const int error = errno;
    lock.lock();
    if (ready < 0 && error != EINTR)
      throw std::system_error(error, std::generic_category(), "cannot wait for the workers");
    if (ready <= 0) return;
    if (watched_[0].revents != 0) {
      std::uint64_t count = 0;
      static_cast<void>(read(wake_.get(), &count, sizeof count));
    }
    for (std::size_t i = 0; i < seats_.size(); ++i)
      if (watched_[i + 2].revents != 0 && seats_[i].socket() == watched_[i + 2].fd) hear(seats_[i]);
    if (watched_[1].revents != 0) hear_keeper();
    hand_out();
    even_out();
    let_idle_workers_go();
  }

  /// Gives what waits behind one worker's task to others that have nothing to do.
  void even_out() {
    const auto has_nothing = [this](const Seat& seat) {
      return seat.taken() && seat.waiting() == 0 && !is_used_up(seat);
    };
    if (!tasks_.empty() || std::none_of(seats_.begin(), seats_.end(), has_nothing)) return;
    for (Seat& seat : seats_)
      if (seat.waiting() >= tasks_ahead)
        for (auto& task : seat.take_back()) tasks_.push_back(std::move(task));
    hand_out();
  }

  /// Answers of a worker. What is left of a dead one is seen to when the keeper says how it died.
  void hear(Seat& seat) {
    try {
      seat.flush();
      while (seat.taken() && seat.receive()) {
        WireReader answer(seat.answer());
        take_answer(seat, answer);
      }
    } catch (const EndOfFile&) {
      seat.leave();
    } catch (const BadMessage&) {  // a task wrote over its worker's memory, or to its socket
      seat.leave();
    }
  }

  void take_answer(Seat& seat, WireReader& answer) {
    const auto head = take_from_wire<AnswerHead>(answer);
    if (head.kind == AnswerHead::Kind::initializer_failed) {
      const auto [type, message] = take_from_wire<std::pair<std::string, std::string>>(answer);
      give_up(std::make_exception_ptr(TaskFailed(type, "the initializer failed: " + message)));
      return;
    }
    const std::shared_ptr<PoolTask> task = seat.answered(head.number);
    if (!task) return;
    try {
      if (head.kind == AnswerHead::Kind::done) {
        task->read_output(answer);
      } else {
        const auto [type, message] = take_from_wire<std::pair<std::string, std::string>>(answer);
        task->fail(std::make_exception_ptr(TaskFailed(type, message)));
      }
    } catch (...) {
      task->fail(std::current_exception());
    }
    task->finish();
    // On the end of its socket it ends; the keeper's news of that brings another.
    if (is_used_up(seat) && seat.waiting() == 0) seat.leave();
  }

  void hear_keeper() {
    try {
      while (std::optional<WorkerKeeper::News> news = keeper_.news()) take_news(*std::move(news));
    } catch (const EndOfFile&) {
      keeper_gone_ = true;
      for (Seat& seat : seats_) bury(seat, SIGKILL, "killed with the pool's keeper");
      if (!closed_ || keeper_.starting() > 0 || !tasks_.empty())
        give_up(std::make_exception_ptr(
            WorkerDied(SIGKILL, 0, "the process that keeps the pool's workers was killed")));
    }
  }

  void take_news(WorkerKeeper::News news) {
    Seat& seat = seats_[static_cast<std::size_t>(news.seat)];
    switch (news.kind) {
      case WorkerKeeper::News::Kind::started:
        seat.take(std::move(news.socket));
        break;
      case WorkerKeeper::News::Kind::not_started:
        give_up(std::make_exception_ptr(OutOfRoom(
            refusal(fmt::format("start worker {} of {} of a pool", news.seat + 1, seats_.size()),
                    news.error)
                .what())));
        break;
      case WorkerKeeper::News::Kind::ended: {
        if (seat.taken()) hear(seat);  // what it answered before
        bury(seat, news.status.signal.value_or(0), news.status.describe());
        if (!ended_ && !broken_ && (!closed_ || !tasks_.empty())) keeper_.start(news.seat);
        break;
      }
    }
  }

  /// Fails what a dead worker had begun, and takes back what it had not.
  void bury(Seat& seat, int signal, const std::string& cause) {
    Seat::Remains remains = seat.clear();
    for (const auto& task : remains.begun) {
      task->fail(std::make_exception_ptr(WorkerDied(signal, remains.at_item, cause)));
      task->finish();
    }
    for (auto task = remains.untouched.rbegin(); task != remains.untouched.rend(); ++task)
      tasks_.push_front(std::move(*task));
    if (broken_) fail_all();
  }

  /// Everything waits for what will not come: says why.
  void give_up(std::exception_ptr why) {
    if (!broken_) broken_ = std::move(why);
    fail_all();
  }

  void fail_all() {
    for (Seat& seat : seats_) {
      const Seat::Remains remains = seat.clear();
      for (const auto* tasks : {&remains.begun, &remains.untouched})
        for (const auto& task : *tasks) {
          task->fail(broken_);
          task->finish();
        }
    }
    for (const auto& task : tasks_) {
      task->fail(broken_);
      task->finish();
    }
    tasks_.clear();
  }

  bool is_used_up(const Seat& seat) const {
    return options_.max_tasks_per_child != 0 && seat.given() >= options_.max_tasks_per_child;
  }

  void hand_out() {
    bool more_to_send = false;
    // One each, then another each: the last ones are not to queue up behind one worker.
    for (std::size_t ahead = 1; ahead <= tasks_ahead && !tasks_.empty(); ++ahead)
      for (Seat& seat : seats_) {
        if (tasks_.empty()) break;
        if (!seat.taken() || seat.waiting() >= ahead || is_used_up(seat)) continue;
        const std::shared_ptr<PoolTask> task = std::move(tasks_.front());
        tasks_.pop_front();
        try {
          seat.give(task);
        } catch (const EndOfFile&) {  // the task stays given, and untouched
          seat.leave();
        } catch (...) {  // its input cannot be sent; whoever waits for it learns why
          task->fail(std::current_exception());
          task->finish();
        }
        more_to_send |= seat.has_more_to_send();
      }
    if (more_to_send) wake_leader();
  }

  /// After close(): who has nothing to do will get nothing more.
  void let_idle_workers_go() {
    if (!closed_ || !tasks_.empty()) return;
    bool all_idle = true;
    for (Seat& seat : seats_) {
      if (seat.taken() && seat.waiting() == 0) seat.leave();
      all_idle &= seat.waiting() == 0;
    }
    if (all_idle && !released_) keeper_.end_when_idle();
    released_ |= all_idle;
  }

  void wake_leader() {
    const std::uint64_t one = 1;
    if (leading_) static_cast<void>(write(wake_.get(), &one, sizeof one));
  }

  const pid_t owner_ = getpid();
  CrewOptions options_;
  SharedMapping places_;
  WorkerKeeper keeper_;  // forked before the crew's own thread
  FileDescriptor wake_;  // eventfd, ends the leader's poll()

  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  bool leading_ = false;
  bool closed_ = false;
  bool ended_ = false;     // terminated
  bool released_ = false;  // the keeper was told to end after its workers
  bool keeper_gone_ = false;
  std::exception_ptr broken_;  // why no task can be done any more
  std::vector<Seat> seats_;
  std::deque<std::shared_ptr<PoolTask>> tasks_;
  std::vector<pollfd> watched_;  // the leader's
  std::thread background_;
};

}  // namespace

std::shared_ptr<Crew> make_process_crew(int workers, CrewOptions options) {
  if (workers < 1) throw std::invalid_argument("a pool needs one worker or more");
  return std::make_shared<ProcessCrew>(workers, std::move(options));
}

}  // namespace parlab
