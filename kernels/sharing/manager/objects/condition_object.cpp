// A manager's condition: a lock, and a queue of those who wait for what it guards to change.
//
// wait    lets go of the lock, and is answered once the caller is notified and has it again
// resume  what a client calls whose wait was given up: takes the lock again, and answers whether a
//         notify came after all. Without a deadline, since nobody may go on without the lock.

#include <algorithm>
#include <list>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "kernels/sharing/manager/messages/manager_frames.hpp"
#include "kernels/sharing/manager/objects/lock_object.hpp"
#include "kernels/sharing/manager/objects/served_arguments.hpp"

namespace parlab {
namespace {

class ServedCondition final : public LockingObject {
 public:
  using LockingObject::LockingObject;

  std::optional<std::string> call(const ServedCall& call) override {
    if (call.method == "wait") return wait(call);
    if (call.method == "resume") return resume(call);
    if (call.method != "notify" && call.method != "notify_all") return LockingObject::call(call);
    if (!lock()->held_by(call.who))
      throw std::logic_error("notify() is for the thread that holds the lock");
    if (call.method == "notify") {
      notify(whole_number(from_bytes(call.arguments), "how many to notify"));
    } else {
      expect_no_arguments(call);
      notify(static_cast<std::int64_t>(waiters_.size()));
    }
    return "";
  }

  /// A thread that was notified and died has not seen what changed: the next one is.
  void undelivered(const ServedCall& call, std::string& answer) override {
    LockingObject::undelivered(call, answer);
    if (call.method != "wait" && call.method != "resume") return;
    if (lock()->held_by(call.who)) lock()->let_go();
    if (from_bytes(answer).get<bool>()) notify(1);
  }
  void connection_gone(ConnectionId who) override {
    const auto waiter = find(who);
    if (waiter != waiters_.end()) {
      const bool notified = waiter->notified;
      waiters_.erase(waiter);
      if (notified) notify(1);
    }
    LockingObject::connection_gone(who);
  }

 private:
  struct Waiter {
    ConnectionId who;
    std::uint64_t depth;  // how often it held the lock
    bool notified;
  };

  std::optional<std::string> wait(const ServedCall& call) {
    expect_no_arguments(call);
    const auto waiter = find(call.who);
    if (waiter == waiters_.end()) {
      if (!lock()->held_by(call.who))
        throw std::logic_error("wait() is for the thread that holds the lock");
      waiters_.push_back({call.who, lock()->let_go(), false});
      return std::nullopt;
    }
    return waiter->notified ? take_lock(waiter) : std::nullopt;
  }
  std::optional<std::string> resume(const ServedCall& call) {
    expect_no_arguments(call);
    const auto waiter = find(call.who);
    if (waiter == waiters_.end()) throw std::logic_error("resume() goes on with a wait()");
    return take_lock(waiter);
  }
  std::optional<std::string> take_lock(std::list<Waiter>::iterator waiter) {
    if (lock()->held()) return std::nullopt;
    lock()->take_back(waiter->who, waiter->depth);
    const bool notified = waiter->notified;
    waiters_.erase(waiter);
    return to_bytes(notified);
  }
  void notify(std::int64_t count) {
    for (Waiter& waiter : waiters_) {
      if (count <= 0) break;
      if (!waiter.notified) --count;
      waiter.notified = true;
    }
    changed();
  }
  std::list<Waiter>::iterator find(ConnectionId who) {
    return std::ranges::find(waiters_, who, &Waiter::who);
  }

  std::list<Waiter> waiters_;  // in the order in which they came
};

/// Its own lock, which its holder may take again, or that of another object.
std::shared_ptr<LockState> lock_for(std::string_view arguments, ServedHost& host) {
  const nlohmann::json number = from_bytes(arguments);
  if (number.is_null()) return std::make_shared<LockState>(LockState::Kind::recursive);
  const auto* owner =
      dynamic_cast<LockingObject*>(&host.object(count_of(number, "a lock's number")));
  if (!owner) throw std::invalid_argument("a condition needs a lock, and this object is not one");
  return owner->lock();
}

}  // namespace

void add_condition_type(ServedTypes& types) {
  types["Condition"] = [](std::string_view arguments, ServedHost& host) {
    return std::make_unique<ServedCondition>(lock_for(arguments, host));
  };
}

}  // namespace parlab
