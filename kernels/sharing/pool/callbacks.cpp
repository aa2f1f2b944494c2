#include "kernels/sharing/pool/callbacks.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>

#include "kernels/posix/process/fork_guard.hpp"
#include "kernels/posix/signal_guard.hpp"
#include "kernels/posix/start_thread.hpp"

namespace parlab {

struct CallbackThread::State {
  const pid_t owner = getpid();
  std::mutex mutex;  // guards all below
  std::condition_variable changed;
  std::deque<std::function<void()>> posted;
  bool running = false;
  bool ended = false;
};

CallbackThread::CallbackThread() : state_(std::make_shared<State>()) {}

CallbackThread::~CallbackThread() {
  if (!thread_.joinable()) return;
  if (state_->owner != getpid()) {  // a forked copy has no such thread
    thread_.detach();
    return;
  }
  {
    const std::lock_guard lock(state_->mutex);
    state_->ended = true;
    state_->changed.notify_all();
  }
  if (thread_.get_id() == std::this_thread::get_id())
    thread_.detach();
  else
    thread_.join();
}

void CallbackThread::start() {
  const std::lock_guard lock(state_->mutex);
  if (thread_.joinable()) return;
  thread_ = start_thread([state = state_] { run(*state); }, "the thread for a pool's callbacks");
}

void CallbackThread::post(std::function<void()> work) {
  const std::lock_guard lock(state_->mutex);
  state_->posted.push_back(std::move(work));
  state_->changed.notify_all();
}

bool CallbackThread::wait_until_idle(Deadline deadline) {
  std::unique_lock lock(state_->mutex);
  while (!state_->posted.empty() || state_->running) {
    if (deadline.passed()) return false;
    InterruptionScope::check();
    state_->changed.wait_until(lock, deadline.within(max_sleep).at());
  }
  return true;
}

void CallbackThread::run(State& state) {
  block_all_signals();
  std::unique_lock lock(state.mutex);
  for (;;) {
    {
      const ThreadThatMayFork counted;  // but not while a callback runs, which may hold a lock
      state.changed.wait(lock, [&] { return state.ended || !state.posted.empty(); });
    }
    if (state.posted.empty()) return;
    const std::function<void()> work = std::move(state.posted.front());
    state.posted.pop_front();
    state.running = true;
    lock.unlock();
    work();
    lock.lock();
    state.running = false;
    state.changed.notify_all();
  }
}

void call_back(const std::function<void()>& callback) noexcept {
  try {
    callback();
  } catch (const std::exception& error) {
    fmt::print(stderr, "parlab: a callback of a pool: {}\n", error.what());
  } catch (...) {
    fmt::print(stderr, "parlab: a callback of a pool threw what is not a std::exception\n");
  }
}

}  // namespace parlab
