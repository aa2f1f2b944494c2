#include "kernels/sharing/condition.hpp"

#include <stdexcept>

#include "kernels/sharing/sharing_errors.hpp"

namespace parlab {

bool Condition::wait(Deadline deadline) {
  const std::uint32_t ticket = sleepers_->ticket();
  lock_.release();
  try {
    sleepers_->sleep(ticket, deadline);
  } catch (...) {
    lock_.acquire_even_poisoned();
    throw;
  }
  lock_.acquire_even_poisoned();
  if (lock_.state_->poisoned) throw Poisoned();
  return !deadline.passed();
}

bool Condition::wait_for(FunctionRef<bool()> holds, Deadline deadline) {
  while (!holds()) {
    if (deadline.passed()) return false;
    wait(deadline);
  }
  return true;
}

void Event::set() {
  state_->set.store(1);
  state_->sleepers.wake_all();
}

bool Event::wait(Deadline deadline) {
  for (;;) {
    const std::uint32_t ticket = state_->sleepers.ticket();
    if (state_->set.load() != 0) return true;
    if (deadline.passed()) return false;
    state_->sleepers.sleep(ticket, deadline);
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
    const std::uint32_t ticket = state_->sleepers.ticket();
    if (take()) return true;
    if (deadline.passed()) return false;
    state_->sleepers.sleep(ticket, deadline);
  }
}

void Semaphore::release(std::uint32_t units) {
  state_->units.fetch_add(units);
  state_->sleepers.wake(static_cast<int>(units));
}

Barrier::Barrier(std::uint32_t parties) : state_(0, parties) {
  if (parties == 0) throw std::invalid_argument("a barrier needs one party or more");
}

std::uint32_t Barrier::wait(Deadline deadline) {
  Progress here{};
  bool last = false;
  {
    const MutexRelease hold(state_->mutex, state_->mutex.lock());
    if (state_->broken) throw BrokenBarrier("the barrier is broken: reset() it");
    here = state_->progress;
    last = here.waiting + 1 == state_->parties;
    state_->progress = last ? Progress{here.round + 1, 0} : Progress{here.round, here.waiting + 1};
  }
  if (last) {
    state_->sleepers.wake_all();
    return here.waiting;
  }
  for (;;) {
    const std::uint32_t ticket = state_->sleepers.ticket();
    const bool broken_off = state_->last_broken == std::uint64_t{here.round} + 1;
    if (broken_off) throw BrokenBarrier("the barrier was broken while this party waited");
    if (state_->progress.load().round != here.round) return here.waiting;
    if (deadline.passed())
      break_round(here.round, true);  // unless the last one came just now
    else
      state_->sleepers.sleep(ticket, deadline);
  }
}

void Barrier::break_round(std::uint32_t round, bool stay_broken) {
  {
    const MutexRelease hold(state_->mutex, state_->mutex.lock());
    if (state_->progress.load().round != round) return;
    state_->last_broken = std::uint64_t{round} + 1;
    state_->broken = stay_broken;
    if (!stay_broken) state_->progress = Progress{round + 1, 0};
  }
  state_->sleepers.wake_all();
}

void Barrier::abort() { break_round(state_->progress.load().round, true); }

void Barrier::reset() { break_round(state_->progress.load().round, false); }

}  // namespace parlab
