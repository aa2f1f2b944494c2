#include "kernels/sharing/waiters.hpp"

#include <new>
#include <string>

#include "kernels/sharing/sharing_errors.hpp"

namespace parlab {

/// True where nobody owns the slot: it is free, or its waiter was killed.
bool Waiters::try_to_own(Slot& slot) {
  const RobustMutex::Outcome outcome = slot.owner.lock(std::chrono::seconds(0));
  if (outcome == RobustMutex::Outcome::owner_died) slot.owner.mark_consistent();
  return outcome != RobustMutex::Outcome::timed_out;
}

Waiters::Slot& Waiters::take_slot() {
  Slot* found = nullptr;
  for (Slot* slot = begin(); found == nullptr && slot != end(); ++slot)
    if (slot->state.load() == Slot::free && try_to_own(*slot)) found = slot;
  for (Slot* slot = begin(); found == nullptr && slot != end(); ++slot)
    if (slot->state.load() == Slot::waiting && try_to_own(*slot)) found = slot;  // it was killed
  if (found == nullptr) {
    if (head_->made.load() == max_waiters)
      throw OutOfRoom("a condition has room for " + std::to_string(max_waiters) +
                      " that wait at once");
    found = new (end()) Slot;
    found->owner.lock();
    head_->made.fetch_add(1);
  }
  found->arrival.store(head_->arrivals.fetch_add(1) + 1);
  found->state.store(Slot::waiting);
  return *found;
}

bool Waiters::mark_oldest(std::uint64_t last_arrival) {
  for (;;) {
    Slot* oldest = nullptr;
    for (Slot* slot = begin(); slot != end(); ++slot)
      if (slot->state.load() == Slot::waiting && slot->arrival.load() <= last_arrival &&
          (oldest == nullptr || slot->arrival.load() < oldest->arrival.load()))
        oldest = slot;
    if (oldest == nullptr) return false;
    oldest->marked_at.store(last_arrival);
    oldest->state.store(Slot::marked);
    if (futex_wake(oldest->state, 1) == 1) return true;
    // It does not sleep yet, or was killed.
    if (!try_to_own(*oldest)) return true;
    oldest->state.store(Slot::free);
    oldest->owner.unlock();
  }
}

void Waiters::notify(std::uint32_t count) {
  const std::uint64_t last_arrival = head_->arrivals.load();
  while (count > 0 && mark_oldest(last_arrival)) --count;
}

void Waiters::pass_on() {
  for (Slot* slot = begin(); slot != end(); ++slot) {
    if (slot->state.load() != Slot::marked || !try_to_own(*slot)) continue;
    slot->state.store(Slot::free);
    slot->owner.unlock();
    mark_oldest(slot->marked_at.load());
  }
}

bool Waiters::Waiter::finish() {
  finished_ = true;
  return notified();
}

Waiters::Waiter::~Waiter() {
  const bool unused = !finished_ && notified();
  const std::uint64_t marked_at = slot_->marked_at.load();
  slot_->state.store(Slot::free);
  slot_->owner.unlock();
  if (unused) all_->mark_oldest(marked_at);
}

}  // namespace parlab
