#include "kernels/sharing/manager/lock_object.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "kernels/sharing/manager/served_arguments.hpp"
#include "kernels/sharing/manager/wire.hpp"

namespace parlab {

std::optional<bool> LockState::acquire(ConnectionId who) {
  if (holder_ == who && kind_ == Kind::plain)
    throw std::logic_error("the lock is held by this thread already");
  if (holder_ && holder_ != who) return std::nullopt;
  holder_ = who;
  ++depth_;
  return std::exchange(abandoned_, false);
}

void LockState::release(ConnectionId who) {
  if (holder_ != who) throw std::logic_error("the lock is not held by this thread");
  if (--depth_ == 0) set_free();
}

void LockState::undo_acquire(ConnectionId who, bool abandoned) {
  if (holder_ != who) return;
  abandoned_ = abandoned_ || abandoned;
  release(who);
}

void LockState::connection_gone(ConnectionId who) {
  if (holder_ != who) return;
  abandoned_ = true;
  set_free();
}

std::uint64_t LockState::let_go() {
  const std::uint64_t depth = depth_;
  set_free();
  return depth;
}

void LockState::take_back(ConnectionId who, std::uint64_t depth) {
  holder_ = who;
  depth_ = depth;
}

void LockState::set_free() {
  holder_.reset();
  depth_ = 0;
  for (const ServedObject* user : users_) user->changed();
}

LockingObject::LockingObject(std::shared_ptr<LockState> lock) : lock_(std::move(lock)) {
  lock_->add_user(*this);
}
LockingObject::~LockingObject() { lock_->remove_user(*this); }

std::optional<std::string> LockingObject::call(const ServedCall& call) {
  if (call.method != "acquire" && call.method != "release" && call.method != "locked")
    unknown(call);
  expect_no_arguments(call);
  if (call.method == "locked") return to_bytes(lock_->held());
  if (call.method == "acquire") {
    const std::optional<bool> abandoned = lock_->acquire(call.who);
    return abandoned ? std::optional(to_bytes(*abandoned)) : std::nullopt;
  }
  lock_->release(call.who);
  return "";
}

void LockingObject::undelivered(const ServedCall& call, std::string& answer) {
  if (call.method == "acquire") lock_->undo_acquire(call.who, from_bytes(answer).get<bool>());
}

void LockingObject::connection_gone(ConnectionId who) { lock_->connection_gone(who); }

void add_lock_types(ServedTypes& types) {
  const auto add = [&](const char* name, LockState::Kind kind) {
    types[name] = [kind](std::string_view arguments, ServedHost&) {
      expect_no_arguments({0, "Lock", arguments});
      return std::make_unique<LockingObject>(std::make_shared<LockState>(kind));
    };
  };
  add("Lock", LockState::Kind::plain);
  add("RLock", LockState::Kind::recursive);
}

}  // namespace parlab
