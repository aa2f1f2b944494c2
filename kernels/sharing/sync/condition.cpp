#include "kernels/sharing/sync/condition.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

#include "kernels/base/sharing_errors.hpp"
#include "kernels/posix/signal_guard.hpp"

namespace parlab {

bool Condition::wait(Deadline deadline) {
  return sleep([] { return false; }, deadline) == Woken::by_notify;
}

bool Condition::wait_for(FunctionRef<bool()> holds, Deadline deadline) {
  while (!holds()) {
    if (deadline.passed()) return false;
    if (sleep(holds, deadline) == Woken::by_itself) break;
  }
  return true;
}

Condition::Woken Condition::sleep(FunctionRef<bool()> holds, Deadline deadline) {
  Waiters::Waiter waiter(waiters_);
  lock_.release();  // a notify from here on finds the waiter
  bool held = false;
  for (bool awake = false; !awake;) {
    try {
      waiter.sleep(deadline);
    } catch (...) {
      lock_again();
      throw;
    }
    awake = waiter.notified() || deadline.passed();
    if (awake) {
      lock_again();
      break;
    }
    // A slice has passed. Whoever was to notify may have been killed, with the lock or without, or
    // whoever was notified.
    if (!lock_.acquire_even_poisoned(std::chrono::seconds(0))) continue;
    waiters_.pass_on();
    held = !lock_.state_->poisoned && holds();
    awake = held || lock_.state_->poisoned || waiter.notified();
    if (!awake) lock_.release();
  }
  const bool notified = waiter.finish();
  if (lock_.state_->poisoned) throw Poisoned();
  if (held) return Woken::by_itself;
  return notified ? Woken::by_notify : Woken::at_deadline;
}

/// The first signal does not keep it from the lock, which the caller is to hold; a second does.
void Condition::lock_again() {
  try {
    lock_.acquire_even_poisoned();
  } catch (const Interrupted&) {
    lock_.acquire_even_poisoned();
    throw;
  }
}

void Event::set() {
  state_->set.store(1);
  state_->event_count.notify_all();
}

bool Event::wait(Deadline deadline) {
  for (;;) {
    const std::uint32_t ticket = state_->event_count.prepare_wait();
    if (state_->set.load() != 0) return true;
    if (deadline.passed()) return false;
    state_->event_count.wait(ticket, deadline);
  }
}

bool Semaphore::take() {
  std::uint32_t units = state_->units.load();
  while (units > 0)
    if (state_->units.compare_exchange_weak(units, units - 1)) return true;
  return false;
}

bool Semaphore::acquire(Deadline deadline) {
  if (take()) return true;
  for (;;) {
    const std::uint32_t ticket = state_->event_count.prepare_wait();
    if (take()) return true;
    if (deadline.passed()) return false;
    state_->event_count.wait(ticket, deadline);
  }
}

void Semaphore::release(Exactly<std::uint32_t> units) {
  std::uint32_t now = state_->units.load();
  do {
    if (units > state_->max_units - now)
      throw std::logic_error("a semaphore was released more often than it was acquired");
  } while (!state_->units.compare_exchange_weak(now, now + units));
  constexpr std::uint32_t most = std::numeric_limits<int>::max();
  state_->event_count.notify(static_cast<int>(std::min<std::uint32_t>(units, most)));
}

Barrier::Barrier(Exactly<std::uint32_t> parties, std::function<void()> action)
    : state_(0, parties), action_(std::move(action)) {
  if (parties == 0) throw std::invalid_argument("a barrier needs one party or more");
}

std::uint32_t Barrier::wait(Deadline deadline) {
  Progress here{};
  bool last = false;
  {
    const RobustMutex::Outcome locked = state_->mutex.lock();
    const MutexRelease hold(state_->mutex, locked);
    notice(locked);
    if (state_->broken) throw BrokenBarrier("the barrier is broken: reset() it");
    here = state_->progress;
    last = here.waiting + 1 == state_->parties;
    if (last) act();
    state_->progress = last ? Progress{here.round + 1, 0} : Progress{here.round, here.waiting + 1};
  }
  if (last) {
    state_->event_count.notify_all();
    return here.waiting;
  }
  for (;;) {
    const std::uint32_t ticket = state_->event_count.prepare_wait();
    const bool broken_off = state_->last_broken == std::uint64_t{here.round} + 1;
    if (broken_off) throw BrokenBarrier("the barrier was broken while this party waited");
    if (state_->progress.load().round != here.round) return here.waiting;
    if (deadline.passed()) {
      break_round(here.round, true);  // unless the last one came just now
      continue;
    }
    state_->event_count.wait(ticket, deadline);
    if (!is_acting()) continue;
    const RobustMutex::Outcome locked = state_->mutex.lock(std::chrono::seconds(0));
    if (locked == RobustMutex::Outcome::timed_out) continue;
    const MutexRelease hold(state_->mutex, locked);
    notice(locked);
  }
}

bool Barrier::is_acting() const {
  return state_->acting == std::uint64_t{state_->progress.load().round} + 1;
}

/// With the mutex held: its last owner may have been killed in an action.
void Barrier::notice(RobustMutex::Outcome locked) {
  if (locked == RobustMutex::Outcome::owner_died && is_acting()) break_held(true);
}

/// With the mutex held, so that nobody goes on or away meanwhile.
void Barrier::act() {
  if (!action_) return;
  state_->acting = std::uint64_t{state_->progress.load().round} + 1;
  try {
    action_();
  } catch (...) {
    break_held(true);
    throw;
  }
}

void Barrier::break_held(bool stay_broken) {
  const std::uint32_t round = state_->progress.load().round;
  state_->last_broken = std::uint64_t{round} + 1;
  state_->broken = stay_broken;
  state_->acting = 0;
  if (!stay_broken) state_->progress = Progress{round + 1, 0};
  state_->event_count.notify_all();
}

void Barrier::break_round(std::uint32_t round, bool stay_broken) {
  const RobustMutex::Outcome locked = state_->mutex.lock();
  const MutexRelease hold(state_->mutex, locked);
  notice(locked);
  if (state_->progress.load().round == round) break_held(stay_broken);
}

void Barrier::abort() { break_round(state_->progress.load().round, true); }

void Barrier::reset() { break_round(state_->progress.load().round, false); }

}  // namespace parlab
