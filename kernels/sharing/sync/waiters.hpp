#pragma once

// Those who wait in a Condition, in shared memory: each has a slot, which a notify marks. So a
// notify wakes as many as it says, the longest waiting first, and who is not marked sleeps on.
//
// A waiter holds a robust mutex in its slot. One that is killed is known by it: it is passed over,
// and a wake-up that it was given before goes to another.
//
// Cost: a wait takes a free slot, a notify looks at each slot that was ever used; some nanoseconds
// a slot.

#include <atomic>
#include <cstdint>

#include "kernels/base/deadline.hpp"
#include "kernels/posix/futex.hpp"
#include "kernels/sharing/sync/robust_mutex.hpp"
#include "kernels/sharing/sync/shared_object.hpp"

namespace parlab {

/// All calls but sleep() and notified() are made with the condition's lock held.
class Waiters {
 public:
  /// At once, in all processes.
  static constexpr std::uint32_t max_waiters = 32768;

  Waiters() : head_(max_waiters * sizeof(Slot)) {}

  /// Marks up to `count` waiters and wakes them.
  void notify(std::uint32_t count);
  /// Gives the wake-ups of waiters that were killed to others who waited at the time.
  void pass_on();

 private:
  struct alignas(64) Slot {  // a cache line: each waiter sleeps on its own
    enum State : std::uint32_t { free, waiting, marked };
    FutexWord state = free;
    std::atomic<std::uint64_t> arrival = 0;    // counts the waits of the condition
    std::atomic<std::uint64_t> marked_at = 0;  // the last arrival when it was marked
    RobustMutex owner;
  };
  struct alignas(64) Head {
    std::atomic<std::uint32_t> made = 0;  // slots in use, or used before
    std::atomic<std::uint64_t> arrivals = 0;
  };

  Slot& take_slot();
  bool mark_oldest(std::uint64_t last_arrival);
  static bool try_to_own(Slot& slot);
  Slot* begin() const { return reinterpret_cast<Slot*>(head_.extra()); }
  Slot* end() const { return begin() + head_->made.load(); }

  SharedObject<Head> head_;

 public:
  /// One wait. The destructor gives the slot back, and a wake-up that was not used to another.
  class Waiter {
   public:
    /// Throws OutOfRoom where max_waiters wait.
    explicit Waiter(Waiters& all) : all_(&all), slot_(&all.take_slot()) {}
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter();

    bool notified() const { return slot_->state.load() == Slot::marked; }
    /// Until it is marked or the deadline, at most `max_sleep`. Throws Interrupted.
    void sleep(Deadline deadline) const {
      futex_wait(slot_->state, Slot::waiting, deadline.within(max_sleep));
    }
    /// Whether it was notified; the wake-up is then used.
    bool finish();

   private:
    Waiters* all_;
    Slot* slot_;
    bool finished_ = false;
  };
};

}  // namespace parlab
