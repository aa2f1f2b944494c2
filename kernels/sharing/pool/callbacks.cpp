#include "kernels/sharing/pool/callbacks.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <deque>

#include "kernels/posix/mutex.hpp"
#include "kernels/posix/process/fork_guard.hpp"
#include "kernels/posix/signal_guard.hpp"
#include "kernels/posix/start_thread.hpp"

namespace parlab {

struct CallbackThread::State {
  const pid_t owner = getpid();
  Mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<void()>> posted PARLAB_GUARDED_BY(mutex);
  bool running PARLAB_GUARDED_BY(mutex) = false;
  bool ended PARLAB_GUARDED_BY(mutex) = false;
};

CallbackThread::CallbackThread() : state_(std::make_shared<State>()) {}

CallbackThread::~CallbackThread() {
  if (!thread_.joinable()) return;
  if (state_->owner != getpid()) {  // a forked copy has no such thread
    thread_.detach();
    return;
  }
  {
    const MutexLock lock(state_->mutex);
    state_->ended = true;
    state_->changed.notify_all();
  }
  if (thread_.get_id() == std::this_thread::get_id())
    thread_.detach();
  else
    thread_.join();
}

void CallbackThread::start() {
  const MutexLock lock(state_->mutex);
  if (thread_.joinable()) return;
  thread_ = start_thread([state = state_] { run(*state); }, "the thread for a pool's callbacks");
}

void CallbackThread::post(std::function<void()> work) {
  const MutexLock lock(state_->mutex);
  state_->posted.push_back(std::move(work));
  state_->changed.notify_all();
}

bool CallbackThread::wait_until_idle(Deadline deadline) {
  MutexLock lock(state_->mutex);
  while (!state_->posted.empty() || state_->running) {
    if (deadline.passed()) return false;
    InterruptionScope::check();
    lock.wait_until(state_->changed, deadline.within(max_sleep).at());
  }
  return true;
}

void CallbackThread::run(State& state) {
  block_all_signals();
  MutexLock lock(state.mutex);
  for (;;) {
    {
      const ThreadThatMayFork counted;  // but not while a callback runs, which may hold a lock
      while (!state.ended && state.posted.empty()) lock.wait(state.changed);
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
