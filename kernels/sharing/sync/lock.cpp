#include "kernels/sharing/sync/lock.hpp"

#include <stdexcept>

#include "kernels/base/sharing_errors.hpp"

namespace parlab {

// Not ours to unmap while this process holds it: see RobustMutex. Which process does cannot be
// asked, so it stays mapped where anyone does.
template <RobustMutex::Kind kind>
BasicLock<kind>::~BasicLock() {
  if (!state_) return;
  const RobustMutex::Outcome outcome = state_->mutex.lock(std::chrono::seconds(0));
  if (outcome == RobustMutex::Outcome::timed_out) {
    state_.keep_mapped();
    return;
  }
  if (outcome == RobustMutex::Outcome::owner_died) {
    state_->poisoned = true;
    state_->mutex.mark_consistent();
  }
  state_->mutex.unlock();
  if (kind == RobustMutex::Kind::plain) return;
  try {
    state_->mutex.unlock();  // succeeds only if this thread held it before
    state_.keep_mapped();
    state_->mutex.lock();
  } catch (const std::logic_error&) {  // NOLINT(bugprone-empty-catch): not held, as it should be
  }
}

template <RobustMutex::Kind kind>
bool BasicLock<kind>::acquire_after(RobustMutex::Outcome outcome) {
  if (outcome == RobustMutex::Outcome::timed_out) return false;
  if (outcome == RobustMutex::Outcome::owner_died) {
    state_->poisoned = true;  // before it is consistent: we may be killed as well
    state_->mutex.mark_consistent();
  }
  if (!recover_) {
    state_->mutex.unlock();
    throw Poisoned();
  }
  repair_held(recover_);
  return true;
}

template <RobustMutex::Kind kind>
bool BasicLock<kind>::acquire_even_poisoned(Deadline deadline) {
  const RobustMutex::Outcome outcome = state_->mutex.lock(deadline);
  if (outcome == RobustMutex::Outcome::owner_died) {
    state_->poisoned = true;
    state_->mutex.mark_consistent();
  }
  return outcome != RobustMutex::Outcome::timed_out;
}

template <RobustMutex::Kind kind>
void BasicLock<kind>::recover(const std::function<void()>& repair) {
  acquire_even_poisoned();
  repair_held(repair);
  state_->mutex.unlock();
}

template <RobustMutex::Kind kind>
void BasicLock<kind>::repair_held(const std::function<void()>& repair) {
  try {
    repair();
  } catch (...) {
    state_->mutex.unlock();
    throw;
  }
  state_->poisoned = false;
}

template class BasicLock<RobustMutex::Kind::plain>;
template class BasicLock<RobustMutex::Kind::recursive>;

}  // namespace parlab
